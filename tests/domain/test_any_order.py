"""Any commands in any order: what must hold of the board after each of them."""

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from core.clock import ManualClock
from core.domain import commands as c
from core.domain.agency_file import read_agency, roster_commands
from core.domain.board import Board
from core.domain.events import Event, decode_event, encode_event
from core.domain.fold import apply_event
from core.domain.handle import Stamp, handle
from core.domain.ids import IdMaker
from core.domain.rules.undo import events_to_undo
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Location, ReleaseReason
from core.errors import Refused
from resources import resource_path

AGENCY = read_agency(resource_path("agency", "demo.toml"))
UNITS = ("E1", "L1", "M1", "P11")


class Log:
    """The past in memory, as `handle` asks for it."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def events_of_command(self, command: str) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.command == command)

    def undoable_commands(self, desk: str, limit: int = 50) -> tuple[str, ...]:
        undone = {event.undoes for event in self.events}
        own = (e.command for e in reversed(self.events) if e.desk == desk and not e.undoes and e.command not in undone)
        return tuple(dict.fromkeys(own))[:limit]


def seen(board: Board) -> object:
    """What people see, without what undo leaves behind on purpose."""
    told = msgspec.to_builtins(board, order="sorted")
    for unit in told["units"].values():
        del unit["left"], unit["folded"]
    for incident in told["incidents"].values():
        incident["changed_at"] = 0
        del incident["folded"], incident["closing"]
        incident["narrative"] = [line for line in incident["narrative"] if not line["struck"]]
        incident["assignments"] = [a for a in incident["assignments"] if a["reason"] != ReleaseReason.UNDONE.value]
        waits = incident["closed_at"] is None and all(a["ended_at"] is not None for a in incident["assignments"])
        incident["waiting_since"] *= waits
    return told


class AnyOrder(RuleBasedStateMachine):
    incidents = Bundle("incidents")

    @initialize()
    def begin(self) -> None:
        self.clock = ManualClock(1_780_000_000_000)
        self.ids = IdMaker(self.clock, random_hex=lambda count: "0" * 2 * count)
        self.board, self.log = Board(), Log()
        self.before: object = None
        self.do(c.SignOn("Ana"))
        for command in roster_commands(AGENCY, self.board):
            if isinstance(command, c.Enrol) and command.unit in UNITS:
                self.do(command)

    def do(self, command: c.Command) -> tuple[Event, ...]:
        """As the desk does it; a refusal must leave no trace."""
        before = encode_board(self.board)
        stamp = Stamp.now(self.ids, self.clock, "A1", self.board.operator)
        try:
            events = handle(command, self.board, AGENCY, stamp, self.log)
        except Refused:
            assert encode_board(self.board) == before
            return ()
        assert encode_board(self.board) == before
        for event in events:
            apply_event(self.board, event)
        self.log.events += events
        return events

    @rule(
        target=incidents, type_=st.sampled_from(["FIRE-STR", "EMS-FAL", "POL-NOI"]), text=st.sampled_from(["", "help"])
    )
    def open(self, type_: str, text: str) -> object:
        events = self.do(c.OpenIncident(type_, Location("Balmaceda 391"), narrative=text))
        return events[0].body.incident if events else multiple()

    @rule(seconds=st.sampled_from([0, 1, 60]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(
        incident=incidents,
        units=st.lists(st.sampled_from(UNITS), min_size=1, max_size=3),
        override=st.sampled_from(["", "needed"]),
    )
    def assign(self, incident: str, units: list[str], override: str) -> None:
        self.do(c.Assign(incident, tuple(units), override=override))

    @rule(unit=st.sampled_from(UNITS), status=st.sampled_from(UnitStatus), override=st.sampled_from(["", "needed"]))
    def set_status(self, unit: str, status: UnitStatus, override: str) -> None:
        self.do(c.SetStatus(unit, status, override))

    @rule(unit=st.sampled_from(UNITS), note=st.sampled_from(["", "not needed"]))
    def release(self, unit: str, note: str) -> None:
        self.do(c.Release(unit, note))

    @rule(unit=st.sampled_from(UNITS), station=st.sampled_from(sorted(AGENCY.stations)[:2]))
    def move_up(self, unit: str, station: str) -> None:
        self.do(c.MoveUp(unit, station))

    @rule(unit=st.sampled_from(UNITS))
    def contact(self, unit: str) -> None:
        self.do(c.Contact(unit))

    @rule(unit=st.sampled_from(UNITS), text=st.sampled_from(["", "man down"]))
    def mayday(self, unit: str, text: str) -> None:
        self.do(c.RaiseEmergency(unit, text))

    @rule(incident=incidents, release_units=st.booleans())
    def close(self, incident: str, release_units: bool) -> None:
        self.do(c.CloseIncident(incident, "FALSE", release_units=release_units))

    @rule(incident=incidents)
    def reopen(self, incident: str) -> None:
        self.do(c.ReopenIncident(incident))

    @rule(
        incident=incidents,
        change=st.sampled_from([
            lambda i: c.SetPriority(i, Priority.P1),
            lambda i: c.SetPriority(i, Priority.P4),
            lambda i: c.Retype(i, "EMS-ARR"),
            lambda i: c.Relocate(i, Location("Colón 12")),
            lambda i: c.AddNarrative(i, "more"),
            lambda i: c.LinkCall(i, Location("Colón 12"), narrative="same here"),
        ]),
    )  # fmt: skip
    def change(self, incident: str, change) -> None:
        self.do(change(incident))

    @rule()
    def undo(self) -> None:
        self.do(c.Undo())

    @rule(
        incident=incidents,
        units=st.lists(st.sampled_from(UNITS), min_size=1, max_size=3, unique=True),
        act=st.sampled_from(["assign", "status", "close", "release", "reopen", "narrative", "mayday"]),
        status=st.sampled_from(UnitStatus),
    )
    def undo_at_once(self, incident: str, units: list[str], act: str, status: UnitStatus) -> None:
        before = seen(self.board)
        done = self.do({
            "assign": c.Assign(incident, tuple(units), override="needed"),
            "status": c.SetStatus(units[0], status, "needed"),
            "close": c.CloseIncident(incident, "FALSE", release_units=True),
            "release": c.Release(units[0], "not needed"),
            "reopen": c.ReopenIncident(incident),
            "narrative": c.AddNarrative(incident, "a slip"),
            "mayday": c.RaiseEmergency(units[0]),
        }[act])  # fmt: skip
        if done:
            assert events_to_undo(c.Undo(), self.log, "A1") == done
            assert self.do(c.Undo())
            assert seen(self.board) == before

    @invariant()
    def a_unit_is_committed_exactly_while_it_has_one_active_assignment(self) -> None:
        active: dict[str, list[str]] = {unit: [] for unit in self.board.units}
        for incident in self.board.incidents.values():
            for assignment in incident.active_assignments:
                active[assignment.unit].append(incident.id)
        for unit in self.board.units.values():
            assert active[unit.callsign] == ([unit.incident] if unit.status.committed else [])
            assert bool(unit.incident) == unit.status.committed

    @invariant()
    def a_closed_incident_has_no_units(self) -> None:
        for incident in self.board.incidents.values():
            assert incident.closed_at is None or not incident.active_assignments

    @invariant()
    def an_incident_waits_no_longer_than_it_has_been_open(self) -> None:
        for incident in self.board.incidents.values():
            assert incident.opened_at <= incident.waiting_since <= self.clock.now_ms()

    @invariant()
    def every_number_is_used_once(self) -> None:
        numbers = [number for event in self.log.events if (number := getattr(event.body, "number", ""))]
        assert len(numbers) == len(set(numbers))

    @invariant()
    def events_sort_as_they_happened(self) -> None:
        ids = [event.id for event in self.log.events]
        assert ids == sorted(set(ids))

    def teardown(self) -> None:
        """The log alone, as it would be read from a disk or sent to another desk, makes the same board."""
        again = Board()
        for event in getattr(self, "log", Log()).events:
            apply_event(again, decode_event(encode_event(event)))
        if hasattr(self, "board"):
            assert encode_board(again) == encode_board(self.board)
            for incident in self.board.incidents.values():
                alone = Board()
                for event in self.log.events:
                    if getattr(event.body, "incident", "") == incident.id:
                        apply_event(alone, event)
                assert alone.incidents[incident.id] == incident


def encode_board(board: Board) -> bytes:
    return msgspec.json.encode(board, order="sorted")


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
