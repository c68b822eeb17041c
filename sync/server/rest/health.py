"""Whether the server lives, and whether it is ready to take part: for balancers and for people."""

import shutil
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import text

from core.errors import Unavailable
from sync.server.rest.problems import MEDIA_TYPE, Problem, problem
from sync.server.rest.state import RestState, Stand
from sync.server.services import Services

router = APIRouter(tags=["health"])
LEAST_FREE_BYTES = 200_000_000


class Health(BaseModel):
    """`now_ms` is the server's clock."""

    alive: bool
    now_ms: int


class Readiness(BaseModel):
    """`epoch` changes with every restore and failover."""

    ready: bool
    database: str
    epoch: str
    events: int
    events_waiting: int
    free_bytes: int | None


@router.get("/health", operation_id="health")
async def health(state: Stand) -> Health:
    """The process answers. Nothing else is looked at."""
    return Health(alive=True, now_ms=state.services.now_ms())


@router.get(
    "/readiness",
    operation_id="readiness",
    responses={503: {"model": Problem, "content": {MEDIA_TYPE: {}}, "description": "Not ready"}},
    response_model=Readiness,
)
async def readiness(state: Stand) -> Readiness | JSONResponse:
    """The database answers, there is room on the disk, and the log is being written."""
    try:
        return await _looked_at(state)
    except Unavailable as trouble:
        return problem(503, trouble, headers={"retry-after": "2"})


async def _looked_at(state: RestState) -> Readiness:
    services = state.services
    await services.database.run(lambda connection: connection.execute(text("SELECT 1")), write=False)
    free_bytes = _free(services)
    if free_bytes is not None and free_bytes < LEAST_FREE_BYTES:
        raise Unavailable(
            f"The server's disk has {free_bytes // 1_000_000} MB left.",
            "Events are taken as long as they fit.",
            "Free some space where the server keeps its data.",
        )
    return Readiness(
        ready=True,
        database=services.database.dialect,
        epoch=services.log.lives.epoch,
        events=await services.log.counted(),
        events_waiting=services.group.waiting,
        free_bytes=free_bytes,
    )


def _free(services: Services) -> int | None:
    """Where the embedded database is; None for PostgreSQL, whose disk is elsewhere."""
    if services.database.dialect != "sqlite":
        return None
    folder: Path = services.settings.folder
    return shutil.disk_usage(folder).free
