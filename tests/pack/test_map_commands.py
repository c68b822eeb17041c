"""`foredesk map build` and `foredesk map info`."""

import os
import subprocess
from pathlib import Path

import pytest

from core.pack import open_pack
from workstation.cli import main


def test_that_a_pack_is_built_and_described(town_pbf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "town.fdpack"
    assert main(["map", "build", str(town_pbf), "-o", str(out), "--name", "Villa"]) == 0
    said = capsys.readouterr()
    assert "Villa: 26 road nodes" in said.out
    assert "Drawing the map" in said.err
    assert main(["map", "info", str(out)]) == 0
    text = capsys.readouterr().out
    for words in (
        "Villa",
        "latitude 41.0000 to 41.0300",
        "6 addresses",
        "© OpenStreetMap contributors",
        "parts are sound",
    ):
        assert words in text


def test_that_the_suffix_is_added(town_pbf: Path, tmp_path: Path) -> None:
    assert main(["map", "build", str(town_pbf), "-o", str(tmp_path / "town")]) == 0
    assert (tmp_path / "town.fdpack").is_file()


def test_that_a_damaged_pack_is_told_with_an_exit_code(
    town_pack_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(town_pack_path.read_bytes())
    at = content.index(b"PMTiles") + 200
    content[at] ^= 0xFF
    path = tmp_path / "damaged.fdpack"
    path.write_bytes(content)
    assert main(["map", "info", str(path)]) == 1
    assert "damaged: basemap.pmtiles" in capsys.readouterr().out


def test_that_a_damaged_copy_of_a_sound_pack_is_told_and_cleared_away(
    town_pack_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FOREDESK_HOME", str(tmp_path))
    cache = tmp_path / "cache" / "packs"

    def told() -> str:
        assert main(["map", "info", str(town_pack_path)]) == 0
        return capsys.readouterr().out

    assert "not on this machine yet" in told()
    heads = open_pack(town_pack_path, cache).folder / "roads" / "head.npy"
    assert f"sound, in {heads.parents[1]}" in told()
    whole = heads.read_bytes()
    heads.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "damaged (roads/head.npy)" in told()
    assert list(cache.iterdir()) == []
    assert (open_pack(town_pack_path, cache).folder / "roads" / "head.npy").read_bytes() == whole


def test_that_trouble_is_one_clear_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "build", str(tmp_path / "none.pbf"), "-o", str(tmp_path / "a.fdpack")]) == 1
    assert "There is no" in capsys.readouterr().err
    assert main(["map", "info", str(tmp_path / "none.fdpack")]) == 1
    assert "There is no map pack" in capsys.readouterr().err


def test_that_every_command_says_where_compiled_kernels_go_before_the_compiler_is_loaded(
    python: str, repository: Path, tmp_path: Path
) -> None:
    told = "import os, sys; from workstation.cli import main; main(['map', 'info', 'none.fdpack']); "
    told += "print('numba' in sys.modules, os.environ['NUMBA_CACHE_DIR'])"
    surroundings = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [python, "-c", told],
        env={**surroundings, "FOREDESK_HOME": str(tmp_path)},
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == f"False {tmp_path / 'cache' / 'kernels'}"
