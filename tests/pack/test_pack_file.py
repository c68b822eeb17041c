"""The pack as a file: opened once, checked, and refused with a clear sentence when it is not sound."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import Unavailable
from core.pack.archive import KEPT_UNPACKED, damaged_parts, read_description
from core.pack.info import FORMAT
from core.pack.pack import MapPack, open_pack

Change = Callable[[str, bytes], bytes | None]


def rewritten(source: Path, target: Path, change: Change) -> Path:
    """A copy with members changed, or left out where the change gives None."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def with_description(**values: object) -> Change:
    def change(name: str, content: bytes) -> bytes:
        return json.dumps(json.loads(content) | values).encode() if name == "pack.json" else content

    return change


def test_that_a_pack_gives_its_parts(town_pack: MapPack) -> None:
    info = town_pack.info
    assert (info.name, info.built_at, info.format) == ("Villa Alta", "2026-03-02 10:00", FORMAT)
    assert info.attribution == "© OpenStreetMap contributors, ODbL"
    assert info.provenance == ("OpenStreetMap extract villa-alta.osm.pbf",)
    assert info.bounds == pytest.approx((-8.0, 41.0, -7.995, 41.03))
    assert info.centre == pytest.approx((41.015, -7.9975))
    assert {place.kind for place in town_pack.places} == {"hospital", "fire_station"}
    assert town_pack.graph().nodes == info.counts.nodes == 26
    assert town_pack.basemap_path is not None
    assert town_pack.basemap_path.read_bytes().startswith(b"PMTiles")
    assert town_pack.zones_path is None


def test_that_a_pack_is_unpacked_once(town_pack_path: Path, tmp_path: Path) -> None:
    first = open_pack(town_pack_path, tmp_path)
    changed_at = (first.folder / "gazetteer.sqlite").stat().st_mtime_ns
    again = open_pack(town_pack_path, tmp_path)
    assert again.folder == first.folder
    assert (again.folder / "gazetteer.sqlite").stat().st_mtime_ns == changed_at
    assert [path.name for path in tmp_path.iterdir()] == [first.folder.name]


def test_that_an_unpacked_pack_with_a_part_missing_is_unpacked_again(town_pack_path: Path, tmp_path: Path) -> None:
    pack = open_pack(town_pack_path, tmp_path)
    (pack.folder / "places.json").unlink()
    assert open_pack(town_pack_path, tmp_path).places


def test_that_old_unpacked_packs_are_forgotten(town_pack_path: Path, tmp_path: Path) -> None:
    for number in range(KEPT_UNPACKED + 2):
        folder = tmp_path / f"old-{number}"
        folder.mkdir()
        os.utime(folder, (number, number))
    killed, at_work = tmp_path / ".unpacking-killed", tmp_path / ".unpacking-at-work"
    killed.mkdir()
    os.utime(killed, (0, 0))
    at_work.mkdir()
    open_pack(town_pack_path, tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert at_work.name in names
    assert killed.name not in names
    assert len(names - {at_work.name}) == KEPT_UNPACKED
    assert "old-0" not in names


def test_that_a_missing_pack_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="There is no map pack"):
        open_pack(tmp_path / "none.fdpack", tmp_path)


@pytest.mark.parametrize("content", [b"", b"hello" * 1000, b"PK\x03\x04 but no more"])
def test_that_a_foreign_file_is_no_pack(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign.fdpack"
    path.write_bytes(content)
    with pytest.raises(Unavailable, match="is not a map pack"):
        open_pack(path, tmp_path / "cache")


def test_that_a_zip_of_something_else_is_no_pack(tmp_path: Path) -> None:
    path = tmp_path / "photos.fdpack"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat.txt", "meow")
    with pytest.raises(Unavailable, match=r"it has no pack\.json"):
        open_pack(path, tmp_path / "cache")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_that_a_pack_cut_short_is_refused(town_pack_path: Path, tmp_path: Path, share: float) -> None:
    path = tmp_path / "cut.fdpack"
    content = town_pack_path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(Unavailable, match="cut short"):
        open_pack(path, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_that_a_description_of_something_else_is_refused(town_pack_path: Path, tmp_path: Path) -> None:
    for number, content in enumerate((b"not json", b"[]", b'{"format": "one"}', b'{"format": 1}')):

        def swap(name: str, old: bytes, new: bytes = content) -> bytes:
            return new if name == "pack.json" else old

        path = rewritten(town_pack_path, tmp_path / f"{number}.fdpack", swap)
        with pytest.raises(Unavailable, match="its description cannot be read"):
            open_pack(path, tmp_path / "cache")


def test_that_a_newer_pack_asks_for_the_newer_version(town_pack_path: Path, tmp_path: Path) -> None:
    path = rewritten(town_pack_path, tmp_path / "new.fdpack", with_description(format=FORMAT + 1))
    with pytest.raises(Unavailable, match="newer version of Foredesk"):
        open_pack(path, tmp_path / "cache")


def test_that_a_changed_part_fails_its_checksum(town_pack_path: Path, tmp_path: Path) -> None:
    def flip(name: str, content: bytes) -> bytes:
        return content[:-1] + bytes([content[-1] ^ 1]) if name == "roads/head.npy" else content

    path = rewritten(town_pack_path, tmp_path / "flipped.fdpack", flip)
    with pytest.raises(Unavailable, match=r"the checksum of roads/head\.npy does not match"):
        open_pack(path, tmp_path / "cache")
    assert not any((tmp_path / "cache").iterdir())
    info, _ = read_description(path)
    assert damaged_parts(path, info) == ["roads/head.npy"]


def test_that_a_missing_part_is_named(town_pack_path: Path, tmp_path: Path) -> None:
    def drop(name: str, old: bytes) -> bytes | None:
        return None if name == "basemap.pmtiles" else old

    path = rewritten(town_pack_path, tmp_path / "a.fdpack", drop)
    with pytest.raises(Unavailable, match=r"basemap\.pmtiles is missing"):
        open_pack(path, tmp_path / "cache")


@pytest.mark.parametrize("name", ["../escape", "/etc/escape", "a/../../escape", "c:escape", "a\\..\\escape"])
def test_that_a_part_outside_the_pack_is_refused(town_pack_path: Path, tmp_path: Path, name: str) -> None:
    parts = {name: {"sha256": "0", "size": 1}}
    path = rewritten(town_pack_path, tmp_path / "a.fdpack", with_description(parts=parts))
    with pytest.raises(Unavailable, match="names a file outside itself"):
        open_pack(path, tmp_path / "cache")


def test_that_a_cache_that_cannot_be_made_says_which_folder(town_pack_path: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(Unavailable, match="cannot be unpacked") as refused:
        open_pack(town_pack_path, blocked / "cache")
    assert "disk space" in refused.value.do


def test_that_a_damaged_part_is_told_when_it_is_asked_for(town_pack_path: Path, tmp_path: Path) -> None:
    pack = open_pack(town_pack_path, tmp_path)
    for name in ("gazetteer.sqlite", "places.json", "roads/graph.json"):
        path = pack.folder / name
        path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(Unavailable, match="address index"):
        pack.gazetteer()
    with pytest.raises(Unavailable, match="places"):
        _ = pack.places
    with pytest.raises(Unavailable, match=r"road graph.*foredesk map info"):
        pack.graph()


def test_that_a_pack_may_be_moved(town_pack_path: Path, tmp_path: Path) -> None:
    moved = shutil.copy(town_pack_path, tmp_path / "moved.fdpack")
    assert open_pack(moved, tmp_path / "cache").info.name == "Villa Alta"
