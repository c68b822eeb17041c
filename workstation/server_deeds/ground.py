"""What every server command stands on: the open database, the arguments, a way to speak."""

import argparse
import getpass
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from sync.server.database import Database
from workstation.clock import SteadyClock

Say = Callable[[str], None]


class Ground(Struct, frozen=True):
    """`address` is PostgreSQL's, "" for the embedded database."""

    database: Database
    folder: Path
    address: str
    args: argparse.Namespace
    say: Say

    @property
    def now_ms(self) -> int:
        return SteadyClock().now_ms()

    @property
    def who(self) -> str:
        """Who gives the command, for the record."""
        return f"{getpass.getuser()} at the server"


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> list[str]:
    """Lines of columns as wide as they must be; the last one is not padded."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    ]


def moment(at_ms: int | None) -> str:
    """Local date and time, "-" for never."""
    return f"{datetime.fromtimestamp(at_ms / 1000).astimezone():%Y-%m-%d %H:%M}" if at_ms else "-"


def size(count: float) -> str:
    """Bytes for people."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"
