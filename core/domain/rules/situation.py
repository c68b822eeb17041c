"""What a rule may look at: the board, the agency, the past, and the stamp that makes its events."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from rapidfuzz import process

from core.clock import Clock
from core.domain.agency import Agency, IncidentType
from core.domain.board import Board, Incident, Unit
from core.domain.events import Body, Event
from core.domain.ids import IdMaker
from core.errors import Refused


class Past(Protocol):
    """What undo needs of the log."""

    def events_of_command(self, command: str) -> tuple[Event, ...]: ...
    def undoable_commands(self, desk: str, limit: int = 50) -> tuple[str, ...]:
        """Newest first: commands of this desk that are not undone and are not undos themselves."""
        ...


EXERCISE = "exercise"  # the operator of what an exercise does in place of a person
RADIO = "radio "  # begins the operator of what a unit's radio did by itself; the rest is the callsign


def by_itself(operator: str) -> bool:
    """Whether an event is a radio's or an exercise's doing rather than a person's at a desk."""
    return operator.startswith(RADIO) or operator == EXERCISE


@dataclass(slots=True)
class Stamp:
    """Who, where and when of one command; makes its events and the ids of what it creates."""

    ids: IdMaker
    at: int  # UTC ms, the same for every event of the command
    desk: str
    operator: str
    command: str
    undoes: str = ""

    @classmethod
    def now(cls, ids: IdMaker, clock: Clock, desk: str, operator: str) -> "Stamp":
        return cls(ids, clock.now_ms(), desk, operator, ids.next())

    def event(self, body: Body) -> Event:
        return Event(self.ids.next(), self.desk, self.operator, self.at, self.command, body, self.undoes)

    def new_id(self) -> str:
        return self.ids.next()


@dataclass(frozen=True, slots=True)
class Situation:
    board: Board
    agency: Agency
    stamp: Stamp
    past: Past

    def incident(self, incident: str) -> Incident:
        found = self.board.incidents.get(incident)
        if found is None:
            raise Refused("That incident is not known on this desk.", do="Look for its number in the history.")
        return found

    def open_incident(self, incident: str) -> Incident:
        found = self.incident(incident)
        if found.closed_at is not None:
            raise Refused(
                f"{found.number} is closed.", do=f"Reopen it first: r {found.number.rsplit('-', 1)[-1].lstrip('0')}."
            )
        return found

    def unit(self, callsign: str) -> Unit:
        wanted = callsign.strip().upper()
        found = self.board.units.get(wanted)
        if found is None:
            near = nearest(wanted, self.board.units)
            raise Refused(f"There is no unit {wanted} on this desk.", do=f"Did you mean {near}?" if near else "")
        return found

    def type(self, code: str) -> IncidentType:
        found = self.agency.types.get(code.strip().upper())
        if found is None:
            near = nearest(code.strip().upper(), self.agency.types)
            raise Refused(
                f"There is no incident type {code.strip().upper()}.", do=f"Did you mean {near}?" if near else ""
            )
        return found

    def number_of(self, incident: str) -> str:
        found = self.board.incidents.get(incident)
        return found.number if found else "another incident"


def nearest(wanted: str, known: Iterable[str]) -> str:
    """The known word most like the wanted one, "" where none is near."""
    best = process.extractOne(wanted[:64], list(known), score_cutoff=50)
    return best[0] if best else ""
