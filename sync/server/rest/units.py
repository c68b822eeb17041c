"""Units, their statuses and positions over the interface."""

from typing import Annotated

from fastapi import APIRouter, Path

from core.domain import commands as c
from core.domain.statuses import LEGAL_MOVES, UnitStatus
from sync.protocol.messages import position_of
from sync.server.rest import shapes
from sync.server.rest.incidents import Callsign
from sync.server.rest.problems import Missing, may_answer
from sync.server.rest.state import Operator, RestState, Stand, Viewer

router = APIRouter(tags=["units"])


@router.get("/units", responses=may_answer(), operation_id="listUnits")
async def list_units(_session: Viewer, state: Stand) -> list[shapes.UnitShape]:
    """Every unit on the roster, by callsign."""
    board = await state.board()
    places = _positions(state)
    return [
        shapes.unit_shape(unit, places.get(callsign), emergency=callsign in board.emergencies)
        for callsign, unit in sorted(board.units.items())
    ]


@router.get("/units/{callsign}", responses=may_answer(404), operation_id="getUnit")
async def get_unit(callsign: Annotated[Callsign, Path()], _session: Viewer, state: Stand) -> shapes.UnitShape:
    unit, board = await state.unit(callsign)
    place = _positions(state).get(unit.callsign)
    return shapes.unit_shape(unit, place, emergency=unit.callsign in board.emergencies)


@router.put("/units/{callsign}/status", responses=may_answer(404, 409), operation_id="setStatus")
async def set_status(
    callsign: Annotated[Callsign, Path()], asked: shapes.AskedStatus, session: Operator, state: Stand
) -> shapes.UnitShape:
    """Enter a unit's status. What the rules do not allow is refused with the reason."""
    unit, board = await state.unit(callsign)
    if unit.status is not asked.status:
        await state.do(c.SetStatus(unit.callsign, asked.status, asked.override), session)
        unit, board = await state.unit(callsign)
    place = _positions(state).get(unit.callsign)
    return shapes.unit_shape(unit, place, emergency=unit.callsign in board.emergencies)


@router.get("/statuses", responses=may_answer(), operation_id="listStatuses")
async def list_statuses(_session: Viewer) -> list[shapes.StatusShape]:
    """The words for where a unit stands, and what may follow each."""
    return [
        shapes.StatusShape(
            status=status,
            code=status.code,
            availability=status.availability,
            may_become=sorted(LEGAL_MOVES[status]),
        )
        for status in UnitStatus
    ]


@router.get("/positions", responses=may_answer(), operation_id="listPositions")
async def list_positions(_session: Viewer, state: Stand) -> list[shapes.PositionShape]:
    """Where units are: the last value of each, as desks told it."""
    return sorted(_positions(state).values(), key=lambda position: position.unit)


@router.get("/positions/{callsign}", responses=may_answer(404), operation_id="getPosition")
async def get_position(callsign: Annotated[Callsign, Path()], _session: Viewer, state: Stand) -> shapes.PositionShape:
    unit, _ = await state.unit(callsign)
    place = _positions(state).get(unit.callsign)
    if place is None:
        raise Missing(f"No position of {unit.callsign} is known.")
    return place


def _positions(state: RestState) -> dict[str, shapes.PositionShape]:
    known = {}
    for fix in state.services.live.lasts.all_fixes():
        try:
            known[fix.unit] = shapes.position_shape(fix.unit, position_of(fix))
        except ValueError:  # a source that a newer desk knows
            continue
    return known
