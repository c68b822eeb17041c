"""What lies under the markers, as the page wants it: from a map pack, or nothing but a grid."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.pack.pack import MapPack

Bounds = tuple[float, float, float, float]  # west, south, east, north, in degrees


@dataclass(frozen=True, slots=True)
class Sign:
    """A station, hospital or police post. `kind` is fire_station, station, hospital or police."""

    kind: str
    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class MapGround:
    """`tiles` is a PMTiles file, or None for the grid. `attribution` is shown in the corner as it is.

    `zoned` says that the tiles have zones: what lies outside of them is then shaded.
    """

    tiles: Path | None = None
    bounds: Bounds | None = None
    attribution: str = ""
    places: tuple[Sign, ...] = ()
    zoned: bool = False


def ground_of(pack: "MapPack | None") -> MapGround:
    if pack is None:
        return MapGround()
    signs = tuple(Sign(place.kind, place.name, place.lat, place.lon) for place in pack.places)
    return MapGround(pack.basemap_path, pack.bounds, pack.info.attribution, signs, pack.zones_path is not None)
