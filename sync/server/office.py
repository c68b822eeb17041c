"""The server beside its log: who comes in, what is on offer, the interface for other systems, the housekeeping."""

import asyncio
import html
import logging
import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from core.domain.agency import Agency
from core.errors import ForedeskError, Refused, Unavailable
from sync.server import artefacts, quarantine
from sync.server.accounts import Accounts
from sync.server.artefact_routes import ArtefactRoutes
from sync.server.authority import DatabaseRoll
from sync.server.metrics import CONTENT_TYPE, Counted, Metrics
from sync.server.pairing import Pairing
from sync.server.rest.app import PREFIX, rest_app
from sync.server.rest.problems import problem
from sync.server.rest.state import RestState
from sync.server.retention import tidy
from sync.server.services import Services

_HOUSEKEEPING_S = 2.0
_TIDY_EVERY_MS = 3600 * 1000
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_ABOUT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Foredesk server</title>
<h1>Foredesk server</h1>
<p>This is the central server of {agency}. Its desks share units and incidents through it.</p>
<p>Other systems use the interface at {prefix}, which is described at
<a href="{prefix}/openapi.json">{prefix}/openapi.json</a> (OpenAPI 3.1).
<a href="{prefix}/health">{prefix}/health</a> tells that it lives.</p>
<p>To join a desk: <code>foredesk desk join ADDRESS CODE</code>, as <code>foredesk server code</code> tells it.</p>
</html>
"""

_log = logging.getLogger(__name__)


class _WholeMount(Mount):
    """Takes every path below it, also one with a line break in it, which is the interface's to refuse."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        super().__init__(path, app)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


class Office:
    """An extension of the server (sync.server.services.Extension)."""

    def __init__(self, agency: Agency) -> None:
        self._agency = agency
        self._pairing, self._artefacts, self._rest = Pairing(), ArtefactRoutes(), RestState()
        self.metrics = Metrics()
        self._services: Services | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._tidied_at = 0

    def routes(self) -> Sequence[BaseRoute]:
        return [
            *self._pairing.routes(),
            *self._artefacts.routes(),
            Route("/metrics", self._tell_metrics, methods=["GET"]),
            *(Route(path, self._about, methods=["GET"]) for path in ("/", "/docs", PREFIX, f"{PREFIX}/")),
            _WholeMount(PREFIX, app=rest_app(self._rest)),
        ]

    def counting(self, app: ASGIApp) -> ASGIApp:
        """The application with every request counted in the metrics."""
        return Counted(app, self.metrics)

    async def start(self, services: Services) -> None:
        self._services = services
        database, now_ms = services.database, services.now_ms
        accounts = Accounts(database, now_ms)
        self._pairing.open(database, now_ms, self._agency.name)
        self._artefacts.open(database, accounts, now_ms, lambda: services.log.lives.epoch)
        self._rest.open(services, accounts, services.gallery, self._agency)
        self.metrics.open(services)
        self._keeping = asyncio.create_task(self._keep_house(services))

    async def stop(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._services is not None and isinstance(self._services.roll, DatabaseRoll):
            await self._services.roll.write_sightings()

    async def _keep_house(self, services: Services) -> None:
        """Now and then, what nobody waits for; trouble with it is logged once, and that it is over."""
        trouble = ""
        while True:
            await asyncio.sleep(_HOUSEKEEPING_S)
            try:
                if isinstance(services.roll, DatabaseRoll):
                    await services.roll.write_sightings()
                await quarantine.carry_out_wishes(services, self._rest.own_desk)
                services.live.offer(await services.database.run(artefacts.fingerprint, write=False))
                await self._tidy(services)
            except ForedeskError as error:
                if not trouble:
                    _log.warning("Housekeeping has to wait: %s", error)
                trouble = str(error)
            else:
                if trouble:
                    _log.warning("Housekeeping goes on.")
                trouble = ""

    async def _tidy(self, services: Services) -> None:
        """Once an hour: what nobody will ask for any more."""
        now_ms = services.now_ms()
        if now_ms - self._tidied_at >= _TIDY_EVERY_MS:
            self._tidied_at = now_ms
            await services.database.run(lambda connection: tidy(connection, now_ms))

    async def _about(self, _request: Request) -> Response:
        """For who comes with a browser: what this is, and where it is described."""
        return HTMLResponse(_ABOUT.format(agency=html.escape(self._agency.name), prefix=PREFIX))

    async def _tell_metrics(self, request: Request) -> Response:
        """For this machine, for people who are signed in, and for everybody where the server was started so."""
        services = self._rest.services
        address = request.client.host if request.client else ""
        try:
            if not services.settings.metrics_open and address not in _LOOPBACK:
                scheme, _, token = request.headers.get("authorization", "").partition(" ")
                await self._rest.accounts.who(token if scheme.lower() == "bearer" else "")
            return Response(await self.metrics.text(), media_type=CONTENT_TYPE)
        except Refused as refused:
            return problem(401, refused, headers={"www-authenticate": "Bearer"})
        except Unavailable as trouble:
            return problem(503, trouble)
