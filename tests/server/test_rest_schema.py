"""The interface against its own description: schemathesis tries what the description allows, and what it does not."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from schemathesis.core.parameters import ParameterLocation
from starlette.routing import BaseRoute

from core.domain.agency_file import read_agency
from core.domain.commands import Enrol
from resources import resource_path
from sync.server import accounts
from sync.server.accounts import Role
from sync.server.app import create_app
from sync.server.authority import DatabaseRoll
from sync.server.database import opened
from sync.server.office import Office
from sync.server.own_desk import OwnDesk
from sync.server.rest.app import rest_app
from sync.server.rest.state import RestState
from sync.server.services import Services
from sync.server.settings import ServerSettings
from sync.server.upgrade import bring_up

AGENCY = read_agency(resource_path("agency", "default.toml"))
PASSWORD = "correct horse battery"


class _Roster:
    """Enrols a unit when the server starts."""

    def routes(self) -> list[BaseRoute]:
        return []

    async def start(self, services: Services) -> None:
        self._enrolling = asyncio.create_task(self._enrol(OwnDesk(services, services.gallery, AGENCY)))

    async def _enrol(self, desk: OwnDesk) -> None:
        await desk.do(Enrol("E12", next(iter(AGENCY.kinds)), ("als",)), "test")

    async def stop(self) -> None:
        await self._enrolling


async def _administrator(folder: Path) -> None:
    async with opened("", folder) as database:
        await bring_up(database)
        await database.run(lambda connection: accounts.add(connection, "ada", PASSWORD, Role.ADMINISTRATOR, 1))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server on the loopback, in a thread."""
    folder = tmp_path_factory.mktemp("server")
    asyncio.run(_administrator(folder))
    app = create_app(ServerSettings(folder=folder), DatabaseRoll, [Office(AGENCY), _Roster()])
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture
def token(address: str) -> str:
    answer = httpx.post(f"{address}/session", json={"name": "ada", "password": PASSWORD})
    return str(answer.json()["token"])


@pytest.fixture
def incident(address: str, token: str) -> str:
    place = {"type": "FIRE-STR", "location": {"text": "12 Harbour Street"}}
    answer = httpx.post(f"{address}/incidents", json=place, headers={"Authorization": f"Bearer {token}"})
    return str(answer.json()["id"])


schema = schemathesis.openapi.from_dict(rest_app(RestState()).openapi())


@schema.parametrize()
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
def test_that_the_interface_is_what_it_says_it_is(
    case: schemathesis.Case, address: str, token: str, incident: str
) -> None:
    """What is generated to fit is also asked of an incident and a unit that are there."""
    if case.meta is not None and case.meta.generation.mode is schemathesis.GenerationMode.POSITIVE:
        known = {"incident": incident, "callsign": "E12", "unit": "E12", "desk": "SERVER"}
        case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
    header = case.meta and case.meta.components.get(ParameterLocation.HEADER)
    nobody = header is not None and header.mode is schemathesis.GenerationMode.NEGATIVE
    case.call_and_validate(base_url=address, headers={} if nobody else {"Authorization": f"Bearer {token}"})
