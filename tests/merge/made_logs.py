"""Logs as several desks would write them while cut off from each other: random, but the same for the same seed."""

import random

from core.clock import ManualClock
from core.domain import commands as c
from core.domain.agency import Agency
from core.domain.agency_file import read_agency, roster_commands
from core.domain.board import Board
from core.domain.conflict import CLOSED, DOUBLE_DISPATCH, OPEN
from core.domain.events import Event
from core.domain.fold import apply_event
from core.domain.handle import Stamp, handle
from core.domain.ids import IdMaker
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Location
from core.errors import Refused
from core.merge.placed import Placed, placed
from resources import resource_path

AGENCY = read_agency(resource_path("agency", "demo.toml"))
UNITS = ("E1", "L1", "M1", "M2", "P11")
START_MS = 1_780_000_000_000


class MemoryDesk:
    """A desk without a disk: it folds from scratch, in the order of places, whenever it hears anything."""

    def __init__(self, name: str, chance: random.Random, agency: Agency = AGENCY) -> None:
        self.name, self.chance, self.agency = name, chance, agency
        self.clock = ManualClock(START_MS + chance.randrange(90_000))
        self.ids = IdMaker(self.clock, random_hex=lambda count: chance.randbytes(count).hex())
        self.events: list[Placed] = []
        self.board = Board(desk=name)
        self.written = 0

    def events_of_command(self, command: str) -> tuple[Event, ...]:
        return tuple(entry.event for entry in self.events if entry.event.command == command)

    def undoable_commands(self, desk: str, limit: int = 50) -> tuple[str, ...]:
        own = [entry.event for entry in self.events if entry.event.desk == desk]
        undone = {event.undoes for event in own}
        kept = (e.command for e in reversed(own) if not e.undoes and e.command not in undone)
        return tuple(dict.fromkeys(kept))[:limit]

    def do(self, command: c.Command) -> None:
        """Refusals are what a person would see, and change nothing."""
        stamp = Stamp.now(self.ids, self.clock, self.name, self.board.operator)
        try:
            events = handle(command, self.board, self.agency, stamp, self)
        except Refused:
            return
        for event in events:
            self.written += 1
            self.events.append(placed(event, self.written))
            apply_event(self.board, event)

    def hear(self, entries: list[Placed]) -> None:
        known = {entry.event.id for entry in self.events}
        fresh = [entry for entry in entries if entry.event.id not in known]
        if not fresh:
            return
        self.events += fresh
        self.board = Board(desk=self.name)
        for entry in sorted(self.events, key=lambda entry: entry.place):
            apply_event(self.board, entry.event, entry.place)
            self.ids.observe(entry.place)

    def act(self) -> None:
        """Something that a dispatcher may do now, or may try to."""
        self.clock.advance(self.chance.choice((0, 0.001, 1, 20, 90)))
        self.do(any_command(self.board, self.chance))


def any_command(board: Board, chance: random.Random) -> c.Command:
    """Mostly sensible, on few units and incidents, so that desks get in each other's way."""
    open_ones = [incident.id for incident in board.open_incidents()][-6:]
    if not open_ones or chance.random() < 0.08:
        kind = chance.choice(("FIRE-STR", "EMS-FAL", "EMS-ARR"))
        return c.OpenIncident(kind, Location("Balmaceda 391", -29.9, -71.25), narrative=chance.choice(("", "help")))
    incident, unit = chance.choice(open_ones), chance.choice(UNITS)
    known = [i.id for i in board.incidents.values()][-8:]
    made = (
        (10, lambda: c.Assign(incident, (unit,), override=chance.choice(("", "", "needed")))),
        (14, lambda: c.SetStatus(unit, chance.choice(list(UnitStatus)), chance.choice(("", "late")))),
        (3, lambda: c.Release(unit, chance.choice(("", "not needed")))),
        (3, lambda: c.CloseIncident(incident, "FALSE", release_units=chance.random() < 0.7)),
        (2, lambda: c.ReopenIncident(chance.choice(known), "again")),
        (4, c.Undo),
        (2, lambda: c.AddNarrative(chance.choice(known), "more")),
        (1, lambda: c.SetPriority(incident, chance.choice(list(Priority)))),
        (1, lambda: c.Relocate(incident, Location(f"Colón {chance.randrange(9)}"))),
        (1, lambda: c.Retype(incident, chance.choice(("EMS-FAL", "EMS-ARR", "FIRE-STR")))),
        (1, lambda: c.LinkCall(incident, Location("Colón 12"), narrative=chance.choice(("", "same")))),
        (1, lambda: c.RaiseEmergency(unit)),
        (1, lambda: c.Contact(unit)),
        (1, lambda: c.MergeIncidents(incident, chance.choice(open_ones), "one event")),
        (1, lambda: c.CloseRoad(((1.0, chance.randrange(3)), (1.0, 9.0)))),
        (1, lambda: c.ReopenRoad(chance.choice([*board.closures, "none"]))),
        (1, lambda: c.Enrol(unit, chance.choice(sorted(AGENCY.kinds)))),
        (0.3, lambda: c.Retire(unit)),
        (3, lambda: any_settling(board, chance)),
    )
    weights = [weight for weight, _ in made]
    return chance.choices([make for _, make in made], weights)[0]()


def any_settling(board: Board, chance: random.Random) -> c.Command:
    conflicts = board.open_conflicts()
    if not conflicts:
        return c.Undo()
    conflict = chance.choice(conflicts)
    if conflict.kind == DOUBLE_DISPATCH:
        return c.SettleConflict(conflict.id, chance.choice(conflict.sides).assignment)
    return c.SettleConflict(conflict.id, chance.choice((OPEN, CLOSED)))


def made_log(seed: int, steps: int = 60, desks: int = 3) -> list[Placed]:
    """What desks wrote who heard of each other now and then."""
    chance = random.Random(seed)
    made = [MemoryDesk(name, chance) for name in "ABCDE"[:desks]]
    made[0].do(c.SignOn("Ana"))
    for command in roster_commands(AGENCY, made[0].board):
        if isinstance(command, c.Enrol) and command.unit in UNITS:
            made[0].do(command)
    for other in made[1:]:
        other.hear(made[0].events)
        other.do(c.SignOn(f"Op {other.name}"))
    for _ in range(steps):
        chance.choice(made).act()
        if chance.random() < 0.12:
            one, other = chance.sample(made, 2)
            other.hear(one.events)
    told = {entry.event.id: entry for desk in made for entry in desk.events}
    return list(told.values())
