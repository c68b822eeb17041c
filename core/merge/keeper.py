"""Keeps a board equal to the fold of all events in order of place, whatever order they arrive in.

An event that comes in order is folded at once. One that is late for its incident or its unit makes that strand fold
anew: an incident from its own events, a unit from the newest kept board before the late event. Everything else on
the board takes events in any order. Refolding is divided into slices, so that the window's thread is never held long;
until its turn a strand stands as it stood before, as if the late event had not arrived yet.
"""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Protocol

from msgspec import Struct

from core.domain.board import Board, Emergency, Unit
from core.domain.conflict import DOUBLE_DISPATCH, Conflict
from core.domain.events import IncidentOpened, UnitEnrolled
from core.domain.fold import apply_event, apply_to_rest, strands_of
from core.domain.strands.incident import apply_to_incident
from core.domain.strands.reopening import find
from core.domain.strands.unit import apply_to_unit, find_unit
from core.domain.values import PositionSource
from core.merge.placed import Placed, in_order

SLICE = 2000  # events refolded at most before the caller gets its thread back; some milliseconds


class UnitBase(Struct):
    """A unit as a kept board has it; nothing of it is shared with that board."""

    unit: Unit
    emergency: Emergency | None
    conflicts: tuple[Conflict, ...]
    is_retired: bool = False  # it stands among those that have left the roster


class FoldPast(Protocol):
    """What the keeper asks of the log. Refused events are never given. Orders do not matter: it sorts by place."""

    def strand_of_incident(self, incident: str) -> Iterable[Placed]:
        """Every event of the incident."""
        ...

    def strand_of_unit(self, callsign: str, after_place: str) -> Iterable[Placed]:
        """Every event of the unit whose place is after that one."""
        ...

    def base_of_unit(self, callsign: str, before_place: str) -> UnitBase | None:
        """The unit of a kept board that holds every event of it up to `unit.folded`, which is before that place."""
        ...

    def strand_of_rest(self) -> Iterable[Placed]:
        """Every event that belongs to no incident and no unit."""
        ...


class Touched(Struct, frozen=True):
    """What changed on the board; `refolded` strands, and how many are `left` to fold anew."""

    incidents: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    refolded: int = 0
    left: int = 0


