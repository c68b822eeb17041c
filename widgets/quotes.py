"""Adds the road engine's answer to a dispatch that was typed, so that the log keeps it as for a recommended one."""

from core.domain.commands import Assign, Quote
from widgets.context import DeskContext


def quoted(command: Assign, context: DeskContext) -> Assign:
    """`command` with ETA and way of its units; as it came where there are no roads or no place."""
    board, agency, engine = context.desk.board, context.desk.agency, context.engine
    incident = board.incidents.get(command.incident)
    if engine is None or incident is None or command.quotes:
        return command
    from core.dispatch.candidates import Candidate, measure, scene_of
    from core.roads.snap import NotOnRoad
    from core.roads.unit_snaps import UnitSnaps

    scene = scene_of(incident, engine)
    candidates = [Candidate(board.units[unit]) for unit in command.units if unit in board.units]
    if isinstance(scene, NotOnRoad) or not candidates:
        return command
    measure(candidates, scene, incident.priority, agency, UnitSnaps(engine))
    quotes = tuple(Quote(c.unit.callsign, c.eta_ms / 1000, c.route_m) for c in candidates if c.reachable)
    return Assign(command.incident, command.units, quotes, command.override)
