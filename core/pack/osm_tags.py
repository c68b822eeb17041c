"""What OpenStreetMap's tags mean for an emergency vehicle, by the wiki: Key:maxspeed, Key:oneway, Key:access."""

import re
from collections.abc import Mapping

from core.pack.ways import AGAINST, ALONG, BOTH

CAR_ROADS = frozenset({
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link",
    "tertiary", "tertiary_link", "unclassified", "residential", "living_street", "service", "road", "track", "busway",
    "pedestrian",
})  # fmt: skip
FOOT_ROADS = frozenset({"footway", "path", "cycleway", "bridleway", "steps", "corridor"})
DRAWN = CAR_ROADS | FOOT_ROADS

MPH_KMH = 1.609344
KNOT_KMH = 1.852
SLOWEST_KMH, FASTEST_KMH = 5.0, 160.0
# Words that stand for a limit, alone or after a country code ("PT:urban").
SPEED_WORDS = {
    "walk": 7.0, "living_street": 10.0, "bicycle_road": 30.0, "urban": 50.0, "rural": 90.0, "trunk": 100.0,
    "motorway": 120.0, "none": 130.0,
}  # fmt: skip
_NUMBER = re.compile(r"^(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?$")
_ZONE = re.compile(r"zone:?(\d+)$")
_YES = frozenset({"yes", "designated", "permissive", "destination"})
_NO = frozenset({"no", "private"})


def speed_kmh(text: str | None) -> float:
    """The limit in km/h that a `maxspeed` value states; the lowest of a list; 0 when it states none that can be."""
    if not text:
        return 0.0
    limits = [_one_speed_kmh(part.strip().lower()) for part in re.split(r"[;|,]", text)]
    return min((limit for limit in limits if limit), default=0.0)


def _one_speed_kmh(text: str) -> float:
    if match := _NUMBER.match(text):
        factor = {"mph": MPH_KMH, "knots": KNOT_KMH}.get(match[2] or "", 1.0)
        value = float(match[1]) * factor
    elif match := _ZONE.search(text):
        value = float(match[1])
    else:
        value = SPEED_WORDS.get(text.rpartition(":")[2], 0.0)
    return value if SLOWEST_KMH <= value <= FASTEST_KMH else 0.0


def direction(tags: Mapping[str, str]) -> int:
    """ALONG, BOTH or AGAINST the order of the way's nodes; motorways and roundabouts are one way unless tagged `no`."""
    oneway = tags.get("oneway", "")
    if oneway in {"yes", "true", "1"}:
        return ALONG
    if oneway in {"-1", "reverse"}:
        return AGAINST
    implied = tags.get("highway") == "motorway" or tags.get("junction") in {"roundabout", "circular"}
    return ALONG if implied and oneway not in {"no", "false", "0"} else BOTH


def is_drivable(tags: Mapping[str, str]) -> bool:
    """Whether an emergency vehicle may be routed over the way; the most particular tag decides.

    Pedestrian streets and bus roads are driven (at their class's speed), footways and private roads are not, unless
    `emergency=yes` opens them.
    """
    kind = tags.get("highway", "")
    if tags.get("emergency") in _YES:
        return kind in DRAWN
    if tags.get("bus") in _YES or tags.get("psv") in _YES:
        return kind in CAR_ROADS
    motor = tags.get("motorcar") or tags.get("motor_vehicle") or tags.get("vehicle") or ""
    if kind in FOOT_ROADS:
        return motor in _YES and kind != "steps"
    if kind == "pedestrian":
        return tags.get("access") not in _NO
    return kind in CAR_ROADS and (motor or tags.get("access", "")) not in _NO


def is_private(tags: Mapping[str, str]) -> bool:
    """Whether the public may not drive here."""
    return any(tags.get(key) in _NO for key in ("access", "vehicle", "motor_vehicle"))


def turn_rule_words(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """(binding, only): whether a restriction relation binds an emergency vehicle, and whether it is an `only_*`.

    Rules for one kind of vehicle (`restriction:hgv`) and rules that except emergency vehicles do not bind.
    """
    rule = tags.get("restriction", "")
    binding = rule.startswith(("no_", "only_")) and "emergency" not in tags.get("except", "")
    return binding, rule.startswith("only_")
