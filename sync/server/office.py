"""The server beside its log: who comes in, what is on offer, the interface for other systems, the housekeeping."""

import asyncio
import logging
from collections.abc import Sequence

from starlette.routing import BaseRoute

from core.domain.agency import Agency
from core.errors import ForedeskError
from sync.server.accounts import Accounts
from sync.server.artefact_routes import ArtefactRoutes
from sync.server.authority import DatabaseRoll
from sync.server.pairing import Pairing
from sync.server.services import Services

_HOUSEKEEPING_S = 2.0

_log = logging.getLogger(__name__)


class Office:
    """An extension of the server (sync.server.services.Extension)."""

    def __init__(self, agency: Agency) -> None:
        self._agency = agency
        self._pairing, self._artefacts = Pairing(), ArtefactRoutes()
        self._services: Services | None = None
        self._keeping: asyncio.Task[None] | None = None

    def routes(self) -> Sequence[BaseRoute]:
        return [*self._pairing.routes(), *self._artefacts.routes()]

    async def start(self, services: Services) -> None:
        self._services = services
        database, now_ms = services.database, services.now_ms
        accounts = Accounts(database, now_ms)
        self._pairing.open(database, now_ms, self._agency.name)
        self._artefacts.open(database, accounts, now_ms, lambda: services.log.lives.epoch)
        self._keeping = asyncio.create_task(self._keep_house(services))

    async def stop(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._services is not None and isinstance(self._services.roll, DatabaseRoll):
            await self._services.roll.write_sightings()

    async def _keep_house(self, services: Services) -> None:
        """Now and then, what nobody waits for; trouble with it is logged and tried again."""
        while True:
            await asyncio.sleep(_HOUSEKEEPING_S)
            try:
                if isinstance(services.roll, DatabaseRoll):
                    await services.roll.write_sightings()
            except ForedeskError as trouble:
                _log.warning("Housekeeping has to wait: %s", trouble)
