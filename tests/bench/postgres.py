"""A PostgreSQL of one's own for tests and benches: Debian's binaries, a temporary folder, a Unix socket, no port."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path

_SUPERUSER = "foredesk"
_WITHIN_S = 60
# What a test does not need: its data are gone with it. Benches keep PostgreSQL's own defaults.
_CARELESS = ("fsync=off", "full_page_writes=off")


class NoPostgres(Exception):
    """Why there is none here, as a sentence."""


def binaries() -> Path:
    """The folder with initdb and pg_ctl. Raises NoPostgres."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise NoPostgres("PostgreSQL is not installed here (apt install postgresql).")


class Cluster:
    """One server process with databases to be had from it. `careless` trades what outlives a crash for speed."""

    def __init__(
        self, *, careless: bool = True, settings: Sequence[str] = (), standby_of: "Cluster | None" = None
    ) -> None:
        self._bin = binaries()
        self._as = self._other_user()
        self.folder = Path(tempfile.mkdtemp(prefix="fdpg-"))
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")
        self.data = self.folder / "data"
        self._numbers = count(1)
        if standby_of is None:
            self._run(
                "initdb", "-D", self.data, "-U", _SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
            )
        else:
            source = standby_of.folder
            self._run(
                "pg_basebackup", "-h", source, "-U", _SUPERUSER, "-D", self.data, "-R", "-c", "fast", "-X", "stream"
            )
        wanted = [f"unix_socket_directories={self.folder}", "listen_addresses=", "max_connections=200"]
        wanted += [*(_CARELESS if careless else ()), *settings]
        with (self.data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.writelines("{} = '{}'\n".format(*line.split("=", 1)) for line in wanted)
        self.start()

    @staticmethod
    def _other_user() -> tuple[str, ...]:
        """PostgreSQL does not run as root."""
        if sys.platform == "win32":
            raise NoPostgres("These tests start PostgreSQL on Linux only.")
        if os.geteuid() != 0:
            return ()
        runuser = shutil.which("runuser")
        known = subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode == 0
        if not runuser or not known:
            raise NoPostgres("PostgreSQL does not run as root, and there is no user postgres to run it as.")
        return (runuser, "-u", "postgres", "--")

    def _run(self, program: str, *arguments: object) -> str:
        command = [*self._as, str(self._bin / program), *map(str, arguments)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_WITHIN_S,
            check=False,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise NoPostgres(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def start(self) -> None:
        # A log of its own: a server that keeps pg_ctl's output open would keep its caller waiting.
        self._run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "-t", _WITHIN_S, "start")

    @property
    def pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text("ascii").split()[0])

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "-t", _WITHIN_S, "stop")

    def restart(self) -> None:
        """As after a crash of the server's machine."""
        self.stop("immediate")
        self.start()

    def promote(self) -> None:
        """Make a standby the primary."""
        self._run("pg_ctl", "-D", self.data, "-w", "-t", _WITHIN_S, "promote")

    def sql(self, statement: str, database: str = "postgres") -> str:
        return self._run("psql", "-h", self.folder, "-U", _SUPERUSER, "-X", "-q", "-A", "-t", "-c", statement, database)

    def database(self, template: str = "template1") -> str:
        """The address of a new, empty database, or of a copy of `template`."""
        name = f"d{next(self._numbers)}"
        self.sql(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return self.address(name)

    def address(self, name: str) -> str:
        return f"postgresql://{_SUPERUSER}@/{name}?host={self.folder}"

    def close(self) -> None:
        try:
            self.stop("immediate")
        except NoPostgres:
            pass  # it was stopped before
        shutil.rmtree(self.folder, ignore_errors=True)
