"""What slows the roads: the hour's traffic and snow, as factors on the time by class of road, in one documented table.

These are this project's own starting values until a calibration from an agency's history. The speeds of
`CLASS_SPEEDS_KMH` are those of an ordinary midday, where every factor is 1. With lights and siren half of what traffic
adds is felt, and nothing of what an empty road gives; snow slows everyone alike.
"""

from core.roads.speeds import RoadClass
from core.roads.weighting import Arcs, Weighting

# By hour from 0 to 23, how much longer main roads take than at midday.
_WEEKDAY = (
    0.85, 0.85, 0.85, 0.85, 0.85, 0.88, 0.95, 1.20, 1.35, 1.15, 1.00, 1.00,
    1.00, 1.00, 1.00, 1.05, 1.15, 1.35, 1.40, 1.20, 1.00, 0.92, 0.88, 0.85,
)  # fmt: skip
_WEEKEND = (
    0.85, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85, 0.88, 0.90, 0.95, 1.00, 1.05,
    1.05, 1.00, 1.00, 1.00, 1.05, 1.08, 1.08, 1.02, 0.95, 0.90, 0.88, 0.85,
)  # fmt: skip
_MAIN = frozenset({
    RoadClass.MOTORWAY, RoadClass.MOTORWAY_LINK, RoadClass.TRUNK, RoadClass.TRUNK_LINK, RoadClass.PRIMARY,
    RoadClass.PRIMARY_LINK, RoadClass.SECONDARY, RoadClass.SECONDARY_LINK, RoadClass.TERTIARY, RoadClass.TERTIARY_LINK,
})  # fmt: skip
_TRAFFIC_ELSEWHERE = 0.4  # of the main roads' factor beyond 1, on all other roads
_TRAFFIC_WITH_SIREN = 0.5
_CLEARED_FIRST = frozenset({RoadClass.MOTORWAY, RoadClass.MOTORWAY_LINK, RoadClass.TRUNK, RoadClass.TRUNK_LINK})
_SNOW_CLEARED, _SNOW_MAIN, _SNOW_ELSEWHERE = 1.25, 1.4, 1.7


def weighting_at(
    hour: int | None = None, *, weekend: bool = False, snow: bool = False, closed: Arcs | None = None
) -> Weighting:
    """The weighting of an hour of local time (0 to 23; None for an ordinary midday), of snow, and of closed arcs."""
    level = 1.0 if hour is None else (_WEEKEND if weekend else _WEEKDAY)[hour]
    normal, siren = {}, {}
    for road_class in RoadClass:
        main = road_class in _MAIN
        traffic = 1.0 + (level - 1.0) * (1.0 if main else _TRAFFIC_ELSEWHERE)
        on_snow = _SNOW_CLEARED if road_class in _CLEARED_FIRST else _SNOW_MAIN if main else _SNOW_ELSEWHERE
        weather = on_snow if snow else 1.0
        normal[road_class] = traffic * weather
        siren[road_class] = max(1.0, 1.0 + (traffic - 1.0) * _TRAFFIC_WITH_SIREN) * weather
    return Weighting(normal, siren) if closed is None else Weighting(normal, siren, closed)
