"""How fast emergency vehicles drive on each class of road, so that every travel time has one documented origin.

The class table holds average running speeds, stops at junctions included, not limits. They are this project's own
starting values until a later calibration from an agency's history; lights and siren gain most where traffic costs most.
Where a limit is posted, the average is `SHARE_OF_LIMIT` of it, and lights and siren gain the ratio of the class.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

SHARE_OF_LIMIT = 0.85
SLOWEST_LIMIT_KMH = 5.0  # a posted limit below a walking pace is a mistake in the source; the class speaks instead
FASTEST_LIMIT_KMH = 160.0


class RoadClass(IntEnum):
    """The drivable classes; names follow OpenStreetMap's `highway` values, upper case. Codes are stored in packs."""

    MOTORWAY = 0
    MOTORWAY_LINK = 1
    TRUNK = 2
    TRUNK_LINK = 3
    PRIMARY = 4
    PRIMARY_LINK = 5
    SECONDARY = 6
    SECONDARY_LINK = 7
    TERTIARY = 8
    TERTIARY_LINK = 9
    UNCLASSIFIED = 10
    RESIDENTIAL = 11
    LIVING_STREET = 12
    SERVICE = 13
    ROAD = 14
    TRACK = 15
    PEDESTRIAN = 16
    BUSWAY = 17
    FERRY = 18


# class: (normal km/h, lights and siren km/h)
CLASS_SPEEDS_KMH: dict[RoadClass, tuple[float, float]] = {
    RoadClass.MOTORWAY: (100, 120),
    RoadClass.MOTORWAY_LINK: (55, 65),
    RoadClass.TRUNK: (75, 95),
    RoadClass.TRUNK_LINK: (45, 55),
    RoadClass.PRIMARY: (50, 65),
    RoadClass.PRIMARY_LINK: (40, 50),
    RoadClass.SECONDARY: (45, 60),
    RoadClass.SECONDARY_LINK: (38, 48),
    RoadClass.TERTIARY: (40, 52),
    RoadClass.TERTIARY_LINK: (33, 42),
    RoadClass.UNCLASSIFIED: (36, 45),
    RoadClass.RESIDENTIAL: (28, 36),
    RoadClass.LIVING_STREET: (12, 15),
    RoadClass.SERVICE: (15, 20),
    RoadClass.ROAD: (28, 34),
    RoadClass.TRACK: (15, 18),
    RoadClass.PEDESTRIAN: (8, 12),
    RoadClass.BUSWAY: (35, 45),
    RoadClass.FERRY: (15, 15),
}

_NORMAL_KMH = np.array([CLASS_SPEEDS_KMH[c][0] for c in RoadClass])
_SIREN_KMH = np.array([CLASS_SPEEDS_KMH[c][1] for c in RoadClass])


def road_class(highway: str) -> RoadClass | None:
    """The class of an OpenStreetMap `highway` value, or None where no emergency vehicle drives."""
    return RoadClass.__members__.get(highway.upper())


def speeds_kmh(
    classes: NDArray[np.uint8], limits_kmh: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Normal and lights-and-siren km/h for roads of `classes` [n] with posted limits [n] (0 = none known)."""
    normal, siren = _NORMAL_KMH[classes], _SIREN_KMH[classes]
    posted = (limits_kmh >= SLOWEST_LIMIT_KMH) & (limits_kmh <= FASTEST_LIMIT_KMH)
    running = np.where(posted, SHARE_OF_LIMIT * limits_kmh, normal)
    return running, running * (siren / normal)


def travel_ms(length_m: NDArray[np.float64], speed_kmh: NDArray[np.float64]) -> NDArray[np.int32]:
    """Whole milliseconds to drive `length_m`; at least 1, so that no path is free and none loops at no cost."""
    exact = np.rint(length_m * 3600.0 / speed_kmh)
    return np.clip(exact, 1, 2**30).astype(np.int32)
