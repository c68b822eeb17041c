"""The centre's log, whichever database keeps it: what it is asked, and how its rows are pointed at.

It is a log of runs, each exactly as its desk signed it; events are an index into it. A cursor points after a row: in
the era that gave it, at its transaction and number. Eras begin where the database's life does: a restore, a failover.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from core.errors import Refused
from core.merge.run import MOST_EVENTS, Run
from sync.protocol.messages import DeskHave, Outcome
from sync.protocol.packing import unpack
from sync.protocol.routes import MOST_EVENTS_A_RUN, MOST_UNPACKED_BYTES
from sync.server.admission import Checked


class LostCursor(Refused):
    """A cursor that this log never gave: whoever has it begins anew."""

    def __init__(self) -> None:
        super().__init__("The server does not know this place in its log.", "Nothing is lost.", "Begin from the start.")


class Point(Struct, frozen=True, order=True):
    """A place in the log: after this row. (0, 0, 0) is before everything."""

    era: int = 0
    xid: int = 0
    seq: int = 0


class Page(Struct, frozen=True):
    """Packed runs in the log's order, and where to go on."""

    point: Point
    more: bool
    runs: list[bytes]


class Lives:
    """The eras of a log by their names; the last one is now."""

    def __init__(self, epochs: Iterable[tuple[int, str]]) -> None:
        self._epochs = dict(epochs)
        self._eras = {epoch: era for era, epoch in self._epochs.items()}
        self.era = max(self._epochs, default=0)

    @property
    def epoch(self) -> str:
        return self._epochs[self.era]

    def cursor(self, point: Point) -> str:
        return f"{self._epochs[point.era]}:{point.xid}:{point.seq}" if point.era else ""

    def point(self, cursor: str) -> Point:
        """Raises LostCursor."""
        if not cursor:
            return Point()
        epoch, _, rest = cursor.partition(":")
        xid, _, seq = rest.partition(":")
        if epoch not in self._eras or not (xid.isdecimal() and seq.isdecimal() and len(rest) < 40):
            raise LostCursor
        return Point(self._eras[epoch], int(xid), int(seq))


class QuarantineRow(Struct, frozen=True):
    """What was refused: a whole run where `event` is None. `payload` is the packed Run or WireEvent."""

    id: int
    at: int
    desk: str
    pushed_by: str
    first_n: int
    last_n: int
    event: bytes | None
    code: str
    detail: str
    payload: bytes
    times: int  # how often it came
    settled_at: int | None = None
    settled_by: str = ""
    how: str = ""


class Indexed(Struct, frozen=True):
    """Where an event stands: in which run, at which place of it."""

    place: bytes
    run: int
    i: int


class SnapshotRow(Struct, frozen=True):
    """A board that can be fetched: `head` is the packed SnapshotHead, `body` what its hash is of."""

    sha256: str
    at: int
    events: int
    head: bytes
    body: bytes


class CentreLog(Protocol):
    """What routes, picture and quarantine views ask. Everything may raise Unavailable."""

    lives: Lives

    async def append(self, batch: Sequence[Checked], now_ms: int) -> list[list[Outcome]]:
        """Take a batch in one transaction, on the disk when this returns; outcomes per run, counted in the batch.

        Raises whatever the database says of an event that it cannot keep: then nothing of the batch is written.
        """
        ...

    async def pull(self, after: Point, limit: int, leave_out: str = "", only: str = "") -> Page:
        """At least `limit` events, if there are so many, without the plain runs of the desk `leave_out`.

        `only`: the runs of this desk and nothing else.
        """
        ...

    async def end(self) -> Point:
        """After the last row that everybody can see."""
        ...

    async def have(self, desk: str = "") -> list[DeskHave]:
        """What there is of one desk's events, or of every desk's."""
        ...

    async def counted(self) -> int:
        """How many events there are, about."""
        ...

    async def runs_of(
        self, incidents: Collection[str], units: Collection[str], after: bytes
    ) -> list[tuple[Indexed, Run]]:
        """The events of any of these with a place after `after`, in order of place, with the runs they are in.

        Where neither is asked for: those that belong to no incident and no unit.
        """
        ...

    async def quarantine(self, *, settled: bool = False, limit: int = 500) -> list[QuarantineRow]:
        """Newest first."""
        ...

    async def settle_quarantine(self, row: int, now_ms: int, by: str, how: str) -> bool: ...
    async def refuse(self, checked: Checked, code: str, detail: str, now_ms: int) -> None:
        """Put a run into quarantine."""
        ...

    async def save_snapshot(self, row: SnapshotRow, keep: int) -> None:
        """Keep it and the newest few before it."""
        ...

    async def snapshot(self, sha256: str = "") -> SnapshotRow | None:
        """That one, or the newest."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a batch touches, so that it can be looked up at once."""

    desks: list[str]
    ids: list[bytes]
    units: list[str]
    assignments: list[str]
    near: list[tuple[str, int, int]]  # desk, and numbers between which stored runs may meet the batch's

    @classmethod
    def by(cls, batch: Sequence[Checked]) -> "Wanted":
        taken = [checked for checked in batch if checked.entries]
        ids = [entry.wire.id for checked in taken for entry in checked.entries]
        claims = [e.claim for checked in taken for e in checked.entries if e.claim is not None]
        near: dict[str, tuple[int, int]] = {}
        for checked in taken:
            first, last = near.get(checked.run.desk, (checked.first_n, checked.last_n))
            near[checked.run.desk] = min(first, checked.first_n), max(last, checked.last_n)
        return cls(
            sorted(near),
            list(dict.fromkeys(ids)),
            sorted({claim.unit for claim in claims}),
            sorted({claim.assignment for claim in claims}),
            # A stored run that reaches into these numbers cannot begin earlier than its greatest length before them.
            [(desk, first - MOST_EVENTS_A_RUN - 1, last + 1) for desk, (first, last) in near.items()],
        )


def run_of(payload: bytes) -> Run:
    """A run as the log keeps it."""
    return unpack(payload, Run, MOST_UNPACKED_BYTES)


assert MOST_EVENTS <= MOST_EVENTS_A_RUN
