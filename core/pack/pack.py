"""An opened map pack: the one way in which the desk reaches roads, addresses, drawing and places.

Importing this loads neither numpy nor a map; each part is loaded when it is asked for.
"""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import platformdirs

from core.errors import Unavailable
from core.pack.archive import unpacked
from core.pack.info import BASEMAP, GAZETTEER, LOOK_INTO_IT, PLACES, ROADS, ZONES, BoundsTuple, PackInfo
from core.pack.place import Place

if TYPE_CHECKING:
    from core.pack.gazetteer import Gazetteer
    from core.roads.graph import RoadGraph


def open_pack(path: Path, cache: Path | None = None) -> "MapPack":
    """Open a .fdpack file, unpacking it into `cache` the first time (the user's cache folder where None).

    Raises Unavailable for a file that is missing, foreign, newer, cut short or damaged.
    """
    cache = cache or platformdirs.user_cache_path("foredesk", appauthor=False) / "packs"
    info, folder = unpacked(path.absolute(), cache.absolute())
    return MapPack(path.absolute(), info, folder)


class MapPack:
    """`folder` holds the unpacked parts. Nothing in it is ever written."""

    def __init__(self, path: Path, info: PackInfo, folder: Path) -> None:
        self.path = path
        self.info = info
        self.folder = folder

    @property
    def bounds(self) -> BoundsTuple:
        """West, south, east, north in degrees."""
        return self.info.bounds

    @property
    def basemap_path(self) -> Path | None:
        """The vector tiles (PMTiles), None for a pack without any."""
        return self.folder / BASEMAP if BASEMAP in self.info.parts else None

    @property
    def zones_path(self) -> Path | None:
        """Zones with `name` and `population` (GeoJSON), None for a pack without any."""
        return self.folder / ZONES if ZONES in self.info.parts else None

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Stations, hospitals, police posts. Raises Unavailable."""
        try:
            return msgspec.json.decode((self.folder / PLACES).read_bytes(), type=tuple[Place, ...])
        except (OSError, msgspec.MsgspecError) as error:
            raise Unavailable(
                f"The places of the map pack {self.path.name} cannot be read ({error}).",
                "Stations and hospitals are not on the map.",
                LOOK_INTO_IT,
            ) from error

    def graph(self) -> "RoadGraph":
        """The road graph, mapped from disk. Raises Unavailable."""
        from core.roads.graph import RoadGraph

        try:
            return RoadGraph.load(self.folder / ROADS)
        except Unavailable as trouble:
            raise Unavailable(trouble.happened, trouble.holds, LOOK_INTO_IT) from trouble

    def gazetteer(self) -> "Gazetteer":
        """A new connection to the address index; close it when done. Raises Unavailable."""
        from core.pack.gazetteer import Gazetteer

        return Gazetteer(self.folder / GAZETTEER, self.bounds)
