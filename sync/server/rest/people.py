"""Signing in and out over the interface."""

from fastapi import APIRouter, Request, Response

from sync.server.rest.problems import may_answer
from sync.server.rest.shapes import AskedSession, SessionOpened, SessionShape
from sync.server.rest.state import Stand, Viewer

router = APIRouter(tags=["session"])


@router.post("/session", status_code=201, responses=may_answer(429, without=(403,)), operation_id="signIn")
async def sign_in(asked: AskedSession, state: Stand, request: Request) -> SessionOpened:
    """Sign in with an account's name and password; the token is good for a shift, as `Authorization: Bearer`."""
    address = request.client.host if request.client else ""
    session = await state.accounts.sign_in(asked.name, asked.password, address)
    return SessionOpened(account=session.account, role=session.role, expires_at=session.expires_at, token=session.token)


@router.get("/session", responses=may_answer(), operation_id="whoAmI")
async def who_am_i(session: Viewer) -> SessionShape:
    return SessionShape(account=session.account, role=session.role, expires_at=session.expires_at)


@router.delete("/session", status_code=204, responses=may_answer(), operation_id="signOut")
async def sign_out(session: Viewer, state: Stand) -> Response:
    """End this session."""
    await state.accounts.sign_out(session.token)
    return Response(status_code=204)
