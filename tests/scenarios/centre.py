"""The real server in a process of its own, and the cable to it, which can be cut."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 60
_CODE = r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){4}\b"
_MOST = 65_536


class Centre:
    """`foredesk serve` on a free port of this machine, with TLS and an authority of its own.

    `database` is the address of a PostgreSQL, "" for the embedded one; `within` goes before the command.
    """

    def __init__(
        self, folder: Path, *, database: str = "", host: str = "127.0.0.1", port: int = 0, within: Sequence[str] = ()
    ) -> None:
        self._folder, self._within = folder, within
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), "FOREDESK_HOME": str(folder / "home")}
        self._process = subprocess.Popen(
            self._command(
                "serve", "--host", host, "--port", str(port), *(("--database", database) if database else ())
            ),
            cwd=ROOT,
            env=self._environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        told = self._until("Ctrl+C stops it.")
        found = re.search(rf"//{re.escape(host)}:(\d+)", told)
        assert found, told
        self.port = int(found[1])
        self.first_code = _code_in(told) if re.search(_CODE, told) else ""  # told once, at the first start

    def _command(self, *words: str) -> list[str]:
        return [*self._within, sys.executable, "-m", "workstation.cli", *words, "--data", str(self._folder / "server")]

    def _until(self, line: str) -> str:
        assert self._process.stdout is not None
        told = ""
        for read in self._process.stdout:
            told += read
            if line in read:
                return told
        self._process.communicate()
        raise AssertionError(f"The server did not start: {told}")

    def code(self) -> str:
        """A further pairing code, for one desk."""
        return _code_in(self.run("server", "code"))

    def run(self, *words: str) -> str:
        """Another command on the server's folder; what it printed."""
        made = subprocess.run(
            self._command(*words),
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=START_WITHIN_S,
        )
        return made.stdout

    def kill(self) -> None:
        """Without a chance to do anything."""
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def _code_in(text: str) -> str:
    found = re.search(_CODE, text)
    assert found, text
    return found[0]


class Cable:
    """A port of this machine behind which the server is, until the cable is cut."""

    def __init__(self, to_port: int) -> None:
        self._to_port, self.port = to_port, 0
        self._ends: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.mend()

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def mend(self) -> None:
        """As it was: the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        Thread(target=self._take, args=(self._listener,), name="cable", daemon=True).start()

    def cut(self) -> None:
        """Nothing goes through, and nobody answers."""
        listener, self._listener = self._listener, None
        ends, self._ends = self._ends, []
        for end in (listener, *ends):
            if end is not None:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def _take(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._to_port))
            except OSError:  # the server has stopped
                near.close()
                continue
            self._ends += [near, far]
            for source, target in ((near, far), (far, near)):
                Thread(target=_pump, args=(source, target), name="cable", daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_MOST):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
