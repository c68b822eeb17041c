"""Bad files, folders, clocks and keys at the command line: one sentence, a sensible exit code, nothing lost."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.domain import commands as c
from core.domain.agency_file import read_agency
from core.domain.values import Caller, Location, LocationSource
from core.store.cipher import connect, salt_of
from resources import resource_path
from workstation.cli import main
from workstation.compose import demo_pack_path, open_desk
from workstation.doctor.desk import check_store
from workstation.doctor.finding import Verdict
from workstation.instance import take_lock
from workstation.keys import KEY_FILE
from workstation.paths import STORE_NAME

ROOT = Path(__file__).resolve().parents[2]
RTL = "\N{RIGHT-TO-LEFT MARK}مريم الخطيب 🚑👨\N{ZERO WIDTH JOINER}👩\N{ZERO WIDTH JOINER}👧 שלום"
Done = subprocess.CompletedProcess[str]
Foredesk = Callable[..., Done]
TypingDesk = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def foredesk(home: Path) -> Foredesk:
    """Runs the command line as a person does; whatever happens, no stack trace is shown."""

    def run(*arguments: object, wanted: int = 1) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "workstation.cli", *map(str, arguments)],
            cwd=ROOT, capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stdout + done.stderr
        assert done.returncode == wanted, done.stdout + done.stderr
        return done

    return run


def said(done: Done) -> str:
    """What the program said, without what Chromium says on machines without a system bus."""
    return "\n".join(line for line in (done.stdout + done.stderr).splitlines() if "bus.cc" not in line)


@pytest.fixture
def kept(home: Path) -> str:
    """A store with one incident whose names are in two right-to-left scripts and emoji; returns its number."""
    opened = open_desk(home, read_agency(resource_path("agency", "demo.toml")))
    opened.desk.do(c.SignOn(RTL, "console 1"))
    place = Location(f"شارع النصر {RTL}", -29.9504, -71.2825, LocationSource.INTERSECTION, RTL)
    opened.desk.do(c.OpenIncident("EMS-CHE", place, Caller(RTL, "+56 9 5555 0147"), None, f"{RTL}\n" * 3, None))
    number = next(iter(opened.desk.board.incidents.values())).number
    opened.close()
    return number


# map packs


def broken(kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.fdpack"
    whole = demo_pack_path().read_bytes()
    if kind == "a folder":
        path.mkdir()
    elif kind != "absent":
        path.write_bytes({"empty": b"", "cut short": whole[: len(whole) // 2], "foreign": b"hello " * 400}[kind])
    return path


@pytest.mark.parametrize("kind", ["absent", "empty", "cut short", "foreign", "a folder"])
def test_that_a_pack_that_is_none_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = broken(kind, tmp_path)
    assert main(["map", "info", str(path)]) == 1
    told = capsys.readouterr().err
    assert str(path) in told
    assert told.count("\n") == 1
    assert "There is no map until" in told


def test_that_a_pack_that_is_not_there_keeps_the_desk_shut_and_takes_no_place(
    foredesk: Foredesk, home: Path, kept: str, tmp_path: Path
) -> None:
    told = said(foredesk("run", "--pack", tmp_path / "none.fdpack"))
    assert told.endswith("none.fdpack. The desk was not opened. Check the path given with --pack.")
    assert "printed without a map" not in said(foredesk("report", kept, "-o", tmp_path / "r.pdf", wanted=0))


def test_that_a_broken_pack_does_not_keep_the_desk_from_opening(foredesk: Foredesk, tmp_path: Path) -> None:
    done = foredesk("run", "--first-paint", "--pack", broken("cut short", tmp_path), wanted=0)
    assert "first paint" in done.stdout


def test_that_a_truncated_extract_leaves_no_pack(porto_pbf: Path, tmp_path: Path, foredesk: Foredesk) -> None:
    cut = tmp_path / "cut.osm.pbf"
    with porto_pbf.open("rb") as whole:
        cut.write_bytes(whole.read(200_000))
    assert "is not a whole OpenStreetMap extract" in said(foredesk("map", "build", cut, "-o", tmp_path / "p.fdpack"))
    assert sorted(path.name for path in tmp_path.iterdir() if "fdpack" in path.name) == []


def test_that_a_report_is_printed_without_a_map_when_the_pack_has_vanished(
    foredesk: Foredesk, kept: str, tmp_path: Path, home: Path
) -> None:
    pack = tmp_path / "خريطة 🚑.fdpack"
    shutil.copy(demo_pack_path(), pack)
    target = tmp_path / "تقرير 🚑.pdf"
    told = said(foredesk("report", kept, "-o", target, "--pack", pack, wanted=0))
    assert told == f"The report of incident {kept} was written to {target}."
    with_map = target.stat().st_size
    pack.unlink()
    told = said(foredesk("report", kept, "-o", target, "--pack", pack))
    assert "There is no map pack" in told
    assert with_map == target.stat().st_size
    told = said(foredesk("report", kept, "-o", target, "--pack", broken("cut short", tmp_path), wanted=0))
    assert "The report is printed without a map." in told
    assert target.stat().st_size < with_map


# stores, keys and folders


def test_that_a_store_of_a_newer_version_is_left_as_it_is(foredesk: Foredesk, home: Path, kept: str) -> None:
    store, key = home / STORE_NAME, bytes.fromhex((home / KEY_FILE).read_text())
    raw = connect(store, key, salt_of(store, key) or b"")
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    before = store.read_bytes()
    for arguments in (("run",), ("report", kept, "-o", home / "r.pdf"), ("backup", home / "copy")):
        told = said(foredesk(*arguments))
        assert "was written by a newer Foredesk (store version 99; this one knows" in told
        assert "Install the newer Foredesk again" in told
    assert store.read_bytes() == before


def test_that_a_store_in_a_read_only_folder_is_told_by_every_command_that_writes(
    foredesk: Foredesk, small_disk: Path, kept: str, tmp_path: Path
) -> None:
    remounted = ["mount", "-o", "remount,ro", str(small_disk)]
    if subprocess.run(remounted, capture_output=True, check=False, timeout=30).returncode:
        pytest.skip("This machine does not let us make a disk read-only.")
    told = said(foredesk("run"))
    assert "cannot be written: its disk, folder or file is read-only. Nothing was changed." in told
    assert told.count("read-only") == 1
    assert "read-only" in said(foredesk("demo", "--story", "--out", tmp_path / "story"))
    foredesk("report", kept, "-o", tmp_path / "r.pdf", wanted=0)
    (finding,) = check_store()
    assert finding.verdict is Verdict.FAIL
    assert "Make the folder writable" in finding.do


def test_that_a_second_desk_is_refused_while_reports_and_backups_work_beside_the_first(
    foredesk: Foredesk, home: Path, kept: str, tmp_path: Path
) -> None:
    opened = open_desk(home, read_agency(resource_path("agency", "demo.toml")))
    try:
        told = said(foredesk("run"))
        assert f"Another desk (process {os.getpid()} on" in told
        assert "Nothing was opened or changed. Use that desk or close it" in told
        foredesk("report", kept, "-o", tmp_path / "r.pdf", wanted=0)
        foredesk("backup", tmp_path / "copy", wanted=0)
        assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")
    finally:
        opened.close()


@pytest.mark.parametrize(("key", "told"), [(None, "is missing"), ("xyz", "is damaged"), ("00" * 32, "another key")])
def test_that_a_lost_key_is_never_papered_over(
    foredesk: Foredesk, home: Path, kept: str, key: str | None, told: str
) -> None:
    before = (home / STORE_NAME).read_bytes()
    if key is None:
        (home / KEY_FILE).unlink()
    else:
        (home / KEY_FILE).write_text(key)
    assert told in said(foredesk("run"))
    assert told in said(foredesk("report", kept, "-o", home / "r.pdf"))
    assert (home / STORE_NAME).read_bytes() == before
    assert (home / KEY_FILE).exists() is (key is not None)


def test_that_a_report_makes_no_key_where_there_is_no_store(foredesk: Foredesk, home: Path, tmp_path: Path) -> None:
    told = said(foredesk("report", "1041", "-o", tmp_path / "r.pdf"))
    assert "There is no store" in told
    assert "Open the desk once, with foredesk run." in told
    assert not (home / KEY_FILE).exists()


# agency files, numbers, targets


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "There is no agency file"),
        (b"name = [", "is not TOML"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b'extends = "nowhere.toml"', "nowhere.toml, which agency.toml extends"),
    ],
)
def test_that_an_agency_file_that_cannot_be_read_is_one_sentence(
    foredesk: Foredesk, tmp_path: Path, content: bytes | None, told: str
) -> None:
    path = tmp_path / "agency.toml"
    if content is not None:
        path.write_bytes(content)
    lines = said(foredesk("run", "--agency", path)).splitlines()
    assert len(lines) == 1
    assert told in lines[0]
    assert "Nothing was opened." in lines[0]


@pytest.mark.parametrize("number", ["1041", "nonsense", "9" * 5000, "\N{RIGHT-TO-LEFT MARK}١٢٣ 🚑"])
def test_that_an_unknown_number_prints_nothing(foredesk: Foredesk, kept: str, tmp_path: Path, number: str) -> None:
    told = said(foredesk("report", number, "-o", tmp_path / "r.pdf"))
    assert "Nothing was printed. Check the number on the desk." in told
    assert not (tmp_path / "r.pdf").exists()


def test_that_a_report_says_where_it_cannot_be_written(foredesk: Foredesk, kept: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for target in (tmp_path / "none" / "r.pdf", tmp_path / "file" / "r.pdf", tmp_path):
        told = said(foredesk("report", kept, "-o", target))
        assert f"The PDF could not be written to {target}" in told
        assert "The record itself is complete and safe." in told


# demos


def test_that_a_demo_leaves_alone_what_is_not_a_demos(foredesk: Foredesk, home: Path, tmp_path: Path) -> None:
    folder = home / "demo-story"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    told = said(foredesk("demo", "--story", "--out", tmp_path / "story"))
    assert "holds something that is not a demo. It was left as it is" in told
    assert (folder / "mine.txt").read_text() == "mine"


def test_that_a_demo_does_not_clear_away_one_that_is_running(foredesk: Foredesk, home: Path, tmp_path: Path) -> None:
    folder = home / "demo-story"
    folder.mkdir(parents=True)
    (folder / "this-is-a-demo").touch()
    (folder / STORE_NAME).write_bytes(b"in use")
    from workstation.clock import SteadyClock

    lock = take_lock(folder, SteadyClock())
    assert "Another desk" in said(foredesk("demo", "--story", "--out", tmp_path / "story"))
    lock.release()
    assert (folder / STORE_NAME).read_bytes() == b"in use"


def test_that_a_story_says_where_it_cannot_leave_its_pictures(foredesk: Foredesk, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = said(foredesk("demo", "--story", "--out", tmp_path / "file"))
    assert "The story cannot leave anything in" in told
    assert "Give another folder with --out." in told


# ends that nobody planned


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_that_ctrl_c_closes_the_desk_in_order(home: Path, typing_desk: TypingDesk, number: int, code: int) -> None:
    desk = typing_desk()
    desk.send_signal(number)
    rest, _ = desk.communicate(timeout=60)
    assert desk.returncode == code, rest
    assert "The desk was closed. What was typed is kept." in rest
    assert "Traceback" not in rest
    again = open_desk(home, read_agency(resource_path("agency", "default.toml")))
    assert [draft.fields["location"] for draft in again.store.drafts()] == ["Balmaceda 480 🚑"]
    again.close()
