"""Remembers where each unit lies on the road, so that a recommendation only looks up those that have moved."""

from core.roads.engine import RoadEngine
from core.roads.snap import NotOnRoad, Snap


class UnitSnaps:
    """The newest snap of each name (a callsign, a station). Belongs to one engine and one thread."""

    def __init__(self, engine: RoadEngine) -> None:
        self.engine = engine
        self._kept: dict[str, tuple[float, float, Snap | NotOnRoad]] = {}

    def of(self, name: str, lat: float, lon: float) -> Snap | NotOnRoad:
        """The snap of that position in degrees."""
        kept = self._kept.get(name)
        if kept is None or kept[:2] != (lat, lon):
            kept = self._kept[name] = (lat, lon, self.engine.snap(lat, lon))
        return kept[2]
