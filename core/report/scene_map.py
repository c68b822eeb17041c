"""Draws the streets around a scene as one SVG picture, in ink, from the road graph: no tiles, no window needed."""

from collections.abc import Iterator
from html import escape
from math import cos, radians, sin

import numpy as np
from msgspec import Struct

from core.roads.graph import RoadGraph
from core.roads.speeds import RoadClass

_WIDTH, _HEIGHT = 720, 300
_METRES_PER_DEGREE = 111_195.0
_TRIES = 6  # pieces of a street that its name is tried on
_SCALES_M = (50, 100, 200, 500, 1000)


class _Street(Struct):
    """Pieces of one street in picture coordinates, with how broad it is drawn."""

    name: str
    width: float
    pieces: list[tuple[float, float, float, float]]


def scene_svg(graph: RoadGraph, lat: float, lon: float, *, reach_m: float = 340.0) -> str:
    """An SVG element of the streets within `reach_m` north and south of the scene; "" where no road is near.

    The picture is 720 by 300 units, north up, with the scene at its centre, street names, a scale bar and an arrow.
    """
    streets = _streets_near(graph, lat, lon, reach_m)
    if not streets:
        return ""
    casing = "".join(_lines(street, street.width + 1.6, "#777") for street in streets)
    filling = "".join(_lines(street, street.width, "#fff") for street in streets)
    labels = "".join(_labels(streets))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        'aria-label="Map of the scene">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>{casing}{filling}{labels}'
        f"{_scene_mark()}{_scale_bar(reach_m)}{_north_arrow()}</svg>"
    )


def _streets_near(graph: RoadGraph, lat: float, lon: float, reach_m: float) -> list[_Street]:
    """Streets by class, the broadest last; both ends of a piece may lie outside as long as one lies inside."""
    units_per_m = _HEIGHT / (2 * reach_m)
    x = _WIDTH / 2 + (graph.node_lon - lon) * _METRES_PER_DEGREE * cos(radians(lat)) * units_per_m
    y = _HEIGHT / 2 - (graph.node_lat - lat) * _METRES_PER_DEGREE * units_per_m
    inside = (x > -40) & (x < _WIDTH + 40) & (y > -40) & (y < _HEIGHT + 40)
    tail = graph.node_of_state[np.repeat(np.arange(graph.states), np.diff(graph.first_out))]
    head = graph.node_of_state[graph.head]
    near = np.flatnonzero(inside[tail] | inside[head])
    low, high = np.minimum(tail[near], head[near]).astype(np.int64), np.maximum(tail[near], head[near])
    _, first = np.unique(low * graph.nodes + high, return_index=True)
    found: dict[tuple[str, float], _Street] = {}
    for arc in near[first].tolist():
        way, a, b = graph.road[arc], tail[arc], head[arc]
        name = graph.names[graph.road_name[way]] if graph.road_name[way] >= 0 else ""
        width = _width(RoadClass(int(graph.road_class[way])))
        street = found.setdefault((name, width), _Street(name, width, []))
        street.pieces.append((float(x[a]), float(y[a]), float(x[b]), float(y[b])))
    return sorted(found.values(), key=lambda street: street.width)


def _width(road_class: RoadClass) -> float:
    if road_class <= RoadClass.TRUNK_LINK:
        return 7.0
    if road_class <= RoadClass.SECONDARY_LINK:
        return 5.5
    if road_class <= RoadClass.TERTIARY_LINK:
        return 4.5
    return 1.5 if road_class in (RoadClass.SERVICE, RoadClass.TRACK, RoadClass.PEDESTRIAN) else 3.5


def _lines(street: _Street, width: float, colour: str) -> str:
    path = "".join(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" for x1, y1, x2, y2 in street.pieces)
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.1f}" stroke-linecap="round"/>'


