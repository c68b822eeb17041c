"""Reads the streets and the turn restrictions of an OpenStreetMap extract."""

from pathlib import Path

import osmium

from core.pack.osm_tags import DRAWN, direction, is_drivable, is_private, speed_kmh, turn_rule_words
from core.pack.ways import TurnRule, WayCollector, Ways
from core.roads.segments import RoadFlag

_TAGS = (
    "highway", "oneway", "junction", "access", "vehicle", "motor_vehicle", "motorcar", "emergency", "bus", "psv",
)  # fmt: skip


def read_osm_ways(path: Path) -> Ways:
    """Every street, path and binding turn restriction in the file.

    A way is cut where a node lies outside the extract. Raises RuntimeError as osmium does on a broken file.
    """
    table = WayCollector()
    wanted = osmium.filter.KeyFilter("highway", "restriction")
    kinds = osmium.filter.EntityFilter(osmium.osm.WAY | osmium.osm.RELATION)
    for thing in osmium.FileProcessor(str(path)).with_locations().with_filter(kinds).with_filter(wanted):
        if thing.is_way():
            _take_way(thing, table)
        else:
            _take_rule(thing, table)
    return table.ways()


def _take_way(way: "osmium.osm.Way", table: WayCollector) -> None:
    tags = way.tags
    kind = tags.get("highway")
    if kind not in DRAWN or tags.get("area") == "yes":
        return
    known = {key: value for key in _TAGS if (value := tags.get(key))}
    flags = (RoadFlag.PRIVATE if is_private(known) else 0) | (RoadFlag.ROUNDABOUT if "junction" in known else 0)
    both = speed_kmh(tags.get("maxspeed"))
    speed = (speed_kmh(tags.get("maxspeed:forward")) or both, speed_kmh(tags.get("maxspeed:backward")) or both)
    name = tags.get("name") or tags.get("ref") or ""
    about = (way.id, kind, name, direction(known), speed, is_drivable(known), flags)
    for node in way.nodes:
        location = node.location
        if location.valid():
            table.node.append(node.ref)
            table.lat.append(location.lat)
            table.lon.append(location.lon)
        else:
            table.end_way(*about)
    table.end_way(*about)


def _take_rule(relation: "osmium.osm.Relation", table: WayCollector) -> None:
    binding, only = turn_rule_words(dict(relation.tags))
    if not binding or relation.tags.get("type") != "restriction":
        return
    members: dict[str, list[int]] = {"from": [], "via": [], "to": []}
    for member in relation.members:
        if member.role in members and member.type == ("n" if member.role == "via" else "w"):
            members[member.role].append(member.ref)
    if len(members["via"]) == 1:
        via = members["via"][0]
        table.rules += [TurnRule(a, via, b, only) for a in members["from"] for b in members["to"]]
