"""What `foredesk doctor` says of a good machine and of each thing that can be wrong with it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.store import open_store
from workstation import doctor
from workstation.clock import SteadyClock
from workstation.compose import PACK_SETTING
from workstation.doctor import desk, machine
from workstation.doctor.finding import Finding, Verdict, fail, ok, warn
from workstation.instance import take_lock
from workstation.keys import store_key
from workstation.paths import store_path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FOREDESK_HOME", str(tmp_path / "desk"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    return tmp_path / "desk"


@pytest.fixture
def store(home: Path) -> Path:
    open_store(store_path(), store_key(home).key, SteadyClock()).close()
    return store_path()


def only(check: Callable[[], Iterator[Finding]], topic: str) -> Finding:
    (found,) = [finding for finding in check() if finding.topic == topic]
    return found


def test_that_each_finding_is_one_line_with_its_remedy_below(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.examine([lambda: iter([ok("Fonts", "9 families."), warn("Screen", "None.", "Find one.")])]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[:3] == [
        "OK    Fonts        9 families.",
        "warn  Screen       None.",
        "                   Find one.",
    ]


def test_that_a_failure_is_in_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.examine([lambda: iter([fail("Disk", "Full.", "Free some.")])]) == 1
    assert "cannot do its whole job" in capsys.readouterr().out


def test_that_a_window_with_a_page_opens_here() -> None:
    findings = list(machine.check_window())
    assert [finding.topic for finding in findings] == ["Qt", "Fonts", "Map view"]
    assert {finding.verdict for finding in findings} == {Verdict.OK}


def test_that_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "ImportError: libnss3.so: cannot open shared object file: No such file or directory"
    monkeypatch.setattr(machine, "_try_window", lambda: ({}, said))
    (found,) = machine.check_window()
    assert found.verdict is Verdict.FAIL
    assert "libnss3.so" in found.sentence
    assert found.do


def test_that_a_browser_that_opens_no_page_is_told_from_a_window_that_does_not_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stages = {"imported": "", "application": "", "fonts": "3"}
    monkeypatch.setattr(machine, "_try_window", lambda: (stages, "sandbox: no user namespaces"))
    found = only(machine.check_window, "Map view")
    assert found.verdict is Verdict.FAIL
    assert "user namespaces" in found.sentence


def test_that_no_font_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    stages = {"imported": "", "application": "", "fonts": "0", "page": ""}
    monkeypatch.setattr(machine, "_try_window", lambda: (stages, ""))
    assert only(machine.check_window, "Fonts").verdict is Verdict.FAIL


@pytest.mark.parametrize(("free_mb", "verdict"), [(50, Verdict.FAIL), (900, Verdict.WARN), (90_000, Verdict.OK)])
def test_that_a_disk_is_judged_by_what_is_free(
    free_mb: int, verdict: Verdict, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(home.parent)._replace(free=free_mb * 1_000_000)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda folder: usage)
    assert only(machine.check_disk, "Disk").verdict is verdict


def test_that_a_store_not_yet_made_is_no_trouble_and_is_not_made(home: Path) -> None:
    assert only(desk.check_store, "Store").verdict is Verdict.OK
    assert not home.exists()


def test_that_a_sound_store_is_said_to_be_and_where_its_key_is(store: Path) -> None:
    assert only(desk.check_store, "Store").sentence == f"{store} is sound, with 0 events."
    assert "private file" in only(desk.check_store, "Key").sentence


def test_that_a_damaged_store_is_a_failure_and_stays_as_it_is(store: Path) -> None:
    damaged = bytearray(store.read_bytes())
    damaged[5000:5064] = bytes(64)
    store.write_bytes(damaged)
    found = only(desk.check_store, "Store")
    assert found.verdict is Verdict.FAIL
    assert found.do


def test_that_a_lost_key_is_a_failure(store: Path) -> None:
    (store.parent / "store.key").unlink()
    assert only(desk.check_store, "Store").verdict is Verdict.FAIL


def test_that_a_store_in_use_is_left_alone(store: Path) -> None:
    lock = take_lock(store.parent, SteadyClock())
    try:
        found = only(desk.check_store, "Store")
    finally:
        lock.release()
    assert found.verdict is Verdict.WARN
    assert "Another desk" in found.sentence


def test_that_missing_map_scripts_are_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "resource_path", tmp_path.joinpath)
    assert only(desk.check_map_scripts, "Map scripts").verdict is Verdict.FAIL


def test_that_a_changed_map_script_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "resource_path", lambda *parts: tmp_path)
    (tmp_path / "leaflet.js").write_text("1;")
    (tmp_path / "record.json").write_text('{"files": {"leaflet.js": "00"}}')
    found = only(desk.check_map_scripts, "Map scripts")
    assert found.verdict is Verdict.FAIL
    assert "leaflet.js" in found.sentence


def test_that_a_desk_without_a_map_is_told_how_to_get_one(store: Path) -> None:
    found = only(desk.check_store, "Map")
    assert found.verdict is Verdict.WARN
    assert "foredesk map build" in found.do


def test_that_a_foreign_map_pack_is_a_failure_with_its_name(store: Path) -> None:
    pack = store.with_name("town.fdpack")
    pack.write_bytes(b"not a map")
    opened = open_store(store, store_key(store.parent).key, SteadyClock())
    opened.put_setting(PACK_SETTING, str(pack))
    opened.close()
    found = only(desk.check_store, "Map")
    assert found.verdict is Verdict.FAIL
    assert "town.fdpack" in found.sentence


def test_that_a_demo_city_that_was_not_built_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "resource_path", tmp_path.joinpath)
    found = only(desk.check_demo_city, "Demo city")
    assert found.verdict is Verdict.FAIL
    assert "bootstrap.py setup" in found.do


def test_that_a_cache_that_cannot_be_written_only_warns(home: Path) -> None:
    home.mkdir()
    (home / "cache").write_text("in the way")
    assert only(desk.check_kernels, "Cache").verdict is Verdict.WARN