def _labels(streets: list[_Street]) -> Iterator[str]:
    """One name a street, along one of its longest pieces, the broad streets first, none over another."""
    taken = [(_WIDTH / 2, _HEIGHT / 2, 26.0, 26.0)]  # centre and half sides of what is written already
    for street in reversed(streets):
        visible = [p for p in street.pieces if _inside((p[0] + p[2]) / 2, (p[1] + p[3]) / 2)]
        for x1, y1, x2, y2 in sorted(visible, key=_squared_length, reverse=True)[:_TRIES] if street.name else ():
            angle = float(np.degrees(np.arctan2(y2 - y1, x2 - x1)))
            angle = angle - 180 if angle > 90 else angle + 180 if angle < -90 else angle
            box = _label_box((x1 + x2) / 2, (y1 + y2) / 2, angle, street.name)
            if _fits(box) and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                yield _label(box[0], box[1], angle, street.name)
                break


_Box = tuple[float, float, float, float]


def _squared_length(piece: tuple[float, float, float, float]) -> float:
    return (piece[2] - piece[0]) ** 2 + (piece[3] - piece[1]) ** 2


def _label_box(x: float, y: float, angle: float, name: str) -> _Box:
    """Centre and half sides of the upright box around the turned words."""
    half, high = 3.2 * len(name), 6.0
    cosine, sine = abs(cos(radians(angle))), abs(sin(radians(angle)))
    return (x, y, half * cosine + high * sine, half * sine + high * cosine)


def _fits(box: _Box) -> bool:
    x, y, wide, high = box
    return wide < x < _WIDTH - wide and high < y < _HEIGHT - high


def _overlap(a: _Box, b: _Box) -> bool:
    return abs(a[0] - b[0]) < a[2] + b[2] and abs(a[1] - b[1]) < a[3] + b[3]


def _label(x: float, y: float, angle: float, name: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y + 3:.1f}" transform="rotate({angle:.1f} {x:.1f} {y:.1f})" font-size="10.5" '
        'text-anchor="middle" font-family="DejaVu Sans, sans-serif" stroke="#fff" stroke-width="3" '
        f'paint-order="stroke" fill="#000">{escape(name)}</text>'
    )


def _inside(x: float, y: float) -> bool:
    return 30 < x < _WIDTH - 30 and 20 < y < _HEIGHT - 20


def _scene_mark() -> str:
    x, y = _WIDTH / 2, _HEIGHT / 2
    return (
        f'<circle cx="{x}" cy="{y}" r="15" fill="none" stroke="#000" stroke-width="2.5"/>'
        f'<path d="M{x - 22} {y}H{x - 8}M{x + 8} {y}H{x + 22}M{x} {y - 22}V{y - 8}M{x} {y + 8}V{y + 22}" '
        f'stroke="#000" stroke-width="2.5"/><circle cx="{x}" cy="{y}" r="3" fill="#000"/>'
    )


def _scale_bar(reach_m: float) -> str:
    units_per_m = _HEIGHT / (2 * reach_m)
    metres = max(m for m in _SCALES_M if m * units_per_m <= 160 or m == _SCALES_M[0])
    length = metres * units_per_m
    right, y = _WIDTH - 16, _HEIGHT - 14
    return (
        f'<rect x="{right - length - 8:.1f}" y="{y - 20}" width="{length + 16:.1f}" height="28" fill="#fff"/>'
        f'<path d="M{right - length:.1f} {y - 5}V{y}H{right}V{y - 5}" fill="none" stroke="#000" stroke-width="1.5"/>'
        f'<text x="{right - length / 2:.1f}" y="{y - 7}" font-size="10" text-anchor="middle" '
        f'font-family="DejaVu Sans, sans-serif">{metres} m</text>'
    )


def _north_arrow() -> str:
    return (
        '<g><rect x="8" y="8" width="24" height="40" fill="#fff"/><path d="M20 12L27 30L20 26L13 30Z" fill="#000"/>'
        '<text x="20" y="44" font-size="11" text-anchor="middle" font-family="DejaVu Sans, sans-serif">N</text></g>'
    )
