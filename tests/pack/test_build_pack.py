"""Building: whole or not at all, again and again, and with a clear sentence when it cannot be."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.errors import Refused, Unavailable
from core.pack.build import build_pack
from core.pack.pack import open_pack
from core.pack.place import Place

FULL_DISK = """
import resource, sys
from pathlib import Path
from core.errors import Unavailable
from core.pack.build import build_pack
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    build_pack(Path(sys.argv[1]), Path(sys.argv[2]))
except Unavailable as problem:
    print(problem)
    sys.exit(7)
"""


def test_that_the_same_source_gives_the_same_pack(town_pbf: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        build_pack(town_pbf, tmp_path / f"{name}.fdpack")
    assert (tmp_path / "a.fdpack").read_bytes() == (tmp_path / "b.fdpack").read_bytes()


def test_that_progress_runs_from_nothing_to_done(town_pbf: Path, tmp_path: Path) -> None:
    heard: list[tuple[str, float]] = []
    build_pack(town_pbf, tmp_path / "a.fdpack", progress=lambda step, done: heard.append((step, done)))
    shares = [done for _, done in heard]
    assert shares == sorted(shares)
    assert (heard[0], heard[-1]) == (("Reading the source", 0.0), ("Done", 1.0))


def test_that_a_name_and_places_can_be_given(town_pbf: Path, tmp_path: Path) -> None:
    station = Place("Station 1 (made up)", "station", 41.001, -7.999, made_up=True)
    build_pack(town_pbf, tmp_path / "a.fdpack", name="Elsewhere", places=(station,))
    pack = open_pack(tmp_path / "a.fdpack", tmp_path / "cache")
    assert pack.info.name == "Elsewhere"
    assert station in pack.places
    with pack.gazetteer() as gazetteer:
        assert "made up" in gazetteer.search("station 1")[0].detail


def test_that_a_missing_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no"):
        build_pack(tmp_path / "none.osm.pbf", tmp_path / "a.fdpack")


@pytest.mark.parametrize("share", [0.2, 0.6, 0.99])
def test_that_an_extract_cut_short_is_refused_and_leaves_nothing(town_pbf: Path, tmp_path: Path, share: float) -> None:
    content = town_pbf.read_bytes()
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(Refused, match="not a whole OpenStreetMap extract"):
        build_pack(cut, tmp_path / "a.fdpack")
    assert [path.name for path in tmp_path.iterdir()] == ["cut.osm.pbf"]


@pytest.mark.parametrize("name", ["a.osm.pbf", "a.shp", "a.txt", "a.gpkg", "a.sqlite", "a.toml"])
def test_that_a_foreign_source_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"hello" * 20)
    with pytest.raises(Refused):
        build_pack(tmp_path / name, tmp_path / "out.fdpack")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_that_a_source_without_roads_is_refused(extract: Any, tmp_path: Path) -> None:
    extract.point(1, 41.0, -8.0, amenity="hospital", name="Alone")
    extract.way(1, [extract.at(0, 0), extract.at(0, 1)], highway="steps")
    source = extract.write(tmp_path / "a.osm.pbf")
    with pytest.raises(Refused, match="has no roads"):
        build_pack(source, tmp_path / "a.fdpack")


def test_that_objects_out_of_order_are_put_in_order(extract: Any, tmp_path: Path) -> None:
    extract.way(1, [extract.at(0, 0), extract.at(0, 1)], highway="residential", name="A")
    extract.way(2, [extract.at(1, 0), extract.at(1, 1)], highway="residential", name="B")
    corners = [extract.at(0, 0), extract.at(0, 1), extract.at(1, 1), extract.at(0, 0)]
    extract.way(3, corners, building="yes", amenity="townhall", name="Hall")
    ordered = extract.write(tmp_path / "ordered.osm")
    first, second = (f'<way id="{number}"' for number in (1, 2))
    text = ordered.read_text()
    shuffled = text.replace(first, "FIRST").replace(second, first).replace("FIRST", second)
    (tmp_path / "shuffled.osm").write_text(shuffled)
    info = build_pack(tmp_path / "shuffled.osm", tmp_path / "a.fdpack")
    assert (info.counts.streets, info.counts.places) == (2, 1)


def test_that_a_folder_is_no_name_for_a_pack(town_pbf: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is a folder"):
        build_pack(town_pbf, tmp_path)


def test_that_a_folder_nobody_can_write_to_is_known_before_the_work(town_pbf: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    steps: list[str] = []
    with pytest.raises(Unavailable, match="could not be written"):
        build_pack(town_pbf, tmp_path / "file" / "a.fdpack", progress=lambda step, _: steps.append(step))
    assert steps == []


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_that_a_read_only_folder_is_told(town_pbf: Path, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(Unavailable, match="could not be written"):
        build_pack(town_pbf, folder / "a.fdpack")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on file sizes to play a full disk with")
@pytest.mark.parametrize("limit", [3_000, 50_000])
def test_that_a_full_disk_leaves_the_old_pack_as_it_was(
    town_pbf: Path, town_pack_path: Path, tmp_path: Path, repository: Path, limit: int
) -> None:
    out = tmp_path / "a.fdpack"
    out.write_bytes(town_pack_path.read_bytes())
    command = [sys.executable, "-c", FULL_DISK, str(town_pbf), str(out), str(limit)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 7, done.stderr
    assert "could not be written" in done.stdout
    assert out.read_bytes() == town_pack_path.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["a.fdpack"]


def test_that_an_interrupted_build_leaves_nothing(town_pbf: Path, tmp_path: Path) -> None:
    def interrupt(step: str, done: float) -> None:
        if step == "Packing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_pack(town_pbf, tmp_path / "a.fdpack", progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_that_a_finished_pack_is_an_ordinary_zip_with_its_description_first(town_pack_path: Path) -> None:
    with zipfile.ZipFile(town_pack_path) as archive:
        assert archive.namelist()[0] == "pack.json"
        assert archive.testzip() is None
