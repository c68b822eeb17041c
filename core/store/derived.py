"""Rows derived from events in the same transaction: what history and search look at, never a second truth."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, delete, update
from sqlalchemy.dialects.sqlite import insert

from core.domain import events as happened
from core.domain.board import Board, Call, Incident
from core.domain.events import Event
from core.domain.strands.reopening import find
from core.domain.values import Location
from core.store.tables import calls, incidents

_KEY_LENGTH = 200
_TEXT_LENGTH = 500  # rows of history stay on one page; the log has the whole text
_WORDS = re.compile(r"\w+")


def address_key(text: str) -> str:
    """Letters without accents or case, words apart by one blank: 'Av. Balmaceda 1.200' gives 'av balmaceda 1 200'."""
    letters = text[: 4 * _KEY_LENGTH].casefold()
    if not letters.isascii():
        letters = "".join(c for c in unicodedata.normalize("NFKD", letters) if not unicodedata.combining(c))
    return " ".join(_WORDS.findall(letters))[:_KEY_LENGTH]


def callback_key(number: str) -> str:
    """The digits, last one first and without leading zeros: '051 220 007' and '+56 51 220 007' then begin alike."""
    digits = [str(unicodedata.decimal(c)) for c in number[:_KEY_LENGTH] if c.isdecimal()]
    return "".join(digits).lstrip("0")[::-1]


def number_tail(number: str) -> str:
    """'1041' of '26-A-01041': what people say on the radio."""
    return number.strip().upper().lstrip("#").rsplit("-", 1)[-1].lstrip("0")


def derive(connection: Connection, new: Iterable[Event]) -> None:
    """Bring the derived rows up to date with events just written, in their order."""
    for kind, alike in groupby(new, key=lambda event: type(event.body)):
        if step := _STEPS.get(kind):
            step(connection, list(alike))


def _place(location: Location) -> dict[str, Any]:
    key = address_key(location.text)
    return {"location_text": location.text[:_TEXT_LENGTH], "address_key": key, "lat": location.lat, "lon": location.lon}


def opened_row(event: Event, body: happened.IncidentOpened) -> dict[str, Any]:
    return {
        "id": body.incident,
        "number": body.number,
        "tail": number_tail(body.number),
        "type": body.type,
        "priority": int(body.priority),
        "opened_at": event.at,
        "closed_at": None,
        "disposition": "",
        **_place(body.location),
        "withdrawn": False,
    }


def call_row(body: happened.CallTaken) -> dict[str, Any]:
    return {
        "id": body.call,
        "incident": body.incident,
        "answered_at": body.answered_at,
        "callback": body.caller.callback[:_KEY_LENGTH],
        "callback_key": callback_key(body.caller.callback),
    }


def derive_strands(connection: Connection, strands: Mapping[str, Board], known: Collection[str]) -> None:
    """Bring incidents' rows in line with the incidents as folded on boards of nothing else; `known` have rows."""
    rows, called = [], []
    for incident, alone in strands.items():
        if incident in known:
            connection.execute(delete(calls).where(calls.c.incident == incident))
        if found := find(alone, incident):
            rows.append(_row_of(found, is_withdrawn=incident in alone.withdrawn))
            called += [_row_of_call(found, call) for call in found.calls]
    if rows:
        connection.execute(insert(incidents).prefix_with("OR REPLACE"), rows)
    if called:
        connection.execute(insert(calls).on_conflict_do_nothing(), called)


def _row_of(incident: Incident, *, is_withdrawn: bool) -> dict[str, Any]:
    return {
        "id": incident.id,
        "number": incident.number,
        "tail": number_tail(incident.number),
        "type": incident.type,
        "priority": int(incident.priority),
        "opened_at": incident.opened_at,
        "closed_at": incident.closed_at,
        "disposition": incident.disposition,
        **_place(incident.location),
        "withdrawn": is_withdrawn,
    }


def _row_of_call(incident: Incident, call: Call) -> dict[str, Any]:
    return {
        "id": call.id,
        "incident": incident.id,
        "answered_at": call.answered_at,
        "callback": call.caller.callback[:_KEY_LENGTH],
        "callback_key": callback_key(call.caller.callback),
    }


_Step = Callable[[Connection, Sequence[Event]], None]


def _on_opened(connection: Connection, alike: Sequence[Event]) -> None:
    rows = [opened_row(event, event.body) for event in alike if isinstance(event.body, happened.IncidentOpened)]
    connection.execute(insert(incidents).on_conflict_do_nothing(), rows)


def _on_call(connection: Connection, alike: Sequence[Event]) -> None:
    rows = [call_row(event.body) for event in alike if isinstance(event.body, happened.CallTaken)]
    connection.execute(insert(calls).on_conflict_do_nothing(), rows)


def _on_call_withdrawn(connection: Connection, alike: Sequence[Event]) -> None:
    gone = [event.body.call for event in alike if isinstance(event.body, happened.CallWithdrawn)]
    connection.execute(delete(calls).where(calls.c.id.in_(gone)))


def _setting(values: Callable[[Any, Event], dict[str, Any]]) -> _Step:
    def step(connection: Connection, alike: Sequence[Event]) -> None:
        for event in alike:
            named = incidents.c.id == getattr(event.body, "incident", "")
            connection.execute(update(incidents).where(named).values(**values(event.body, event)))

    return step


_STEPS: dict[type, _Step] = {
    happened.IncidentOpened: _on_opened,
    happened.CallTaken: _on_call,
    happened.CallWithdrawn: _on_call_withdrawn,
    happened.IncidentTyped: _setting(lambda body, _: {"type": body.type}),
    happened.IncidentLocated: _setting(lambda body, _: _place(body.location)),
    happened.PrioritySet: _setting(lambda body, _: {"priority": int(body.priority)}),
    happened.IncidentClosed: _setting(
        lambda body, event: {"closed_at": body.closed_at or event.at, "disposition": body.disposition}
    ),
    happened.IncidentReopened: _setting(lambda _, __: {"closed_at": None, "disposition": ""}),
    happened.IncidentWithdrawn: _setting(lambda _, __: {"withdrawn": True}),
}
