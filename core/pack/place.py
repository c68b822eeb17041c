"""A named point of a map pack."""

from msgspec import Struct


class Place(Struct, frozen=True):
    """A station, a hospital, a school, a district. `made_up` marks demonstration data."""

    name: str
    kind: str
    lat: float
    lon: float
    made_up: bool = False
