"""Where things are kept, and that only one SQLite build ever touches them."""

import re
from pathlib import Path

import pytest

from workstation import paths

ROOT = Path(__file__).resolve().parents[2]


def test_that_one_variable_moves_everything(tmp_path, monkeypatch):
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    assert paths.data_folder() == tmp_path
    assert paths.store_path() == tmp_path / paths.STORE_NAME
    assert paths.cache_folder() == tmp_path / "cache"
    assert paths.log_folder() == tmp_path / "log"


def test_that_a_relative_home_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(paths.HOME_VARIABLE, "here")
    assert paths.data_folder() == tmp_path / "here"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_that_without_it_the_operating_systems_folders_are_used(monkeypatch, value):
    monkeypatch.delenv(paths.HOME_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(paths.HOME_VARIABLE, value)
    folders = [paths.data_folder(), paths.cache_folder(), paths.log_folder()]
    assert all("foredesk" in str(folder) and folder.is_absolute() for folder in folders)
    assert len(set(folders)) == 3


def test_that_no_other_sqlite_build_is_imported_anywhere():
    rooms = ("core", "packaging", "resources", "sync", "tests", "widgets", "workstation")
    sources = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    other = re.compile(r"^\s*(import|from)\s+(sqlite3|pysqlite2|pysqlite3|apsw)\b", re.MULTILINE)
    assert len(sources) > 30
    assert [str(path) for path in sources if other.search(path.read_text("utf-8"))] == []
