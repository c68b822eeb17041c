"""What travels: consecutive events of one desk, chained by hash and signed once, exactly as that desk wrote them.

Whoever relays a run passes it on unchanged but for the places: those are the centre's word, not the desk's.
"""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, structs

from core.merge import keys
from core.merge.chain import link

# An id whose time is further ahead of the centre's clock than this gets a place of the centre's own: this much ahead,
# so that it comes after everything that the centre took before, and counts at the time when the centre got it.
AHEAD_MS = 60_000
SCHEMA = 1  # of the bodies; raised when a body's meaning is added to
MOST_EVENTS = 100  # in a run that a desk seals
SAID_CLOCK = "clock, as a post said"  # the same in the word of a post, until the centre has given its own
REFUSED = "refused"  # flag of an event that the centre keeps in quarantine: its body is only its hash
AGAIN = "again"  # flag of an event whose id the log has under another number: it counts there
CLOCK = "clock"  # flag of an event whose desk's clock ran ahead: its place was given to it

_ID_BYTES = 16
_HASH_BYTES = 32


class WireEvent(Struct, frozen=True, array_like=True):
    """One event. Ids are their 16 bytes, `b""` for none; `place` is `b""` where the id is the place.

    `body` is the JSON as hashed, except where `flag` is REFUSED: then it is the event's hash, so that the chain
    and the signature of its neighbours can still be checked.
    """

    id: bytes
    operator: str
    at: int
    command: bytes
    undoes: bytes
    body: bytes
    place: bytes = b""
    flag: str = ""

    @property
    def place_id(self) -> str:
        """The place as text; sorts as ids do."""
        return (self.place or self.id).hex()


class Run(Struct, frozen=True, array_like=True):
    """Events `first_n`, `first_n + 1`, ... of one desk, after the hash `prev_hash`, under that desk's signature."""

    desk: str
    first_n: int
    prev_hash: bytes
    events: tuple[WireEvent, ...]
    signature: bytes = b""
    schema: int = SCHEMA

    @property
    def last_n(self) -> int:
        return self.first_n + len(self.events) - 1


class Held(Struct, frozen=True, array_like=True):
    """What somebody has of one desk's events: 1 to `length`, and the spans `beyond` it (first and last number)."""

    length: int = 0
    beyond: tuple[tuple[int, int], ...] = ()

    def has(self, n: int) -> bool:
        return 1 <= n <= self.length or any(first <= n <= last for first, last in self.beyond)

    def holds(self, first_n: int, last_n: int) -> bool:
        """Whether it has all of these."""
        n = max(first_n, self.length + 1)
        for first, last in sorted(self.beyond):
            if first <= n <= last:
                n = last + 1
        return n > last_n

    @property
    def count(self) -> int:
        return self.length + sum(last - first + 1 for first, last in self.beyond)


class BrokenRun(ValueError):
    """The run is not what a desk can have written; the message says why."""


def hashes(run: Run) -> tuple[bytes, ...]:
    """The hash of each event, computed anew. Raises BrokenRun where a part has an impossible shape."""
    if not run.events or run.first_n < 1 or len(run.prev_hash) != _HASH_BYTES:
        raise BrokenRun("the run is empty, or its beginning is not one")
    prev, found = run.prev_hash, []
    for event in run.events:
        prev = _hash(prev, run.desk, event)
        found.append(prev)
    return tuple(found)


def head(run: Run) -> bytes:
    """The hash of the run's last event: what the desk signed, and what the next run begins with."""
    return hashes(run)[-1]


def check_hashes(run: Run, prev_hash: bytes | None = None, next_prev: bytes | None = None) -> tuple[bytes, ...]:
    """The events' hashes, after checking that the run fits between its neighbours, where those are known.

    Raises BrokenRun; a run that fits neither is a fork: two desks with one identity, or a forgery.
    """
    found = hashes(run)
    if prev_hash is not None and run.prev_hash != prev_hash:
        raise BrokenRun(f"event {run.first_n} of desk {run.desk} does not follow the one before it")
    if next_prev is not None and found[-1] != next_prev:
        raise BrokenRun(f"event {run.last_n + 1} of desk {run.desk} does not follow the one before it")
    return found


def _hash(prev: bytes, desk: str, event: WireEvent) -> bytes:
    if event.flag == REFUSED:
        if len(event.body) != _HASH_BYTES:
            raise BrokenRun("a refused event stands there without its hash")
        return event.body
    if len(event.id) != _ID_BYTES or len(event.command) != _ID_BYTES or len(event.undoes) not in (0, _ID_BYTES):
        raise BrokenRun("an id has an impossible length")
    if len(event.place) not in (0, _ID_BYTES):
        raise BrokenRun("a place has an impossible length")
    fields = (event.id.hex(), desk, event.operator, event.at, event.command.hex(), event.undoes.hex())
    return link(prev, fields, event.body)


def message(run: Run, last_hash: bytes) -> bytes:
    """The bytes that are signed: which desk, which numbers, and the end of their chain."""
    return b"foredesk run %d\n%s\n%d %d\n" % (
        run.schema,
        run.desk.encode(),
        run.first_n,
        run.last_n,
    ) + (run.prev_hash + last_hash)


def sealed(run: Run, sign: Callable[[bytes], bytes]) -> Run:
    """The run with its desk's signature; `sign` gives 64 bytes for a message."""
    return structs.replace(run, signature=sign(message(run, head(run))))


def is_signed_by(run: Run, public_key: bytes, last_hash: bytes | None = None) -> bool:
    """Whether the desk with that key wrote the run; `last_hash` spares computing it again."""
    return keys.verifies(public_key, run.signature, message(run, last_hash or head(run)))


def spans(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Ascending numbers as (first, last) of each unbroken stretch."""
    stretches: list[tuple[int, int]] = []
    for n in numbers:
        if stretches and stretches[-1][1] == n - 1:
            stretches[-1] = (stretches[-1][0], n)
        else:
            stretches.append((n, n))
    return tuple(stretches)


def count(runs: Sequence[Run]) -> int:
    """How many events the runs hold."""
    return sum(len(run.events) for run in runs)
