"""A desk killed at random moments keeps what it acknowledged. The long drill is tests/store/kill_drill.py."""

import subprocess
from pathlib import Path


def test_that_every_acknowledged_command_outlives_kill_minus_nine(python):
    drill = Path(__file__).with_name("kill_drill.py")
    command = [python, str(drill), "--kills", "12", "--kills-per-store", "6"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "12 kills" in done.stdout
