"""Guesses which column of an agency's layer means what, and reads the values that such columns hold.

The names are those of NENA's road centreline and address point models, Esri's local government model, TIGER/Line and
common usage in English, Spanish and Portuguese. A source file (TOML) overrides every guess.
"""

import re
from collections.abc import Iterable
from typing import Any

from core.pack.osm_tags import CAR_ROADS, FOOT_ROADS
from core.pack.ways import AGAINST, ALONG, BOTH
from core.pack.words import fold

Columns = dict[str, tuple[str, ...]]

# What a column is for: the names it goes by, folded and without spaces, the likeliest first.
STREET_COLUMNS: Columns = {
    "name": (
        "name", "fullname", "fullstreetname", "streetname", "stname", "strname", "roadname", "rdname", "street", "road",
        "label", "nombre", "nome", "calle", "rua", "stnam", "lstname",
    ),
    "type": ("sttype", "streettype", "stpostyp", "posttype", "lsttype", "suffixtype", "strtype"),
    "before": ("predir", "stpredir", "predirection", "prefixdirection", "lstpredir"),
    "after": ("sufdir", "stposdir", "postdir", "suffixdirection", "lstposdir"),
    "oneway": ("oneway", "onewaydir", "direction", "dirtravel", "traveldir", "sentido"),
    "speed": ("speedab", "speedlimit", "maxspeed", "speed", "spdlimit", "postedspeed", "speedmph", "velocidad"),
    "speed_back": ("speedba",),
    "class": (
        "linktype", "highway", "roadclass", "rdclass", "fclass", "functionalclass", "funcclass", "mtfcc", "class",
        "streetclass", "roadtype", "category",
    ),
    "left_from": ("fromaddrl", "laddrfrom", "fromleft", "lfadd", "lfromadd", "lfromhn", "lfromaddr", "leftfrom"),
    "left_to": ("toaddrl", "laddrto", "toleft", "ltadd", "ltoadd", "ltohn", "ltoaddr", "leftto"),
    "right_from": ("fromaddrr", "raddrfrom", "fromright", "rfadd", "rfromadd", "rfromhn", "rfromaddr", "rightfrom"),
    "right_to": ("toaddrr", "raddrto", "toright", "rtadd", "rtoadd", "rtohn", "rtoaddr", "rightto"),
}  # fmt: skip
ADDRESS_COLUMNS: Columns = {
    "number": (
        "housenumber", "addrhousenumber", "addnumber", "addressnumber", "addrnum", "housenum", "houseno", "stnum",
        "stnumber", "streetnumber", "hnum", "number", "numero", "num",
    ),
    "street": ("addrstreet", *STREET_COLUMNS["name"][1:]),
    "type": STREET_COLUMNS["type"],
    "before": STREET_COLUMNS["before"],
    "after": STREET_COLUMNS["after"],
    "whole": ("address", "fulladdress", "fulladdr", "addrfull", "siteaddress", "siteaddr", "direccion", "morada"),
    "locality": ("locality", "city", "community", "municipality", "inccityname", "postcomm", "suburb", "comuna"),
}  # fmt: skip
ZONE_COLUMNS: Columns = {
    "name": ("name", "zone", "zonename", "beat", "district", "namelsad", "label", "zoneid", "geoid", "id"),
    "population": ("population", "pop", "totpop", "totalpop", "poptotal", "people", "inhabitants", "poblacion"),
}  # fmt: skip
PLACE_COLUMNS: Columns = {
    "name": ("name", "stationname", "facility", "facilityname", "label", "nombre", "nome"),
    "kind": ("kind", "type", "category", "facilitytype", "amenity", "tipo"),
}
SHAPE_COLUMNS: Columns = {"kind": ("kind", "type", "landuse", "natural", "class")}

_ALONG = frozenset({"1", "y", "yes", "true", "ft", "f", "with", "along", "s"})
_AGAINST = frozenset({"-1", "tf", "t", "against", "reverse"})
# Words in a class column, the first that is found; TIGER's MTFCC codes and functional classes 1 to 7 with them.
_CLASS_WORDS = (
    (r"^s1100$|interstate|freeway|motorway|autopista", "motorway"), (r"^s1630$|ramp", "motorway_link"),
    (r"expressway|trunk|highway|carretera", "trunk"), (r"^s1200$|principal arterial|primary|major arterial", "primary"),
    (r"arterial|secondary", "secondary"), (r"collector|tertiary|avenida", "tertiary"),
    (r"^s1640$|^s1730$|^s1780$|alley|service|driveway|parking|private", "service"), (r"^s1500$|track|4wd", "track"),
    (r"^s17[12]0$|^s18\d0$|walk|stair|foot|pedestrian|trail|bike|cycle|path", "path"),
)  # fmt: skip
_FUNCTIONAL = {"1": "motorway", "2": "trunk", "3": "primary", "4": "secondary", "5": "tertiary", "6": "tertiary"}
_WHOLE_NUMBER = re.compile(r"\d{1,7}")


def guess_columns(fields: Iterable[str], wanted: Columns) -> dict[str, str]:
    """Purpose to field name, for the purposes that a field's name fits."""
    known = {fold(field).replace(" ", ""): field for field in fields}
    return {
        purpose: known[name]
        for purpose, names in wanted.items()
        if (name := next((name for name in names if name in known), None)) is not None
    }


def said(value: Any) -> str:
    """A cell as text; "" for an empty one."""
    if value is None or value != value:  # noqa: PLR0124  (NaN)
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def number(value: Any) -> float:
    """A cell as a number, 0 for anything that is none."""
    try:
        return float(said(value) or 0)
    except ValueError:
        match = _WHOLE_NUMBER.search(said(value))
        return float(match[0]) if match else 0.0


def direction_of(value: Any) -> int:
    text = said(value).casefold()
    return ALONG if text in _ALONG else AGAINST if text in _AGAINST else BOTH


def class_of(value: Any) -> str:
    """OpenStreetMap's word for a road class; "residential" for what is not understood."""
    text = said(value).casefold().replace("-", "_").strip()
    if text in CAR_ROADS or text in FOOT_ROADS:
        return text
    found = next((kind for words, kind in _CLASS_WORDS if re.search(words, text)), "")
    return found or _FUNCTIONAL.get(text, "residential")


def place_kind(value: str) -> str:
    """hospital, fire_station, police, station, or the agency's own word."""
    text = fold(value)
    for word, kind in (
        ("hospital", "hospital"),
        ("polic", "police"),
        ("fire", "fire_station"),
        ("bomber", "fire_station"),
    ):
        if word in text:
            return kind
    return "station" if "station" in text or "ambulan" in text or "ems" in text.split() else text.replace(" ", "_")
