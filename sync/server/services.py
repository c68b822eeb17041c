"""What the parts of one server process share, and how further parts join it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from starlette.routing import BaseRoute

from sync.server.database import Database
from sync.server.gallery import Gallery
from sync.server.group import Group
from sync.server.live import Live
from sync.server.log import CentreLog
from sync.server.places import PlaceMaker
from sync.server.roll import DeskRoll
from sync.server.settings import ServerSettings


@dataclass(slots=True)
class Services:
    """Made when the server starts, on the loop that serves. `now_ms` is UTC ms and never goes back."""

    settings: ServerSettings
    database: Database
    roll: DeskRoll
    log: CentreLog
    group: Group
    live: Live
    gallery: Gallery
    now_ms: Callable[[], int]
    places: PlaceMaker = field(default_factory=PlaceMaker)


class Extension(Protocol):
    """A part of the server beside the log: REST, pairing, artefacts."""

    def routes(self) -> Sequence[BaseRoute]:
        """Asked once, before the server starts; what answers there finds its services after `start`."""
        ...

    async def start(self, services: Services) -> None: ...
    async def stop(self) -> None: ...
