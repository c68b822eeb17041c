"""What a source knows about a city, in one form for OpenStreetMap extracts and for an agency's own layers."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from core.pack.info import BoundsTuple
from core.pack.place import Place
from core.pack.ways import Ways

Geometries = npt.NDArray[Any]  # shapely geometries, WGS 84, x = longitude

EMERGENCY_KINDS = ("hospital", "fire_station", "police", "station")


class Address(Struct, frozen=True):
    street: str
    number: str  # as the source writes it, for example "12B"
    lat: float
    lon: float
    locality: str = ""


@dataclass(frozen=True, slots=True)
class Shapes:
    """`n` geometries with columns of the same length; the stuff of one drawn layer."""

    geometry: Geometries
    columns: dict[str, list[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.geometry)


def no_shapes() -> Shapes:
    return Shapes(np.array([], dtype=object))


@dataclass(slots=True)
class City:
    """Everything the builder needs. Sources that lack a thing leave it empty."""

    name: str
    ways: Ways
    licence: str
    attribution: str
    provenance: list[str]
    addresses: list[Address] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    land: Shapes = field(default_factory=no_shapes)  # column kind
    water: Shapes = field(default_factory=no_shapes)  # areas; column kind
    waterways: Shapes = field(default_factory=no_shapes)  # lines; column kind
    buildings: Shapes = field(default_factory=no_shapes)
    zones: Shapes = field(default_factory=no_shapes)  # columns name, population

    @property
    def bounds(self) -> BoundsTuple:
        """The area of the streets: west, south, east, north. Needs at least one street."""
        lat, lon = self.ways.lat, self.ways.lon
        return (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
