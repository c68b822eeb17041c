"""Incidents and assignments over the interface: read, open, add to, claim units for, close."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import StringConstraints

from core.domain import commands as c
from core.domain.board import Board, Incident
from core.domain.events import IncidentOpened
from core.domain.values import Caller
from core.errors import Refused
from sync.server.accounts import Session
from sync.server.own_desk import Contested
from sync.server.rest import shapes
from sync.server.rest.problems import Held, may_answer
from sync.server.rest.repeated import Key, open_once
from sync.server.rest.state import Operator, RestState, Stand, Viewer

_MOST = 200
State = Literal["open", "closed", "all"]
Named = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
Callsign = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f/]+$")]


router = APIRouter(tags=["incidents"])


@router.get("/incidents", responses=may_answer(), operation_id="listIncidents")
async def list_incidents(
    _session: Viewer,
    state: Stand,
    state_: Annotated[State, Query(alias="state")] = "open",
    type_: Annotated[shapes.Name | None, Query(alias="type")] = None,
    priority: Annotated[int | None, Query(ge=1, le=4)] = None,
    unit: Annotated[shapes.Name | None, Query()] = None,
    after: Annotated[Named | None, Query(description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 50,
) -> shapes.IncidentPage:
    """Incidents, the newest first, a page at a time."""
    wanted = _Wanted(state_, type_, priority, unit)
    return await _page(state, wanted, after or "", limit)


@router.post("/incidents", status_code=201, responses=may_answer(409), operation_id="openIncident")
async def open_incident(
    asked: shapes.AskedIncident, session: Operator, state: Stand, response: Response, key: Key = None
) -> shapes.IncidentWhole:
    """Open an incident as a desk would: it gets a number of the server's own series.

    With an `Idempotency-Key` it may be repeated when no answer came, and is opened once.
    """
    command = c.OpenIncident(
        asked.type,
        asked.location.location(),
        Caller(asked.caller, asked.callback),
        shapes.priority_of(asked.priority),
        asked.narrative,
    )
    if key is not None:
        incident = await open_once(state, command, session, key, asked.model_dump_json())
    else:
        events = await state.do(command, session)
        opened = next(event.body.incident for event in events if isinstance(event.body, IncidentOpened))
        incident = await state.incident(opened)
    response.headers["location"] = f"/api/v1/incidents/{incident.id}"
    return shapes.incident_whole(incident)


@router.get("/incidents/{incident}", responses=may_answer(404), operation_id="getIncident")
async def get_incident(incident: Annotated[Named, Path()], _session: Viewer, state: Stand) -> shapes.IncidentWhole:
    """One incident with its calls, narrative and assignments, by id or number, however long it is closed."""
    return shapes.incident_whole(await state.incident(incident))


async def _changed(state: RestState, named: str, command: c.Command, session: Session) -> shapes.IncidentWhole:
    await state.do(command, session)
    return shapes.incident_whole(await state.incident(named))


@router.post(
    "/incidents/{incident}/narrative",
    status_code=201,
    responses=may_answer(404, 409),
    operation_id="addNarrative",
)
async def add_narrative(
    incident: Annotated[Named, Path()], asked: shapes.AskedNarrative, session: Operator, state: Stand
) -> shapes.IncidentWhole:
    """Add a line. Narrative only ever grows."""
    found = await state.incident(incident)
    return await _changed(state, found.id, c.AddNarrative(found.id, asked.text), session)


@router.put("/incidents/{incident}/priority", responses=may_answer(404, 409), operation_id="setPriority")
async def set_priority(
    incident: Annotated[Named, Path()], asked: shapes.AskedPriority, session: Operator, state: Stand
) -> shapes.IncidentWhole:
    found = await state.incident(incident)
    priority = shapes.priority_of(asked.priority)
    assert priority is not None
    if priority == found.priority:
        return shapes.incident_whole(found)
    return await _changed(state, found.id, c.SetPriority(found.id, priority), session)


@router.post("/incidents/{incident}/closing", responses=may_answer(404, 409), operation_id="closeIncident")
async def close_incident(
    incident: Annotated[Named, Path()], asked: shapes.AskedClosing, session: Operator, state: Stand
) -> shapes.IncidentWhole:
    """Close it. With `release_units`, units that are still on it are cleared with it; else it is refused."""
    found = await state.incident(incident)
    command = c.CloseIncident(found.id, asked.disposition, asked.note, asked.release_units)
    return await _changed(state, found.id, command, session)


@router.get("/assignments", responses=may_answer(), operation_id="listAssignments")
async def list_assignments(_session: Viewer, state: Stand) -> list[shapes.AssignmentShape]:
    """Every unit's work that is not ended."""
    board = await state.board()
    return [
        shapes.assignment_shape(assignment)
        for incident in board.open_incidents()
        for assignment in incident.active_assignments
    ]


