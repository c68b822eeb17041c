"""The interface as one application: its paths, its errors, its description."""

import logging
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from core.errors import Unavailable
from sync.server.rest import desks, health, incidents, people, units
from sync.server.rest.bounded import Bounded
from sync.server.rest.problems import add_problem_handlers, problem
from sync.server.rest.state import RestState

PREFIX = "/api/v1"
VERSION = "1"
_ABOUT = """Read and change what the desks share. Everything that is changed here becomes an ordinary event of the
server's own desk, decided by the same rules as at a desk, and reaches every desk like any other.

Sign in with `POST /session`; the token goes into `Authorization: Bearer`. Times are UTC milliseconds. Whatever is
refused comes as problem+json with what happened, what holds now and what to do."""

_log = logging.getLogger(__name__)


def rest_app(state: RestState) -> FastAPI:
    """To be mounted at PREFIX. The description is at openapi.json below it."""
    app = FastAPI(
        title="Foredesk",
        version=VERSION,
        description=_ABOUT,
        openapi_url="/openapi.json",
        docs_url=None,  # its pages would fetch scripts from elsewhere
        redoc_url=None,
        separate_input_output_schemas=False,
        servers=[{"url": PREFIX}],
        root_path_in_servers=False,
        redirect_slashes=False,
    )
    app.state.rest = state
    app.add_middleware(Bounded)
    add_problem_handlers(app)
    app.add_exception_handler(Exception, _bug)
    for part in (people, incidents, units, desks):
        app.include_router(part.router, dependencies=[Depends(_known_queries)])
    app.include_router(health.router)
    describe = app.openapi
    app.openapi = lambda: _only_problems(describe())  # type: ignore[method-assign]
    return app


async def _known_queries(request: Request) -> None:
    """A filter that is misspelt must not be passed over: it would answer another question."""
    path = request.scope["route"].path
    operation = request.app.openapi()["paths"][path][request.method.lower()]
    known = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"}
    for name in request.query_params:
        if name not in known:
            raise RequestValidationError([{"loc": ("query", name), "msg": "there is no such filter"}])


def _only_problems(description: dict[str, Any]) -> dict[str, Any]:
    """FastAPI also offers each error as plain JSON, which none is."""
    for path in description["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if status >= "400":
                    response["content"].pop("application/json", None)
    return description


async def _bug(request: Request, error: Exception) -> JSONResponse:
    """Logged whole here; the caller learns that it was not their doing."""
    _log.error("A bug, at %s %s", request.method, request.url.path, exc_info=error)
    told = Unavailable(
        "The server met a bug of its own.", "Nothing of this was done, as far as it can tell.", "Look at its log."
    )
    return problem(500, told)
