"""Streets as every source gives them, so that graph, gazetteer and basemap are built from one table."""

from array import array
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Speeds = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

ALONG, BOTH, AGAINST = 1, 0, -1  # how a way may be driven, seen in the order of its points


@dataclass(frozen=True, slots=True)
class TurnRule:
    """At the node `via`, going from way `from_ref` to way `to_ref` is forbidden, or (`only`) all else is."""

    from_ref: int
    via: int
    to_ref: int
    only: bool


@dataclass(frozen=True, slots=True)
class Ways:
    """`w` polylines with `p` points in all; the points of way `i` are `first[i]:first[i + 1]`.

    Equal numbers in `node` are one point of the network. Speeds are km/h, 0 where the source does not say.
    """

    node: Ints  # p
    lat: Floats  # p, degrees WGS 84
    lon: Floats  # p
    first: Ints  # w + 1
    ref: Ints  # w, the source's own number
    kind: list[str]  # w, OpenStreetMap's word for the class
    name: list[str]  # w, "" for none
    oneway: Bytes  # w
    speed_kmh: Speeds  # w, along
    speed_back_kmh: Speeds  # w, against
    drivable: Flags  # w
    flags: npt.NDArray[np.uint8]  # w, RoadFlag
    rules: list[TurnRule] = field(default_factory=list)
    house_ranges: Ints | None = None  # w x 4: left from, left to, right from, right to; 0 for none

    def __len__(self) -> int:
        return len(self.ref)

    def way_of_point(self) -> Ints:
        return np.repeat(np.arange(len(self)), np.diff(self.first))


@dataclass(slots=True)
class WayCollector:
    """Rows as they are read. Points, of which a country has many millions, take 8 bytes each from the start."""

    node: "array[int]" = field(default_factory=lambda: array("q"))
    lat: "array[float]" = field(default_factory=lambda: array("d"))
    lon: "array[float]" = field(default_factory=lambda: array("d"))
    first: list[int] = field(default_factory=lambda: [0])
    ref: list[int] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    oneway: list[int] = field(default_factory=list)
    speed: list[tuple[float, float]] = field(default_factory=list)
    drivable: list[bool] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    rules: list[TurnRule] = field(default_factory=list)
    house_ranges: list[tuple[int, int, int, int]] = field(default_factory=list)

    def end_way(
        self,
        ref: int,
        kind: str,
        name: str = "",
        oneway: int = BOTH,
        speed: tuple[float, float] = (0.0, 0.0),
        drivable: bool = True,
        flags: int = 0,
    ) -> None:
        """Close a way over the points appended since the last one; a way of fewer than two points is dropped."""
        start = self.first[-1]
        if len(self.node) - start < 2:
            del self.node[start:], self.lat[start:], self.lon[start:]
            return
        self.first.append(len(self.node))
        self.ref.append(ref)
        self.kind.append(kind)
        self.name.append(name)
        self.oneway.append(oneway)
        self.speed.append(speed)
        self.drivable.append(drivable)
        self.flags.append(flags)

    def ways(self) -> Ways:
        speed = np.array(self.speed, np.float32).reshape(-1, 2)
        return Ways(
            node=np.array(self.node, np.int64),
            lat=np.array(self.lat, np.float64),
            lon=np.array(self.lon, np.float64),
            first=np.array(self.first, np.int64),
            ref=np.array(self.ref, np.int64),
            kind=self.kind,
            name=self.name,
            oneway=np.array(self.oneway, np.int8),
            speed_kmh=speed[:, 0],
            speed_back_kmh=speed[:, 1],
            drivable=np.array(self.drivable, np.bool_),
            flags=np.array(self.flags, np.uint8),
            rules=self.rules,
            house_ranges=np.array(self.house_ranges, np.int64) if self.house_ranges else None,
        )
