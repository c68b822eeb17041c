"""What a map pack says about itself, and the words for a file that is no usable pack."""

from pathlib import Path

import msgspec
from msgspec import Struct

from core.errors import Unavailable

FORMAT = 1
INFO_NAME = "pack.json"
ROADS, GAZETTEER, BASEMAP = "roads", "gazetteer.sqlite", "basemap.pmtiles"
PLACES, ZONES = "places.json", "zones.geojson"

NO_MAP = "There is no map until a sound pack is given."
BUILD_AGAIN = "Build it again with foredesk map build, or copy it again from where it came."

LOOK_INTO_IT = "Run foredesk map info on the pack; it finds damage in the unpacked copy and clears that away."
BoundsTuple = tuple[float, float, float, float]  # west, south, east, north, degrees


class Part(Struct, frozen=True):
    sha256: str
    size: int  # bytes


class PackCounts(Struct, frozen=True):
    nodes: int = 0
    road_pieces: int = 0  # directed pieces of road between two nodes
    connected: float = 1.0  # share of the nodes from which every other one of them can be driven to
    turn_restrictions: int = 0
    addresses: int = 0
    streets: int = 0
    intersections: int = 0
    places: int = 0
    zones: int = 0
    population: int = 0
    tiles: int = 0


class PackInfo(Struct, frozen=True):
    """The content of pack.json. `built_at` is an ISO date and time in UTC, "" where the builder was not told."""

    format: int
    name: str
    bounds: BoundsTuple
    centre: tuple[float, float]  # lat, lon
    licence: str
    attribution: str
    provenance: tuple[str, ...]
    built_at: str
    counts: PackCounts
    parts: dict[str, Part]


def read_info(data: bytes, path: Path) -> PackInfo:
    """The info in pack.json's bytes. Raises Unavailable for another program's file or a newer version's pack."""
    try:
        version = msgspec.json.decode(data, type=_Version).format
        if version == FORMAT:
            return msgspec.json.decode(data, type=PackInfo)
    except msgspec.MsgspecError as error:
        raise Unavailable(f"{path} is not a map pack: its description cannot be read.", NO_MAP, BUILD_AGAIN) from error
    if version > FORMAT:
        raise Unavailable(
            f"{path} was made by a newer version of Foredesk (pack format {version}; this one reads {FORMAT}).",
            NO_MAP,
            "Install the newer version, or build the pack with this one.",
        )
    raise Unavailable(f"{path} has pack format {version}, which is no longer read.", NO_MAP, BUILD_AGAIN)


class _Version(Struct):
    format: int
