"""Desks, pairing codes, the quarantine and what is on offer, over the interface."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query
from sqlalchemy import Connection

from core.errors import Refused
from sync.server import artefacts, authority, quarantine
from sync.server.authority import DeskRow
from sync.server.log import QuarantineRow
from sync.server.pairing import new_code
from sync.server.rest import shapes
from sync.server.rest.incidents import Named
from sync.server.rest.problems import Missing, may_answer
from sync.server.rest.state import Administrator, RestState, Stand, Viewer

router = APIRouter(tags=["desks"])
Number = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/desks", responses=may_answer(), operation_id="listDesks")
async def list_desks(_session: Viewer, state: Stand) -> list[shapes.DeskShape]:
    """Every desk that was ever paired: last seen, clock, unsent events."""
    known = await state.services.database.run(authority.all_desks, write=False)
    return [_desk_shape(desk, state) for desk in known]


@router.get("/desks/{desk}", responses=may_answer(404), operation_id="getDesk")
async def get_desk(desk: Annotated[Named, Path()], _session: Viewer, state: Stand) -> shapes.DeskShape:
    return _desk_shape(await _desk(desk, state), state)


@router.post("/desks/{desk}/revocation", responses=may_answer(404, 409), operation_id="revokeDesk")
async def revoke_desk(
    desk: Annotated[Named, Path()], asked: shapes.AskedReason, session: Administrator, state: Stand
) -> shapes.DeskShape:
    """Keep a desk out from now on; what it sent before stays."""
    known = await _desk(desk, state)
    now_ms = state.services.now_ms()

    def step(connection: Connection) -> None:
        authority.revoke(connection, known.id, session.account, asked.reason, now_ms)

    await state.services.database.run(step)
    return _desk_shape(await _desk(desk, state), state)


@router.post("/pairing-codes", status_code=201, responses=may_answer(), operation_id="makePairingCode")
async def make_pairing_code(session: Administrator, state: Stand) -> shapes.CodeShape:
    """A code for one desk, good for an hour."""
    now_ms = state.services.now_ms()
    code = await state.services.database.run(lambda connection: new_code(connection, session.account, now_ms))
    return shapes.CodeShape(code=code.text, expires_at=code.expires_at)


@router.get("/quarantine", responses=may_answer(), operation_id="listQuarantine")
async def list_quarantine(
    _session: Administrator, state: Stand, settled: Annotated[bool, Query()] = False
) -> list[shapes.HeldShape]:
    """What the server refused, the newest first; with `settled` also what was decided."""
    found = await state.services.database.run(lambda c: quarantine.rows(c, settled=settled), write=False)
    return [_held_shape(entry) for entry in found]


@router.get("/quarantine/{number}", responses=may_answer(404), operation_id="getQuarantined")
async def get_quarantined(number: Number, _session: Administrator, state: Stand) -> shapes.HeldWhole:
    """One entry, with the events in it as far as they can be read."""
    entry = await _held(number, state)
    events = [quarantine.readable(wire) for wire in quarantine.events_in(entry)]
    return shapes.HeldWhole(**_held_shape(entry).model_dump(), events=events)


@router.post("/quarantine/{number}/release", responses=may_answer(404, 409), operation_id="releaseQuarantined")
async def release_quarantined(number: Number, session: Administrator, state: Stand) -> shapes.HeldShape:
    """Try a refused run again, or enter a refused event as the server's own."""
    await _held(number, state)
    await quarantine.release(state.services, state.own_desk, number, session.account)
    return _held_shape(await _held(number, state))


@router.post("/quarantine/{number}/discard", responses=may_answer(404, 409), operation_id="discardQuarantined")
async def discard_quarantined(
    number: Number, asked: shapes.AskedReason, session: Administrator, state: Stand
) -> shapes.HeldShape:
    """Decide that it shall not become part of the truth. It stays on record."""
    await _held(number, state)
    now_ms = state.services.now_ms()

    def step(connection: Connection) -> None:
        quarantine.discard(connection, number, session.account, asked.reason, now_ms)

    await state.services.database.run(step)
    return _held_shape(await _held(number, state))


@router.get("/artefacts", responses=may_answer(), operation_id="listArtefacts")
async def list_artefacts(_session: Viewer, state: Stand) -> list[shapes.ArtefactShape]:
    """Map packs, models, agency files and run cards on offer; the bytes are at /sync/artefacts/{sha256}."""
    offered = await state.services.database.run(artefacts.listed, write=False)
    return [shapes.ArtefactShape(**msgspec.structs.asdict(entry)) for entry in offered]


async def _desk(named: str, state: RestState) -> DeskRow:
    try:
        return await state.services.database.run(lambda connection: authority.find(connection, named), write=False)
    except Refused as refused:
        raise Missing(refused.happened, do="GET /api/v1/desks lists them.") from refused


def _desk_shape(desk: DeskRow, state: RestState) -> shapes.DeskShape:
    fields = {name: getattr(desk, name) for name in shapes.DeskShape.model_fields if hasattr(desk, name)}
    return shapes.DeskShape(**fields, connected=desk.id in state.services.live.desks)


async def _held(number: int, state: RestState) -> QuarantineRow:
    entry = await state.services.database.run(lambda connection: quarantine.row(connection, number), write=False)
    if entry is None:
        raise Missing(f"There is no entry {number} in quarantine.")
    return entry


def _held_shape(entry: QuarantineRow) -> shapes.HeldShape:
    fields = {name: getattr(entry, name) for name in shapes.HeldShape.model_fields if hasattr(entry, name)}
    return shapes.HeldShape(**fields)
