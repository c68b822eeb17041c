"""Cleans what people typed or pasted, and refuses what cannot be kept; right-to-left text and emoji stay whole."""

import math
import re

from core.domain.values import Caller, Location, LocationSource
from core.errors import Refused

LONGEST_TEXT = 1_000_000  # characters; a pasted novel, not a narrative

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Text of several lines: newlines and tabs stay, other control characters go."""
    if len(text) > LONGEST_TEXT:
        raise Refused(
            f"The text has {len(text):,} characters; at most {LONGEST_TEXT:,} can be kept.",
            do="Split it into several entries.",
        )
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _CONTROL.sub("", lines)).strip()


def clean_line(text: str) -> str:
    """Text of one line: newlines become spaces."""
    return clean_text(text).replace("\n", " ").replace("\t", " ")


def clean_caller(caller: Caller) -> Caller:
    return Caller(clean_line(caller.name), clean_line(caller.callback))


def clean_location(location: Location) -> Location:
    """A location with words and, if it has coordinates, possible ones; raises Refused otherwise."""
    text, detail = clean_line(location.text), clean_line(location.detail)
    if location.lat is None and location.lon is None:
        if not text:
            raise Refused("The location is empty.", do="Type an address, a place or coordinates.")
        return Location(text, None, None, location.source, detail)
    if location.lat is None or location.lon is None:
        raise Refused("The location has only one of latitude and longitude.", do="Give both or neither.")
    check_coordinates(location.lat, location.lon)
    typed = not text and location.source is LocationSource.UNVERIFIED
    source = LocationSource.COORDINATES if typed else location.source
    return Location(text or f"{location.lat:.5f}, {location.lon:.5f}", location.lat, location.lon, source, detail)


def check_coordinates(lat: float, lon: float) -> None:
    """Refuse what is not a place on earth in WGS 84 degrees."""
    if not (math.isfinite(lat) and math.isfinite(lon) and -90 <= lat <= 90 and -180 <= lon <= 180):
        raise Refused(
            f"{lat}, {lon} is not a place on earth.",
            do="Latitude goes from -90 to 90, longitude from -180 to 180.",
        )
