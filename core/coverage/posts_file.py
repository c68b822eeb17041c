"""Writes chosen posts as a file of units, for other programs and for `foredesk coverage`."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.coverage.export import whole_file


@dataclass(frozen=True, slots=True)
class Post:
    """One unit's post. `place` says in words where it is."""

    callsign: str
    lat: float
    lon: float
    place: str
    capabilities: tuple[str, ...] = ()


def write_posts(posts: Sequence[Post], facts: Mapping[str, str], path: Path) -> None:
    """A table (.csv), or points (.geojson) with the facts under "metadata". Raises Unavailable."""
    data = _table(posts) if path.suffix.lower() == ".csv" else _points(posts, facts)
    with whole_file(path) as part:
        part.write_bytes(data)


def _table(posts: Sequence[Post]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["callsign", "lat", "lon", "capabilities", "place"])
    for post in posts:
        where = f"{post.lat:.6f}", f"{post.lon:.6f}"
        writer.writerow([post.callsign, *where, " ".join(post.capabilities), post.place])
    return text.getvalue().encode()


def _points(posts: Sequence[Post], facts: Mapping[str, str]) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"callsign": post.callsign, "capabilities": post.capabilities, "place": post.place},
            "geometry": {"type": "Point", "coordinates": (round(post.lon, 6), round(post.lat, 6))},
        }
        for post in posts
    ]
    return msgspec.json.encode({"type": "FeatureCollection", "name": "posts", "metadata": facts, "features": features})
