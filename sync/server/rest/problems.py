"""Every refusal as problem+json (RFC 9457), with what happened, what holds now and what to do."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from core.errors import ForedeskError, Refused, Unavailable
from sync.server.accounts import NotAllowed, NotSignedIn
from sync.server.throttle import TooManyTries

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """RFC 9457, with Foredesk's three sentences."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    happened: str
    holds: str
    do: str


class Missing(Refused):
    """404: there is no such thing."""


class Held(Refused):
    """409: somebody else has the unit. `incident`, `number` and `by` say who, where known."""

    def __init__(self, happened: str, do: str, *, unit: str, incident: str, number: str, by: str) -> None:
        super().__init__(happened, "Nothing was changed.", do)
        self.holder = {"unit": unit, "incident": incident, "number": number, "by": by}


class Holder(BaseModel):
    """Who holds a unit."""

    unit: str
    incident: str
    number: str
    by: str


class HeldProblem(Problem):
    """A claim that lost."""

    holder: Holder | None = None


def problem(
    status: int, error: ForedeskError, *, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(error),
        "happened": error.happened,
        "holds": error.holds,
        "do": error.do,
        **more,
    }
    return JSONResponse(content, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Turn every error that is told to people into its answer; a bug stays a 500 and is logged."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    if isinstance(error, NotSignedIn):
        return problem(401, error, headers={"www-authenticate": "Bearer"})
    if isinstance(error, TooManyTries):
        return problem(429, error, headers={"retry-after": str(error.wait_s)})
    if isinstance(error, Held):
        return problem(409, error, holder=error.holder)
    status = 403 if isinstance(error, NotAllowed) else 404 if isinstance(error, Missing) else 409
    return problem(status, error)


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Unavailable)
    return problem(503, error, headers={"retry-after": "2"})


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    refused = Refused(f"The request is not as the interface wants it: {where}: {first['msg']}.", do="See /api/v1/docs.")
    errors = [{"at": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in error.errors()]
    return problem(422, refused, errors=errors)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["allow"] = ", ".join(_methods(request))
    return problem(error.status_code, Refused(f"{error.detail.rstrip('.')}."), headers=headers)


def _methods(request: Request) -> list[str]:
    """Every method of the path that was asked; the router knows only those of the first route that fits."""
    asked = request.url.path.removeprefix(request.scope.get("root_path", ""))
    allowed: set[str] = set()
    for path, operations in request.app.openapi()["paths"].items():
        if compile_path(path)[0].match(asked):
            allowed.update(method.upper() for method in operations)
    return sorted(allowed)


def may_answer(*statuses: int, without: tuple[int, ...] = ()) -> dict[int | str, dict[str, Any]]:
    """What a path may answer besides its success, for OpenAPI. Every path may be asked without a right to it."""
    documented: dict[int | str, dict[str, Any]] = {}
    for status in sorted({400, 401, 403, 422, 503, *statuses} - set(without)):
        model = HeldProblem if status == 409 else Problem
        documented[status] = {
            "model": model,
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}},
        }
    return documented
