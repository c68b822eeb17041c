"""A model file that is not exactly what was written is refused in clear sentences, and nothing of it is used."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Unavailable
from core.severity.bundle import FEATURES, MANIFEST, WEIGHTS, Manifest, write_bundle
from core.severity.features import CallFacts
from core.severity.loading import load_bundle
from core.severity.runtime import run_model


def refusal(path: Path, sha256: str = "") -> str:
    with pytest.raises(Unavailable) as refused:
        load_bundle(path, sha256)
    assert refused.value.holds
    assert refused.value.do
    return refused.value.happened


@pytest.fixture
def rewrite(small_model: Path) -> Callable[..., Path]:
    """Writes the model's zip again with parts replaced or left out (None)."""

    def write(**changed: bytes | None) -> Path:
        with zipfile.ZipFile(small_model) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        parts |= {name.replace("_", "."): content for name, content in changed.items()}
        with zipfile.ZipFile(small_model, "w") as archive:
            for name, content in parts.items():
                if content is not None:
                    archive.writestr(name, content)
        return small_model

    return write


def test_that_a_whole_file_loads_with_its_sum(small_model: Path) -> None:
    bundle = load_bundle(small_model)
    assert load_bundle(small_model, bundle.sha256).manifest.classes == ("severe", "not severe")
    assert bundle.card.startswith("# Small")


def test_that_a_missing_file_is_told(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "none.fdmodel")


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.99])
def test_that_a_truncated_file_is_refused(small_model: Path, kept: float) -> None:
    data = small_model.read_bytes()
    small_model.write_bytes(data[: int(kept if kept >= 1 else kept * len(data))])
    assert "truncated" in refusal(small_model)


def test_that_another_file_than_the_registered_one_is_refused(small_model: Path) -> None:
    assert "not the one that was registered" in refusal(small_model, "0" * 64)


def test_that_a_part_that_was_changed_is_refused(rewrite: Callable[..., Path]) -> None:
    assert "tampered" in refusal(rewrite(card_md=b"# Better than it is"))


def test_that_a_missing_part_is_refused(rewrite: Callable[..., Path]) -> None:
    assert "truncated or is not a model file" in refusal(rewrite(weights_npz=None))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "newer Foredesk"),
        ({"format": 0}, "older Foredesk"),
        ({"kind": "response"}, "another kind"),
        ({"levels": ["high", "urgent"]}, "levels are not"),
        ({"levels": ["high"]}, "classes and levels"),
        ({"severe": 2}, "classes and levels"),
        ({"temperature": 0.0}, "calibration"),
        ({"temperature": -1.0}, "calibration"),
        ({"bias": [0.0]}, "calibration"),
        ({"classes": ["a", "b", "c"], "levels": ["high", "low", "low"]}, "contradicts itself"),
        ({"gates": [{"name": "all", "from_years": 0, "below_years": None, "threshold": 2.0}]}, "gate"),
        ({"cuts": [0.2, 0.4]}, "cuts"),
        ({"sets": {"miss": 0.1, "limits": [0.5]}}, "sets"),
        ({"parts": "none"}, "contradicts itself"),
    ],
)
def test_that_a_manifest_that_does_not_fit_is_refused(
    rewrite: Callable[..., Path], small_model: Path, changes: dict[str, object], said: str
) -> None:
    with zipfile.ZipFile(small_model) as archive:
        manifest = msgspec.json.decode(archive.read(MANIFEST))
    assert said in refusal(rewrite(manifest_json=msgspec.json.encode(manifest | changes)))


def test_that_weights_that_do_not_fit_the_vocabulary_or_are_no_numbers_are_refused(small_model: Path) -> None:
    for change, said in ((lambda a: a[:-1], "featuriser"), (lambda a: a * np.nan, "not a number")):
        with zipfile.ZipFile(small_model) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        arrays = dict(np.load(io.BytesIO(parts[WEIGHTS])))
        arrays["0.text"] = change(arrays["0.text"])
        told = io.BytesIO()
        np.savez(told, **arrays)
        assert said in refusal(_signed(small_model.with_name(f"{said}.fdmodel"), parts | {WEIGHTS: told.getvalue()}))


def _signed(path: Path, parts: dict[str, bytes]) -> Path:
    """As if somebody had written these parts in earnest, with their sums."""
    import hashlib

    manifest = msgspec.json.decode(parts.pop(MANIFEST), type=Manifest)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MANIFEST, msgspec.json.encode(msgspec.structs.replace(manifest, parts=sums)))
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_that_a_featuriser_that_is_no_json_is_refused_although_its_sum_is_right(small_model: Path) -> None:
    with zipfile.ZipFile(small_model) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert "contradicts itself" in refusal(_signed(small_model, parts | {FEATURES: b"{"}))


@settings(max_examples=80)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_that_no_flipped_bit_changes_what_is_answered(tmp_path_factory, small_parts, at: float, bit: int) -> None:
    """Refused, or the flip was in what nothing is read from; with the registered sum, always refused."""
    path = tmp_path_factory.mktemp("flip") / "model.fdmodel"
    sha256 = write_bundle(path, *small_parts)
    call = CallFacts("confused after fall", {"age": 80})
    before = run_model(load_bundle(path, sha256), fallback=True)(call)
    data = bytearray(path.read_bytes())
    data[int(at * len(data))] ^= 1 << bit
    path.write_bytes(bytes(data))
    refusal(path, sha256)
    try:
        after = run_model(load_bundle(path), fallback=True)(call)
    except Unavailable:
        return
    assert after == before
