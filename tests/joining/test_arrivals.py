"""What the server hands out: agency files and map packs for the next start, models as candidates; all checked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.errors import Unavailable
from core.store import Store, open_store
from resources import resource_path
from sync.protocol.offers import ArtefactEntry
from workstation.compose import PACK_SETTING
from workstation.sync.arrivals import Arrivals


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "desk.store", bytes(range(32)), ManualClock())
    yield store
    store.close()


def arrivals_of(store: Store, folder: Path) -> Arrivals:
    return Arrivals(store, folder, ManualClock(), "Bomberos")


def entry(kind: str, name: str = "file", sha256: str = "a" * 64) -> ArtefactEntry:
    return ArtefactEntry(kind, name, sha256, 10, 1)


def arrived(folder: Path, content: bytes) -> Path:
    path = folder / "artefacts" / ("a" * 64)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def test_that_a_sound_agency_file_takes_the_place_of_the_old_one_which_is_kept(store: Store, tmp_path: Path) -> None:
    (tmp_path / "agency.toml").write_text("old")
    path = arrived(tmp_path, resource_path("agency", "default.toml").read_bytes())
    arrivals = arrivals_of(store, tmp_path)
    arrivals.take(entry("agency", "Bomberos"), path, arrivals.examine(entry("agency"), path))
    assert (tmp_path / "agency.toml").read_bytes() == resource_path("agency", "default.toml").read_bytes()
    assert (tmp_path / "agency.before.toml").read_text() == "old"
    assert "holds from the next start on" in arrivals.sentences[0]


def test_that_a_broken_agency_file_is_said_and_changes_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "agency.toml").write_text("old")
    path = arrived(tmp_path, b"name = [")
    arrivals = arrivals_of(store, tmp_path)
    arrivals.take(entry("agency", "Bomberos"), path, arrivals.examine(entry("agency"), path))
    assert (tmp_path / "agency.toml").read_text() == "old"
    assert "cannot be used" in arrivals.sentences[0]
    assert arrivals.wanted(entry("agency", "Bomberos"))


def test_that_a_map_pack_is_opened_by_the_next_start(store: Store, tmp_path: Path) -> None:
    path = arrived(tmp_path, b"a pack, as far as this test goes")
    arrivals = arrivals_of(store, tmp_path)
    arrivals.take(entry("pack", "../../la-serena.fdpack"), path, "")
    kept = Path(store.get_setting(PACK_SETTING) or "")
    assert kept.is_file()
    assert kept.parent == tmp_path / "packs"
    assert not arrivals.wanted(entry("pack", "../../la-serena.fdpack"))
    assert not arrivals_of(store, tmp_path).wanted(entry("pack", "../../la-serena.fdpack")), "also after a restart"
    assert arrivals.wanted(entry("pack", "../../la-serena.fdpack", "b" * 64)), "a newer one"


def test_that_what_is_no_map_pack_is_found_out(store: Store, tmp_path: Path) -> None:
    path = arrived(tmp_path, b"no pack")
    assert isinstance(arrivals_of(store, tmp_path).examine(entry("pack"), path), Unavailable)


def test_that_an_agency_file_that_extends_another_is_refused_with_the_reason(store: Store, tmp_path: Path) -> None:
    path = arrived(tmp_path, b'extends = "default.toml"\n')
    arrivals = arrivals_of(store, tmp_path)
    arrivals.take(entry("agency"), path, arrivals.examine(entry("agency"), path))
    assert "extends default.toml, which does not travel with it" in arrivals.sentences[0]
    assert not (tmp_path / "agency.toml").exists()