class BoardKeeper:
    """The board, and which of its strands have still to be folded anew, each from its earliest late place on."""

    def __init__(self, board: Board, past: FoldPast) -> None:
        self.board = board
        self._past = past
        self._incidents: dict[str, str] = {}
        self._units: dict[str, str] = {}
        self._rest = False
        self.is_whole = True  # False while the log lacks what the board was made from: then nothing is folded anew

    @property
    def left(self) -> int:
        """How many strands have to be folded anew, as far as that can be done now."""
        return len(self._incidents) + len(self._units) + self._rest if self.is_whole else 0

    @property
    def doubts(self) -> tuple[dict[str, str], dict[str, str]]:
        """The incidents and units to be folded anew, with the earliest place that came late."""
        return dict(self._incidents), dict(self._units)

    def doubt(self, incidents: dict[str, str], units: dict[str, str]) -> None:
        """Note strands to be folded anew, as `doubts` told of them."""
        for incident, place in incidents.items():
            _note(self._incidents, incident, place)
        for unit, place in units.items():
            _note(self._units, unit, place)

    @property
    def due(self) -> tuple[list[str], list[str]]:
        """The incidents and the units that have still to be folded anew."""
        return list(self._incidents), list(self._units)

    def take(self, new: Iterable[Placed], most_events: int = SLICE) -> Touched:
        """Fold events that the log has just taken, and refold what they make necessary, up to `most_events`."""
        incidents: set[str] = set()
        units: set[str] = set()
        for entry in in_order(new):
            incident, unit = strands_of(entry.event.body)
            apply_to_rest(self.board, entry.event, entry.place)
            if incident:
                incidents.add(incident)
                self._take_incident(entry, incident)
            if unit:
                units.add(unit)
                self._take_unit(entry, unit)
        refolded = self.refold(most_events)
        return Touched(refolded.incidents | incidents, refolded.units | units, refolded.refolded, self.left)

    def forget(self, changed: Iterable[Placed]) -> None:
        """Note events whose place or flag has changed, as they were before and as they are now."""
        for entry in changed:
            incident, unit = strands_of(entry.event.body)
            if incident:
                _note(self._incidents, incident, entry.place)
            if unit:
                _note(self._units, unit, entry.place)
            self._rest = self._rest or not (incident or unit)

    def refold(self, most_events: int = SLICE) -> Touched:
        """Fold strands anew until so many events have been folded; at least one strand where any is left."""
        incidents: set[str] = set()
        units: set[str] = set()
        done = 0
        while self.left and done < most_events:
            if self._incidents:
                incident = next(iter(self._incidents))
                done += 1 + self._refold_incident(incident)
                del self._incidents[incident]
                incidents.add(incident)
            elif self._units:
                callsign = next(iter(self._units))
                done += 1 + self._refold_unit(callsign, self._units[callsign])
                del self._units[callsign]
                units.add(callsign)
            else:
                done += self._refold_rest()
                self._rest = False
        return Touched(frozenset(incidents), frozenset(units), len(incidents) + len(units), self.left)

    def _take_incident(self, entry: Placed, incident: str) -> None:
        known = find(self.board, incident)
        if known is not None:
            in_order = known.folded < entry.place
        else:
            in_order = isinstance(entry.event.body, IncidentOpened) and incident not in self.board.missing
        if incident in self._incidents or not in_order:
            _note(self._incidents, incident, entry.place)
        if in_order or not self.is_whole:
            apply_to_incident(self.board, entry.event, incident, entry.place)

    def _take_unit(self, entry: Placed, callsign: str) -> None:
        known = find_unit(self.board, callsign)
        if known is not None:
            in_order = known.folded < entry.place
        else:
            in_order = isinstance(entry.event.body, UnitEnrolled) and callsign not in self.board.missing
        if callsign in self._units or not in_order:
            _note(self._units, callsign, entry.place)
        if in_order or not self.is_whole:
            apply_to_unit(self.board, entry.event, callsign, entry.place)

    def _refold_incident(self, incident: str) -> int:
        events = in_order(self._past.strand_of_incident(incident))
        alone = Board()
        for entry in events:
            apply_to_incident(alone, entry.event, incident, entry.place)
        board = self.board
        board.incidents.pop(incident, None)
        board.withdrawn.pop(incident, None)
        board.incidents.update(alone.incidents)
        board.withdrawn.update(alone.withdrawn)
        board.missing |= alone.missing
        if incident in alone.incidents or incident in alone.withdrawn:
            board.missing.discard(incident)
        gone = [c.id for c in board.conflicts.values() if c.kind != DOUBLE_DISPATCH and c.sides[0].incident == incident]
        _replace_conflicts(board, gone, alone.conflicts.values())
        return len(events)

    def _refold_unit(self, callsign: str, from_place: str) -> int:
        base = self._past.base_of_unit(callsign, from_place)
        alone = Board()
        if base is not None:
            (alone.retired if base.is_retired else alone.units)[callsign] = base.unit
            alone.conflicts = {conflict.id: conflict for conflict in base.conflicts}
            if base.emergency is not None:
                alone.emergencies[callsign] = base.emergency
        after = base.unit.folded if base is not None else ""
        events = in_order(self._past.strand_of_unit(callsign, after))
        for entry in events:
            apply_to_unit(alone, entry.event, callsign, entry.place)
        self._put_unit(callsign, alone)
        return len(events)

    def _put_unit(self, callsign: str, alone: Board) -> None:
        board = self.board
        before, after = board.units.pop(callsign, None), find_unit(alone, callsign)
        board.retired.pop(callsign, None)
        board.retired.update(alone.retired)
        # Positions are telemetry: the last one that was reported is not in the log.
        reported = before.position if before is not None else None
        if after is not None and reported is not None and reported.source is not PositionSource.STATION:
            after.position = reported
        board.units.update(alone.units)
        board.missing |= alone.missing
        board.emergencies.pop(callsign, None)
        board.emergencies.update(alone.emergencies)
        gone = [c.id for c in board.conflicts.values() if c.kind == DOUBLE_DISPATCH and c.unit == callsign]
        _replace_conflicts(board, gone, alone.conflicts.values())

    def _refold_rest(self) -> int:
        board, alone = self.board, Board(desk=self.board.desk)
        events = in_order(self._past.strand_of_rest())
        for entry in events:
            apply_to_rest(alone, entry.event, entry.place)
        board.presence, board.closures, board.closures_told = alone.presence, alone.closures, alone.closures_told
        board.alarms_acknowledged = alone.alarms_acknowledged
        board.stand_at(board.desk)
        return len(events)


def fold_all(events: Iterable[Placed]) -> Board:
    """The board folded from scratch in order of place: what every keeper's board must equal."""
    board = Board()
    for entry in in_order(events):
        apply_event(board, entry.event, entry.place)
    return board


def _note(strands: dict[str, str], strand: str, place: str) -> None:
    strands[strand] = min(strands.get(strand, place), place)


def _replace_conflicts(board: Board, gone: Sequence[str], now: Iterable[Conflict]) -> None:
    for conflict in gone:
        del board.conflicts[conflict]
    board.conflicts.update((conflict.id, conflict) for conflict in now)


def shared(board: Board) -> Board:
    """What all desks must have alike: not who works here, nor where the units' devices say they are."""
    alike = deepcopy(board)
    alike.operator = alike.position = alike.shift = alike.desk = ""
    alike.missing.clear()
    for unit in (*alike.units.values(), *alike.retired.values()):
        unit.position = None
    return alike
