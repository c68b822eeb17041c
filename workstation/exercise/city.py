"""The exercise's city: drives on the pack's roads, places where callers call from, hospitals."""

from collections.abc import Callable, Mapping
from random import Random

import numpy as np

from core.domain.values import Location, LocationSource
from core.errors import Refused
from core.roads.engine import RoadEngine
from core.roads.grid import METRES_PER_DEGREE
from core.roads.snap import Snap
from workstation.exercise.motion import Leg, leg_from

Point = tuple[float, float]
NameOf = Callable[[float, float], str]

_REACH_M = 3500.0  # callers live within this of a station, where the town is


class ExerciseCity:
    """Roads, stations and hospitals, and `place_of` for the scenario. `name_of` is the gazetteer's reverse look-up."""

    def __init__(
        self, engine: RoadEngine, stations: Mapping[str, Point], hospitals: tuple[Point, ...], name_of: NameOf
    ) -> None:
        self.stations = stations
        self._engine = engine
        self._hospitals = hospitals
        self._name_of = name_of
        self._nodes = _nodes_near(engine, tuple(stations.values()))

    def place_of(self, rng: Random) -> Location:
        """A place in the town, with its name. Denser streets, where more people live, come up more often."""
        graph = self._engine.graph
        lat = lon = 0.0
        for _ in range(50):
            node = int(self._nodes[rng.randrange(len(self._nodes))])
            lat, lon = float(graph.node_lat[node]), float(graph.node_lon[node])
            if name := self._name_of(lat, lon):
                return Location(name, lat, lon, LocationSource.ADDRESS)
        return Location(f"{lat:.5f}, {lon:.5f}", lat, lon, LocationSource.COORDINATES)

    def drive(self, start: Point, goal: Point, started_at: int, *, siren: bool) -> Leg | None:
        here, there = self._engine.snap(*start), self._engine.snap(*goal)
        if not isinstance(here, Snap) or not isinstance(there, Snap):
            return None
        try:
            route = self._engine.route(here, there, siren)
        except Refused:
            return None
        return leg_from(started_at, route.points, route.point_ms)

    def nearest_hospital(self, start: Point) -> Point | None:
        """The quickest to reach by road, with lights and siren."""
        drives = [(self.drive(start, hospital, 0, siren=True), hospital) for hospital in self._hospitals]
        reached = [(leg.ends_at, hospital) for leg, hospital in drives if leg is not None]
        return min(reached)[1] if reached else None


def _nodes_near(engine: RoadEngine, stations: tuple[Point, ...]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Nodes of the main network within reach of a station; of the whole main network where there are no stations."""
    graph = engine.graph
    main = graph.strong[: graph.nodes] == graph.main_strong[0]
    near = np.full(graph.nodes, not stations)
    for lat, lon in stations:
        north_m = (graph.node_lat - lat) * METRES_PER_DEGREE
        east_m = (graph.node_lon - lon) * METRES_PER_DEGREE * np.cos(np.radians(lat))
        near |= np.hypot(north_m, east_m) < _REACH_M
    chosen = np.flatnonzero(main & near)
    return chosen if len(chosen) else np.flatnonzero(main)
