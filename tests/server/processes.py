"""A server as a person starts it: a process of its own, and what it tells."""

import re
import signal
import subprocess
import sys
from pathlib import Path


class Process:
    """A server started from the command line, with what it told."""

    def __init__(self, folder: Path, repository: Path, *more: str, port: str = "0") -> None:
        """`port` "0" is any that is free; "" says nothing of a port."""
        ports = ("--port", port) if port else ()
        command = [sys.executable, "-m", "workstation.cli", "serve", "--data", str(folder), *ports, *more]
        self.process = subprocess.Popen(
            command, cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.told = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told += line
            if "Ctrl+C" in line:
                break

    @property
    def port(self) -> int:
        return int(re.search(r"Address +https?://\S+:(\d+)", self.told)[1])

    def find(self, name: str) -> str:
        return re.search(rf"{name} +(\S+)", self.told)[1]

    def stop(self, how: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(how)
        rest, _ = self.process.communicate(timeout=60)
        return self.process.returncode, rest
