"""A route in the words that a dispatcher reads over the radio: whole sentences, one per manoeuvre."""

import math
from dataclasses import dataclass
from enum import StrEnum

from core.roads.graph import RoadGraph
from core.roads.grid import METRES_PER_DEGREE
from core.roads.legs import Leg, Line
from core.roads.path import Path
from core.roads.segments import UNNAMED
from core.roads.snap import Snap

BESIDE_M = 3.0  # a scene nearer to the road than this has no side
FAR_M = 30.0  # a scene farther from the road than this is said to be
UNNAMED_ROAD = "an unnamed road"
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


class Turn(StrEnum):
    """The manoeuvre that begins a step; an arrow can be drawn by it."""

    DEPART = "depart"
    STRAIGHT = "straight"
    BEAR_LEFT = "bear left"
    BEAR_RIGHT = "bear right"
    LEFT = "left"
    RIGHT = "right"
    SHARP_LEFT = "sharp left"
    SHARP_RIGHT = "sharp right"
    U_TURN = "u-turn"
    ROUNDABOUT = "roundabout"
    ARRIVE = "arrive"


_SAID = {
    Turn.STRAIGHT: "Continue",
    Turn.BEAR_LEFT: "Bear left",
    Turn.BEAR_RIGHT: "Bear right",
    Turn.LEFT: "Turn left",
    Turn.RIGHT: "Turn right",
    Turn.SHARP_LEFT: "Turn sharp left",
    Turn.SHARP_RIGHT: "Turn sharp right",
    Turn.U_TURN: "Make a U-turn",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of a route, the street it leads along ("" for none), and how far and how long that is."""

    text: str
    street: str
    length_m: float
    time_ms: int
    turn: Turn


def describe(graph: RoadGraph, path: Path) -> list[Step]:
    """The steps of a path: setting out, each manoeuvre, and where the scene is. Lengths and times sum to the path's."""
    if not path.arcs:
        return [Step("You are at the scene.", "", 0.0, 0, Turn.ARRIVE)]
    line = Line(graph, path)
    legs = line.legs()
    steps: list[Step] = []
    at = 0
    while at < len(legs):
        # A roundabout and the street after it are one manoeuvre.
        size = 2 if at and legs[at].roundabout and at + 1 < len(legs) else 1
        steps.append(_step(graph, path, line, legs[at : at + size], legs[at - 1] if at else None))
        at += size
    return [*steps, _arrival(path, line)]


def _step(graph: RoadGraph, path: Path, line: Line, legs: list[Leg], before: Leg | None) -> Step:
    leg = legs[-1]
    street = "" if leg.name == UNNAMED else graph.names[leg.name]
    turn = turn_of(leg.turn_degrees)
    followed = spoken_distance(sum(line.lengths_m[leg.begin : leg.end]))
    if before is None:
        turn = Turn.DEPART
        text = f"Head {compass(line.heading_from(0))} on {street or UNNAMED_ROAD} for {followed}."
    elif legs[0].roundabout:
        turn = Turn.ROUNDABOUT
        text = _roundabout(line, legs, street, followed)
    elif turn is Turn.U_TURN:
        text = f"Make a U-turn onto {street or UNNAMED_ROAD} and follow it for {followed}."
    else:
        preposition = "to stay on" if street and leg.name == before.name else "onto"
        text = f"{_SAID[turn]} {preposition} {street or UNNAMED_ROAD} and follow it for {followed}."
    begin, end = legs[0].begin, leg.end
    return Step(text, street, sum(line.lengths_m[begin:end]), sum(path.arc_ms[begin:end]), turn)


def _roundabout(line: Line, legs: list[Leg], street: str, followed: str) -> str:
    if len(legs) == 1:
        return f"Enter the roundabout and follow it for {followed}."
    passed = line.exits_passed(legs[0])
    which = f"the {_ORDINALS[passed - 1]} exit" if 1 <= passed <= len(_ORDINALS) else "the exit"
    return f"At the roundabout take {which} onto {street or UNNAMED_ROAD} and follow it for {followed}."


def _arrival(path: Path, line: Line) -> Step:
    target = path.target
    side = side_of(target, line.heading_into(len(path.arcs)))
    if not side:
        text = "The scene is on the road here."
    elif target.offset_m > FAR_M:
        text = f"The scene is {spoken_distance(target.offset_m)} off the road, on the {side}."
    else:
        text = f"The scene is on the {side}."
    return Step(text, "", 0.0, 0, Turn.ARRIVE)


def side_of(target: Snap, heading_degrees: float) -> str:
    """Whether the asked-for place lies "left" or "right" of the road driven in that direction; "" when on it."""
    if target.offset_m < BESIDE_M:
        return ""
    north = (target.lat - target.road_lat) * METRES_PER_DEGREE
    east = (target.lon - target.road_lon) * METRES_PER_DEGREE * math.cos(math.radians(target.lat))
    heading = math.radians(heading_degrees)
    return "right" if east * math.cos(heading) - north * math.sin(heading) > 0 else "left"


def turn_of(degrees: float) -> Turn:
    """The word for a change of direction, in degrees from -180 (left) to 180 (right)."""
    for limit, left, right in (
        (20.0, Turn.STRAIGHT, Turn.STRAIGHT),
        (50.0, Turn.BEAR_LEFT, Turn.BEAR_RIGHT),
        (125.0, Turn.LEFT, Turn.RIGHT),
        (165.0, Turn.SHARP_LEFT, Turn.SHARP_RIGHT),
    ):
        if abs(degrees) < limit:
            return left if degrees < 0 else right
    return Turn.U_TURN


def compass(degrees: float) -> str:
    """The nearest of eight compass words for a direction in degrees clockwise from north."""
    return _COMPASS[round(degrees / 45.0) % 8]


def spoken_distance(metres: float) -> str:
    """Metres to the nearest 10 below a kilometre, else kilometres to a tenth."""
    if metres < 995:
        return f"{max(10, round(metres / 10) * 10)} m"
    return f"{metres / 1000:.1f} km"
