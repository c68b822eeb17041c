"""The messages themselves. Fields are only ever added at the end, with defaults: older ends pass them over.

Ids are 16 bytes on the wire and 32 hex digits everywhere else. Times are UTC ms. A cursor is opaque text of the epoch
that gave it; "" is the beginning of the log.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from core.domain.values import Position, PositionSource
from core.merge.run import Run

OutcomeKind: TypeAlias = Literal["refused", "placed", "contested", "later"]
"""refused: not part of the truth, and in the server's quarantine. placed: its clock was too far ahead, and the server
gave it `place`. contested: kept, but another claim holds the unit. later: not now; keep it in the outbox."""

# Codes of outcomes that a desk acts on.
CLONED = "cloned"  # the desk's number is taken by another event: two disks, one identity
SIGNATURE = "signature"  # the run is not what the desk signed
UNKNOWN_DESK = "unknown desk"
REVOKED = "revoked"  # the desk's key was withdrawn before these events came
NEWER = "newer"  # written by a newer Foredesk than the server's: kind "later"
OLDER = "older"  # written by one that is more than two releases behind
FORM = "form"  # the body, an id or a size is not as this Foredesk writes it
PERMISSION = "permission"  # this desk may not do that
UNWRITTEN = "unwritten"  # the database refused this one and nothing else
CLOCK = "clock"  # with kind "placed"
CLAIMED = "claimed"  # with kind "contested"


class Push(Struct, array_like=True, frozen=True):
    runs: list[Run]


class Outcome(Struct, array_like=True, frozen=True):
    """What a pushed event met with that was not simply taken. `id` is b"" where it holds for the whole run."""

    run: int  # its index in the push
    id: bytes
    kind: OutcomeKind
    code: str
    detail: str = ""  # a sentence for people
    place: bytes = b""  # of "placed"
    holder: bytes = b""  # of "contested": the event by which the unit is held


class PushAnswer(Struct, array_like=True, frozen=True):
    """Everything that no outcome refuses or puts off is in the server's log for good."""

    epoch: str
    now_ms: int
    outcomes: list[Outcome]


class PullAnswer(Struct, array_like=True, frozen=True):
    """Runs in the log's order, whole and as signed; `place` and `flag` of their events are the server's.

    An event with the flag "refused" belongs to the chain and not to the truth: of it there is only the hash. One with
    "again" is in the log already, under another number.
    """

    epoch: str
    now_ms: int
    cursor: str
    more: bool
    runs: list[Run]


class DeskHave(Struct, array_like=True, frozen=True):
    """What of a desk's numbering is in the log: 1 to `length` without a gap, and the spans beyond it."""

    desk: str
    length: int
    head: bytes  # the hash of number `length`
    beyond: list[tuple[int, int]] = []


class HaveAnswer(Struct, array_like=True, frozen=True):
    epoch: str
    now_ms: int
    cursor: str  # the log's end
    desks: list[DeskHave]


class DeskCard(Struct, array_like=True, frozen=True):
    """A desk as its agency vouches for it. `signature` is the agency key's over the rest, b"" where there is none."""

    id: str
    name: str
    prefix: str
    public_key: bytes
    signature: bytes = b""
    revoked_at: int = 0


class DesksAnswer(Struct, array_like=True, frozen=True):
    epoch: str
    now_ms: int
    desks: list[DeskCard]


class SnapshotHead(Struct, array_like=True, frozen=True):
    """Tells of a board that can be fetched, in parts, from SNAPSHOT/{sha256}: `size` bytes, packed MessagePack.

    It holds every event before `cursor`; what comes after is pulled from there. `desks` gives each chain's end, and
    `place` the newest place in it.
    """

    epoch: str
    now_ms: int
    cursor: str
    form: int
    events: int
    place: str
    sha256: str
    size: int
    unpacked: int
    desks: list[DeskHave]


class Trouble(Struct, array_like=True, frozen=True):
    """The body of every answer that is not 200. `retry_s` above 0: try again after that time."""

    code: str
    happened: str
    holds: str = ""
    do: str = ""
    retry_s: float = 0.0


# Live frames: a WebSocket's binary messages, each packed alone.


class Hello(Struct, array_like=True, tag=1, frozen=True):
    """The desk's first frame, and later ones when its wishes change."""

    tail: bool = True  # send new runs themselves; False: hints only, for thin and metered lines
    positions: bool = True
    presence: bool = True
    cursor: str = ""  # where the desk stands


class Hint(Struct, array_like=True, tag=2, frozen=True):
    """There is something new: pull. Where `offers` is another than before, also look at what is on offer."""

    epoch: str
    cursor: str
    offers: str = ""  # stands for all that is on offer; "" for nothing


class Tail(Struct, array_like=True, tag=3, frozen=True):
    """What a pull from `after` would give. Whoever stands elsewhere passes it over and pulls."""

    epoch: str
    now_ms: int
    after: str
    cursor: str
    runs: list[Run]


class Fix(Struct, array_like=True, frozen=True):
    """A unit's last position. Coordinates travel as they are: they are what the device said."""

    unit: str
    lat: float
    lon: float
    fixed_at: int
    source: str = "gps"
    heading: float | None = None
    speed_mps: float | None = None
    stale_s: int = 0


class Positions(Struct, array_like=True, tag=4, frozen=True):
    fixes: list[Fix]


class Watching(Struct, array_like=True, frozen=True):
    """Who looks at what. `at` is when the server heard it, 0 from a desk."""

    desk: str
    operator: str
    incident: str = ""  # the incident that is open on the screen
    note: str = ""  # for example "edits"
    at: int = 0


class Presence(Struct, array_like=True, tag=5, frozen=True):
    """From a desk: its own one entry. From the server: all that changed; an operator "" means the desk has left."""

    watching: list[Watching]


LiveFrame: TypeAlias = Hello | Hint | Tail | Positions | Presence


def fix_of(unit: str, position: Position) -> Fix:
    return Fix(
        unit,
        position.lat,
        position.lon,
        position.fixed_at,
        position.source.value,
        position.heading,
        position.speed_mps,
        position.stale_s,
    )


def position_of(fix: Fix) -> Position:
    """Raises ValueError for a source that this Foredesk does not know."""
    source = PositionSource(fix.source)
    return Position(fix.lat, fix.lon, fix.fixed_at, source, fix.heading, fix.speed_mps, fix.stale_s)
