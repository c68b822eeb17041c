"""Disks that refuse: full, read-only. What was kept stays kept, and the step works again once the disk does."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from core.desk import Draft
from core.domain.values import Position
from core.errors import Unavailable
from core.store import open_to_read

ROOT = Path(__file__).resolve().parents[2]


def mount(*arguments):
    """A real small or read-only disk; the test is skipped where this user may not mount one."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("Only root on Linux may mount a disk for this test.")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False, timeout=30)
    if done.returncode:
        pytest.skip(f"This machine does not let us mount a disk: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=600k", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True, timeout=30)


@pytest.fixture
def read_only_disk(tmp_path):
    folder = tmp_path / "read-only"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True, timeout=30)


def fill(store, scribe):
    """Commit until the disk refuses; returns what was acknowledged, what was refused, and the sentence."""
    kept = []
    for _ in range(5000):
        events = scribe.opening("x" * 1000)
        try:
            store.commit(events)
        except Unavailable as trouble:
            return kept, events, trouble
        kept.append(events)
    raise AssertionError("the disk never filled up")


def test_that_a_full_disk_loses_nothing_and_commits_again_with_space(small_disk, opened, scribe, as_after_kill):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(150_000))
    store = opened(small_disk / "foredesk.store")
    kept, refused, trouble = fill(store, scribe)
    assert "is full" in trouble.happened
    assert trouble.holds
    assert "space" in trouble.do
    with pytest.raises(Unavailable):
        store.commit(refused)
    assert len(store.history(limit=9999)) == len(kept)
    assert store.events_of_command(refused[0].command) == ()

    after_kill = opened(as_after_kill(small_disk / "foredesk.store"))
    assert [e for events in kept for e in events] == list(after_kill.unsent(limit=99_999))

    ballast.unlink()
    store.commit(refused)
    store.save_draft(Draft("d", 1, 2, "kim", {"address": "12"}))
    assert len(store.history(limit=9999)) == len(kept) + 1
    assert store.verify() == []


def test_that_a_full_disk_refuses_a_draft_and_a_backup_in_the_same_words(small_disk, opened, scribe):
    store = opened(small_disk / "foredesk.store")
    fill(store, scribe)
    with pytest.raises(Unavailable, match="is full"):
        store.save_draft(Draft("d", 1, 2, "kim", {"narrative": "x" * 100_000}))
    assert store.drafts() == ()
    with pytest.raises(Unavailable, match="is full"):
        store.backup(small_disk / "copy")
    assert sorted(p.name for p in small_disk.iterdir() if "copy" in p.name) == []


def test_that_a_full_disk_refuses_a_new_store_and_leaves_no_half_of_one(small_disk, opened):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(590_000))
    with pytest.raises(Unavailable, match=r"full|refused"):
        opened(small_disk / "foredesk.store")
    ballast.unlink()
    assert opened(small_disk / "foredesk.store").status().events == 0


def test_that_a_store_on_a_disk_without_a_free_byte_is_read_and_its_opening_refused(
    small_disk, opened, scribe, clock, key
):
    path = small_disk / "foredesk.store"
    store = opened(path)
    store.commit(scribe.opening())
    store.close()
    assert [file.name for file in small_disk.iterdir()] == [path.name]  # nothing is left in a log
    with (small_disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(4096))
    with pytest.raises(Unavailable, match="is full"):
        opened(path)
    reading = open_to_read(path, key, clock)
    assert len(reading.history()) == len(reading.load_board().incidents) == 1
    with pytest.raises(Unavailable):
        reading.put_setting("any", "thing")
    reading.close()
    (small_disk / "ballast").unlink()
    assert len(opened(path).history()) == 1


def test_that_a_database_at_its_largest_size_refuses_whole_commands_only(store, scribe):
    raw = store._session.raw
    pages = raw.execute("PRAGMA page_count").fetchone()[0]
    raw.execute(f"PRAGMA max_page_count = {pages + 20}")
    kept, refused, trouble = fill(store, scribe)
    assert "is full" in trouble.happened
    assert store.status().events == 3 * len(kept)
    raw.execute("PRAGMA max_page_count = 4294967294")
    store.commit(refused)
    assert store.status().events == 3 * len(kept) + 3
    assert store.verify() == []


LIMITED = """
import resource, signal, sys
from pathlib import Path
sys.path[:0] = [sys.argv[2], sys.argv[2] + "/tests/store"]
from conftest import KEY, Scribe
from core.clock import ManualClock
from core.errors import Unavailable
from core.store import open_store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
clock = ManualClock()
store = open_store(Path(sys.argv[1]), KEY, clock)
scribe = Scribe(clock)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
kept = 0
refused = ()
while not refused:
    events = scribe.opening("x" * 1000)
    try:
        store.commit(events)
        kept += 1
    except Unavailable as trouble:
        print(trouble)
        refused = events
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.commit(refused)
assert store.verify() == [], store.verify()
assert len(store.history(limit=9999)) == kept + 1
store.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes per process")
def test_that_a_file_that_may_not_grow_is_a_refused_step_and_no_more(tmp_path, python):
    done = subprocess.run(
        [python, "-c", LIMITED, str(tmp_path / "s"), str(ROOT)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "can be repeated" in done.stdout or "is full" in done.stdout


def test_that_a_store_on_a_read_only_disk_is_refused_at_opening(read_only_disk, opened, scribe):
    store = opened(read_only_disk / "foredesk.store")
    store.commit(scribe.opening())
    store.close()
    mount("-o", "remount,ro", str(read_only_disk))
    with pytest.raises(Unavailable, match=r"read-only|cannot be opened or created") as trouble:
        opened(read_only_disk / "foredesk.store")
    assert "writ" in trouble.value.do
    with pytest.raises(Unavailable, match=r"read-only|cannot be opened or created"):
        opened(read_only_disk / "another.store")
    mount("-o", "remount,rw", str(read_only_disk))
    assert len(opened(read_only_disk / "foredesk.store").history()) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write into any folder")
def test_that_a_folder_without_permission_is_refused_at_opening(tmp_path, opened):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    with pytest.raises(Unavailable, match=r"read-only|cannot be opened or created"):
        opened(folder / "foredesk.store")


def test_that_a_folder_that_cannot_be_made_is_told_plainly(tmp_path, opened):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="cannot be used"):
        opened(tmp_path / "file" / "data" / "foredesk.store")


def test_that_positions_wait_in_memory_while_the_disk_is_full(small_disk, opened, scribe, clock):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(200_000))
    store = opened(small_disk / "foredesk.store")
    fill(store, scribe)
    refusals = 0
    for number in range(300):
        clock.advance(1)
        try:
            store.save_position(f"U{number % 50}", Position(1.0 + number / 100, 2.0, clock.now_ms()))
        except Unavailable:
            refusals += 1
    assert refusals
    assert len(store.positions()) == 50
    ballast.unlink()
    store.write_positions()
    assert len(store.track("U7", 0, clock.now_ms())) == 6
