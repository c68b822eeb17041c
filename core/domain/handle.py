"""Commands in, events out: the one place that decides what may happen. Pure; the store and the board change later."""

from collections.abc import Callable
from typing import Any

from core.domain import commands as c
from core.domain.agency import Agency
from core.domain.board import Board
from core.domain.events import Event
from core.domain.rules import (
    commitment,
    conflicts,
    emergency,
    incidents,
    merging,
    movement,
    roads,
    roster,
    severity,
    undo,
)
from core.domain.rules.situation import Past, Situation, Stamp


def handle(command: c.Command, board: Board, agency: Agency, stamp: Stamp, past: Past) -> tuple[Event, ...]:
    """The events of one command, all with the stamp's time; raises Refused and then nothing has changed.

    An empty answer means that the world already is as commanded.
    """
    return _RULES[type(command)](command, Situation(board, agency, stamp, past))


_RULES: dict[type, Callable[[Any, Situation], tuple[Event, ...]]] = {
    c.SignOn: roster.sign_on,
    c.Enrol: roster.enrol,
    c.Retire: roster.retire,
    c.Contact: roster.contact,
    c.RaiseEmergency: emergency.raise_emergency,
    c.AcknowledgeAlarm: roster.acknowledge,
    c.OpenIncident: incidents.open_incident,
    c.LinkCall: incidents.link_call,
    c.Retype: incidents.retype,
    c.Relocate: incidents.relocate,
    c.SetPriority: incidents.set_priority,
    c.SetSeverity: severity.set_severity,
    c.AddNarrative: incidents.add_narrative,
    c.CloseIncident: incidents.close,
    c.ReopenIncident: incidents.reopen,
    c.Assign: commitment.assign,
    c.Release: commitment.release,
    c.SetStatus: movement.set_status,
    c.MoveUp: movement.move_up,
    c.CloseRoad: roads.close_road,
    c.ReopenRoad: roads.reopen_road,
    c.SettleConflict: conflicts.settle,
    c.MergeIncidents: merging.merge,
    c.Undo: undo.undo,
}

__all__ = ["Past", "Stamp", "handle"]
