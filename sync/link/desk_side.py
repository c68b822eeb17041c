"""What a link asks of its desk. All of it happens on the desk's thread, in slices of some milliseconds each."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from core.domain.values import Position
from core.merge.run import Run
from sync.protocol.joining import Paired
from sync.protocol.messages import DeskCard, DeskHave, Outcome, SnapshotHead

SLICE_EVENTS = 200  # about 10 ms of the desk's thread


class Standing(Struct, frozen=True):
    """Where this desk stands with one server."""

    epoch: str  # "" before the first time
    cursor: str
    waiting: int  # events to be sent
    backfill: str = ""  # how far the older log has been fetched after a snapshot
    backfilling: bool = False
    cards: tuple[DeskCard, ...] = ()  # desks whose signatures can be checked
    desk: str = ""  # who this desk is by its store, "" where that is not to be asked


class Batch(Struct, frozen=True):
    """Runs to send; `after` is where to go on, `waiting` how many events are to be sent in all."""

    runs: tuple[Run, ...] = ()
    after: int = 0
    waiting: int = 0

    @property
    def events(self) -> int:
        return sum(len(run.events) for run in self.runs)


class Receipt(Struct, frozen=True):
    """What a server said to a batch: `taken` are ids it has for good, `placed` maps ids to the places it gave."""

    taken: tuple[str, ...] = ()
    placed: Mapping[str, str] = {}
    refused: tuple[tuple[str, Outcome], ...] = ()  # (id, why): in the server's quarantine
    contested: tuple[tuple[str, Outcome], ...] = ()
    after: int = 0  # a post: everything up to here has been offered to it


class DeskSide(Protocol):
    """Every method may raise Unavailable; then nothing of it happened, and the link repeats it later."""

    def standing(self) -> Standing: ...
    def waiting(self) -> int:
        """How many events are to be sent."""
        ...

    def outgoing(self, limit: int, *, after: int, urgent: bool) -> Batch:
        """The next at most `limit` (200) events to send, in whole runs; `urgent`: of those only what must not wait."""
        ...

    def settle(self, receipt: Receipt) -> int:
        """Take note of what the server said; returns how many events wait."""
        ...

    def receive(self, runs: Sequence[Run], cursor: str) -> int:
        """Take checked runs from the server, and the cursor unless it is ""; how much is left to fold anew."""
        ...

    def refold(self) -> int:
        """Fold some of what is left anew; how much still is."""
        ...

    def backfill(self, runs: Sequence[Run], cursor: str, *, done: bool) -> None:
        """Take history that is older than an adopted board."""
        ...

    def adopt(self, head: SnapshotHead, board: bytes) -> None:
        """Take over a server's board, and its cursor with it."""
        ...

    def lacks(self, desks: Sequence[DeskHave]) -> int:
        """How many of the server's events this desk does not have."""
        ...

    def begin_epoch(self, epoch: str, cursor: str, desks: Sequence[DeskHave]) -> int:
        """The server is new or was restored: offer again what it lacks, stand at `cursor`; returns how many wait."""
        ...

    def forget_epoch(self) -> None:
        """The server is not the one it was: the next conversation begins by comparing. The cursor is kept."""
        ...

    def know(self, cards: Sequence[DeskCard]) -> None:
        """Keep the cards of desks; they have been checked."""
        ...

    def place_units(self, positions: Mapping[str, Position]) -> None:
        """Positions that other desks know."""
        ...

    def distrust(self, run: Run, why: str) -> None:
        """A run that is not what its desk signed: kept apart and told."""
        ...

    def become_nobody(self) -> bytes:
        """Another disk has this one's identity: go on under a name of its own with another key; the public key."""
        ...

    def become(self, paired: Paired, url: str) -> None:
        """Be who the server says, and keep that."""
        ...

    @property
    def since_act_s(self) -> float:
        """How long ago a person last did something at this desk, so that bulk can step back."""
        ...