@router.post(
    "/incidents/{incident}/assignments",
    status_code=201,
    responses=may_answer(404, 409),
    operation_id="claimUnit",
)
async def claim_unit(
    incident: Annotated[Named, Path()], asked: shapes.AskedAssignment, session: Operator, state: Stand
) -> shapes.AssignmentShape:
    """Claim a unit for the incident. Of two who do, one gets 201; the other gets 409 and is told who holds it."""
    found = await state.incident(incident)
    unit, _ = await state.unit(asked.unit)
    try:
        await state.do(c.Assign(found.id, (unit.callsign,), (), asked.override), session)
    except Contested as lost:
        raise await _held(state, lost, unit.callsign, found.id) from lost
    except Refused as refused:
        raise await _held(state, refused, unit.callsign, found.id) from refused
    assignment = (await state.incident(found.id)).assignment_of(unit.callsign)
    if assignment is None:
        raise Refused(f"{unit.callsign} was taken off the incident at the same moment.")
    return shapes.assignment_shape(assignment)


@router.delete("/incidents/{incident}/assignments/{unit}", responses=may_answer(404, 409), operation_id="releaseUnit")
async def release_unit(
    incident: Annotated[Named, Path()], unit: Annotated[Callsign, Path()], session: Operator, state: Stand
) -> shapes.IncidentWhole:
    """Stand a unit down from the incident; it becomes available."""
    found = await state.incident(incident)
    known, _ = await state.unit(unit)
    if found.assignment_of(known.callsign) is None:
        raise Refused(f"{known.callsign} is not on {found.number}.")
    await state.do(c.Release(known.callsign), session)
    return shapes.incident_whole(await state.incident(found.id))


async def _held(state: RestState, refused: Refused, callsign: str, wanted: str) -> Refused:
    """Who holds the unit, where that is why the claim was refused; else the refusal as it is."""
    board = await state.board()
    unit = board.units.get(callsign)
    holder = board.incidents.get(unit.incident) if unit and unit.incident != wanted else None
    if holder is None:
        return refused
    by = _dispatcher(board, holder, callsign)
    do = "Choose another unit, or give the reason for taking this one in `override`."
    return Held(refused.happened, do, unit=callsign, incident=holder.id, number=holder.number, by=by)


def _dispatcher(board: Board, holder: Incident, callsign: str) -> str:
    """Who sent it there, where the board knows."""
    claims = getattr(board.units[callsign], "claims", {})
    claim = claims.get(holder.id) if isinstance(claims, dict) else None
    return str(getattr(claim, "operator", "") or holder.opened_by)


class _Wanted:
    """Which incidents are asked for."""

    def __init__(self, state: State, type_: str | None, priority: int | None, unit: str | None) -> None:
        self.state, self.type, self.priority, self.unit = state, type_, priority, unit and unit.upper()

    def is_met_by(self, incident: Incident) -> bool:
        if self.state != "all" and (incident.closed_at is None) != (self.state == "open"):
            return False
        if self.type and incident.type != self.type:
            return False
        if self.priority and incident.priority != self.priority:
            return False
        return not self.unit or any(a.unit == self.unit for a in incident.assignments)


async def _page(state: RestState, wanted: _Wanted, after: str, limit: int) -> shapes.IncidentPage:
    """Open ones are all on the board; the others are looked up in the log, a bounded number of them."""
    board = await state.board()
    if wanted.state == "open":
        ids = sorted((i.id for i in board.incidents.values() if not after or i.id < after), reverse=True)
        found = [board.incidents[id_] for id_ in ids if wanted.is_met_by(board.incidents[id_])]
        more = len(found) > limit
        found = found[:limit]
        return _paged(found, found[-1].id if more else None)
    ids = await state.opened_before(after, limit)
    known = [board.incidents.get(id_) or await state.past_incident(id_) for id_ in ids]
    met = [incident for incident in known if incident is not None and wanted.is_met_by(incident)]
    return _paged(met, ids[-1] if len(ids) == limit else None)


def _paged(incidents: list[Incident], following: str | None) -> shapes.IncidentPage:
    return shapes.IncidentPage(items=[shapes.incident_shape(incident) for incident in incidents], next=following)
