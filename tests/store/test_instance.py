"""One desk per store."""

import os
import subprocess
from pathlib import Path

import pytest

from core.errors import Unavailable
from workstation.instance import LOCK_NAME, take_lock

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from core.clock import ManualClock
from workstation.instance import take_lock
lock = take_lock(Path(sys.argv[1]), ManualClock(1_750_000_000_000))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other_desk(tmp_path, python):
    """Another process that holds the lock on `tmp_path`."""
    command = [python, "-c", HOLD, str(tmp_path), str(ROOT)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline().strip() == b"held"
        yield process
        process.kill()


def test_that_a_second_desk_is_told_who_is_there_and_since_when(tmp_path, other_desk, clock):
    with pytest.raises(Unavailable) as trouble:
        take_lock(tmp_path, clock)
    assert f"process {other_desk.pid} on " in trouble.value.happened
    assert "since 2025-06-1" in trouble.value.happened
    assert "FOREDESK_HOME" in trouble.value.do


def test_that_the_lock_dies_with_its_process(tmp_path, other_desk, clock):
    other_desk.kill()
    other_desk.wait(10)
    take_lock(tmp_path, clock).release()


def test_that_a_released_lock_can_be_taken_again(tmp_path, clock):
    take_lock(tmp_path, clock).release()
    lock = take_lock(tmp_path, clock)
    assert str(os.getpid()) in (tmp_path / LOCK_NAME).read_text()
    lock.release()


def test_that_an_unreadable_note_still_tells_of_another_desk(tmp_path, clock):
    lock = take_lock(tmp_path, clock)
    (tmp_path / LOCK_NAME).write_bytes(b"{")
    with pytest.raises(Unavailable, match="Another desk is using the store"):
        take_lock(tmp_path, clock)
    lock.release()


def test_that_a_folder_that_cannot_be_made_is_told(tmp_path, clock):
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="cannot be used"):
        take_lock(tmp_path / "file" / "data", clock)
