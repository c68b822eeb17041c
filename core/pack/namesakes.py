"""Tells answers of the same words apart by what lies next to them, so that nobody has to guess which one is meant."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlcipher3

from core.domain.values import LocationSource
from core.pack.nearby import other_crossing
from core.pack.words import fold
from core.roads.segments import lengths_m

if TYPE_CHECKING:
    from core.pack.gazetteer import GazetteerHit

SAME_PLACE_M = 60.0  # crossings of the same streets nearer than this are the carriageways of one


def is_same_place(one: "GazetteerHit", other: "GazetteerHit") -> bool:
    """Whether the two are one crossing, named in either order."""
    crossings = one.kind is other.kind is LocationSource.INTERSECTION
    same = crossings and set(fold(one.text).split()) == set(fold(other.text).split())
    return same and float(lengths_m(one.lat, one.lon, other.lat, other.lon)) < SAME_PLACE_M


def told_apart(connection: "sqlcipher3.Connection", hits: "Sequence[GazetteerHit]") -> list[str]:
    """A detail for each of `hits`: as it is, or with the next crossing where others read the same."""
    alike = Counter((fold(hit.text), hit.detail) for hit in hits)
    return [_detail(connection, hit) if alike[fold(hit.text), hit.detail] > 1 else hit.detail for hit in hits]


def _detail(connection: "sqlcipher3.Connection", hit: "GazetteerHit") -> str:
    near = other_crossing(connection, hit.lat, hit.lon, hit.text)
    where = f"{near.away_m:.0f} m from {near.text}" if near else f"{hit.lat:.4f}, {hit.lon:.4f}"
    return "; ".join(part for part in (hit.detail, where) if part)
