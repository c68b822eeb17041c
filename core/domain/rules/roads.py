"""Roads that nobody can pass: closed by an operator, until somebody reopens them."""

from core.domain import commands as c
from core.domain.events import Event, RoadClosed, RoadReopened
from core.domain.rules.situation import Situation
from core.domain.rules.wording import check_coordinates, clean_line
from core.errors import Refused


def close_road(command: c.CloseRoad, now: Situation) -> tuple[Event, ...]:
    """Close a piece of road. One that is closed already is refused, whichever way round its points are told."""
    if len(command.points) < 2:
        raise Refused("No piece of road is named.", "Nothing was closed.", "Point at a road on the map.")
    for lat, lon in command.points:
        check_coordinates(lat, lon)
    road = clean_line(command.road)
    for closure in now.board.closures.values():
        if closure.points in (command.points, command.points[::-1]):
            raise Refused(f"That piece of {road or 'road'} is closed already.", do="Reopen it in the coverage panel.")
    return (now.stamp.event(RoadClosed(now.stamp.new_id(), command.points, road, clean_line(command.note))),)


def reopen_road(command: c.ReopenRoad, now: Situation) -> tuple[Event, ...]:
    closure = now.board.closures.get(command.closure)
    if closure is None:
        raise Refused("That road is open.", "Nothing was changed.")
    return (now.stamp.event(RoadReopened(closure.id, closure.points, closure.road, closure.note, closure.at)),)
