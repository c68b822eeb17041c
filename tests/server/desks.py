"""Desks as the server's tests and benches need them: an identity, a clock, and runs of real events."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import structs

from core.clock import Clock, ManualClock
from core.domain import events as e
from core.domain.ids import IdMaker
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Caller, Location, LocationSource
from core.merge import keys
from core.merge.chain import FIRST_LINK
from core.merge.run import Run, WireEvent, hashes, message
from sync.server.roll import EVERYTHING, DeskPass

_encode = msgspec.json.Encoder(order="deterministic").encode


class Origin:
    """A desk that writes: events in, sealed runs out."""

    def __init__(self, name: str, clock: Clock | None = None, *, may: frozenset[str] = EVERYTHING) -> None:
        self.name = name
        self.token = f"token of {name}"
        self.clock = clock or ManualClock()
        self.ids = IdMaker(self.clock)
        self.length, self.head = 0, FIRST_LINK
        self.private_key = keys.new_private_key()
        self.desk_pass = DeskPass(name, f"Desk {name}", name[:1], keys.public_key_of(self.private_key), 0, may)

    def wire(self, bodies: Iterable[e.Body | bytes], operator: str = "Kim") -> tuple[WireEvent, ...]:
        """The events of one command; bytes are taken as a body's JSON as they are."""
        command = bytes.fromhex(self.ids.next())
        return tuple(
            WireEvent(
                bytes.fromhex(self.ids.next()),
                operator,
                self.clock.now_ms(),
                command,
                b"",
                body if isinstance(body, bytes) else _encode(body),
            )
            for body in bodies
        )

    def seal(self, events: Sequence[WireEvent], **changes: object) -> Run:
        """The next run, with the given fields changed before it is signed."""
        run = structs.replace(Run(self.name, self.length + 1, self.head, tuple(events)), **changes)
        found = hashes(run)
        self.length, self.head = run.last_n, found[-1]
        return structs.replace(run, signature=keys.sign(self.private_key, message(run, found[-1])))

    def run(self, *bodies: e.Body | bytes) -> Run:
        return self.seal(self.wire(bodies))

    def fork(self) -> "Origin":
        """The same disk in another machine."""
        other = Origin(self.name, self.clock)
        other.private_key, other.desk_pass, other.token = self.private_key, self.desk_pass, self.token
        other.length, other.head = self.length, self.head
        return other

    def sent(self, unit: str, incident: str = "i1", assignment: str = "") -> e.UnitAssigned:
        return e.UnitAssigned(assignment or self.ids.next(), incident, unit)


def shift(desk: Origin, commands: int, clock: ManualClock, *, a_run: int = 100) -> list[Run]:
    """What a desk writes in that many calls, about five events each: opened, call, narrative, unit sent, en route."""
    events: list[WireEvent] = []
    for number in range(1, commands + 1):
        clock.advance(0.05)
        incident, unit = desk.ids.next(), f"M{number % 40}"
        place = Location(f"{number} Balmaceda, La Serena", -29.9 - number / 1e5, -71.25, LocationSource.ADDRESS)
        assignment = desk.ids.next()
        caller = Caller(f"Caller {number}", f"+56 51 2{number:06d}")
        events += desk.wire(
            (
                e.IncidentOpened(incident, f"26-{desk.name}-{number:05d}", "MED", Priority.P2, "", place),
                e.CallTaken(desk.ids.next(), incident, caller, place, clock.now_ms(), "Chest pain, conscious"),
                e.NarrativeAdded(
                    incident, f"Caller {number} says that he is short of breath since {number % 60} minutes."
                ),
            )
        )
        events += desk.wire((e.UnitAssigned(assignment, incident, unit, 312.5, 2840.0),))
        events += desk.wire((e.UnitStatusChanged(unit, UnitStatus.EN_ROUTE, incident, assignment),))
    return [desk.seal(events[start : start + a_run]) for start in range(0, len(events), a_run)]
