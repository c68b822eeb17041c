"""Says in a few words what a command did, so that whoever takes it back reads what was taken back."""

from collections.abc import Callable, Sequence
from typing import Any

from core.domain import events as e
from core.domain.board import Board
from core.domain.events import Event

_LONGEST = 40  # characters of a narrative line


def done_words(events: Sequence[Event], board: Board) -> str:
    """What one command's events did, for example "M3 sent to 26-A-00012"; "" where there are no words for it."""
    for kind, words in _WORDS.items():
        bodies = [event.body for event in events if isinstance(event.body, kind)]
        if bodies:
            return words(bodies, board)
    return ""


def _number(incident: str, board: Board) -> str:
    known = board.incidents.get(incident)
    return known.number if known else "an incident"


def _units(bodies: Sequence[Any]) -> str:
    return ", ".join(body.unit for body in bodies)


def _line(bodies: Sequence[e.NarrativeAdded], board: Board) -> str:
    text = " ".join(bodies[0].text.split())
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return f"the line “{short}” in {_number(bodies[0].incident, board)}"


# In the order in which they name a command that did several things.
_WORDS: dict[type, Callable[[Sequence[Any], Board], str]] = {
    e.IncidentMerged: lambda b, board: (
        f"the merging of {_number(b[0].other, board)} into {_number(b[0].incident, board)}"
    ),
    e.ConflictSettled: lambda b, _board: f"what was settled: {b[0].how}",
    e.IncidentOpened: lambda b, _board: f"the opening of {b[0].number}",
    e.IncidentClosed: lambda b, board: f"the closing of {_number(b[0].incident, board)}",
    e.IncidentReopened: lambda b, board: f"the reopening of {_number(b[0].incident, board)}",
    e.CallTaken: lambda b, board: f"the call linked to {_number(b[0].incident, board)}",
    e.UnitAssigned: lambda b, board: f"{_units(b)} sent to {_number(b[0].incident, board)}",
    e.UnitStatusChanged: lambda b, _board: f"{_units(b)} {b[0].status.value}",
    e.PrioritySet: lambda b, board: f"P{int(b[0].priority)} for {_number(b[0].incident, board)}",
    e.SeveritySet: lambda b, board: f"severity {b[0].severity or 'none'} for {_number(b[0].incident, board)}",
    e.IncidentTyped: lambda b, board: f"the type {b[0].type} of {_number(b[0].incident, board)}",
    e.IncidentLocated: lambda b, board: f"the location of {_number(b[0].incident, board)}",
    e.EmergencyRaised: lambda b, _board: f"the mayday of {b[0].unit}",
    e.NarrativeAdded: _line,
    e.RoadClosed: lambda _b, _board: "the closing of a road",
    e.RoadReopened: lambda _b, _board: "the reopening of a road",
}
