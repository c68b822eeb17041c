"""The model file: what was written is what runs, and anything else is refused."""

import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import Unavailable
from core.response.bundle import read_bundle, write_bundle
from core.response.correct import Facts, ResponseModel


def _rewritten(source: Path, target: Path, changes: dict[str, bytes | None]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = changes.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def test_that_a_file_says_the_same_after_writing_and_reading(trained: Any, tmp_path: Path) -> None:
    again = tmp_path / "again.fdmodel"
    write_bundle(again, read_bundle(trained.file))
    assert again.read_bytes() == trained.file.read_bytes()
    facts = [Facts(at=1_700_049_600, words={"kind": "ALS", "area": "north"})]
    assert ResponseModel.load(again).correct([200.0], facts) == trained.model.correct([200.0], facts)


@pytest.mark.parametrize("keep", [0, 10, 1000, 20_000])
def test_that_a_truncated_file_is_refused(trained: Any, tmp_path: Path, keep: int) -> None:
    path = tmp_path / "cut.fdmodel"
    path.write_bytes(trained.file.read_bytes()[:keep])
    with pytest.raises(Unavailable, match="no whole response-time model"):
        read_bundle(path)


def test_that_a_file_with_another_part_is_refused(trained: Any, tmp_path: Path) -> None:
    changed = _rewritten(trained.file, tmp_path / "changed.fdmodel", {"card.md": b"The best model there is."})
    with pytest.raises(Unavailable, match=r"card\.md is not what was written"):
        read_bundle(changed)


def test_that_a_file_without_a_part_is_refused(trained: Any, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no whole"):
        read_bundle(_rewritten(trained.file, tmp_path / "less.fdmodel", {"weights.npz": None}))


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        (b'{"kind": "severity", "format": 1}', "another kind"),
        (b'{"kind": "response", "format": 99}', "format 99"),
        (b'{"kind": "response", "format": 1}', "no whole"),
        (b"[]", "another kind"),
        (b"nonsense", "no whole"),
    ],
)
def test_that_a_file_of_another_kind_or_version_is_refused(
    trained: Any, tmp_path: Path, manifest: bytes, says: str
) -> None:
    with pytest.raises(Unavailable, match=says):
        read_bundle(_rewritten(trained.file, tmp_path / "other.fdmodel", {"manifest.json": manifest}))


def test_that_an_absent_file_is_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be read"):
        read_bundle(tmp_path / "absent.fdmodel")


def test_that_the_ninth_decile_never_comes_before_the_median(trained: Any) -> None:
    rng = np.random.default_rng(0)
    facts = [
        Facts(at=int(at), words={"kind": kind, "area": area})
        for at, kind, area in zip(
            rng.integers(0, 2**31, 300),
            rng.choice(["ALS", "ENGINE", "?"], 300),
            rng.choice(["north", "x"], 300),
            strict=True,
        )
    ]
    for seconds in trained.model.correct(rng.gamma(2, 300, 300).tolist(), facts):
        assert 0 < seconds.eta_s <= seconds.p90_s


def test_that_a_longer_way_is_never_said_to_be_shorter_by_much(trained: Any) -> None:
    facts = [Facts(at=1_700_049_600, words={"kind": "ALS", "area": "north"})] * 30
    etas_s = np.linspace(60, 1500, 30)
    said = [each.eta_s for each in trained.model.correct(etas_s.tolist(), facts)]
    assert all(later > 0.97 * sooner for sooner, later in pairwise(said))


def test_that_no_way_gives_no_answer(trained: Any) -> None:
    assert trained.model.correct([], []) == []
