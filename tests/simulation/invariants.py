"""What must hold once every line is up again, told from the logs themselves and not from what the code believes."""

from collections import Counter
from typing import TYPE_CHECKING

from core.domain import events as e
from core.domain.board import Incident
from core.domain.conflict import DOUBLE_DISPATCH, Conflict
from core.domain.fold import shed_closed
from core.merge.keeper import fold_all, shared
from core.merge.placed import Placed
from core.merge.run import AGAIN, REFUSED, WireEvent
from core.store import Store, log
from sync.server.picture import placed_of

if TYPE_CHECKING:
    from tests.simulation.world import World


def broken(world: "World") -> list[str]:
    """One sentence for each thing that does not hold."""
    return [
        *_all_arrived(world),
        *_boards_are_equal(world),
        *_acknowledged_are_everywhere_once(world),
        *_double_dispatches_are_told(world),
        *_chains_are_whole(world),
        *_nobody_is_forgotten(world),
        *[
            f"{desk.name} wrote {desk.in_the_past} events before what it knew"
            for desk in world.desks
            if desk.in_the_past
        ],
    ]


def events_of(store: Store) -> list[Placed]:
    with store._session.reading() as connection:
        return list(log.read_placed(connection, store.path, log.FOLDED))


def wires_of(world: "World") -> list[tuple[str, int, WireEvent]]:
    """Everything in the centre's log: desk, number, event."""
    found, cursor, more = [], "", True
    while more:
        page = world.centre.centre.pull(cursor, 5000)
        for run in page.runs:
            found += [(run.desk, n, wire) for n, wire in enumerate(run.events, run.first_n)]
        cursor, more = page.cursor, page.more
    return found


def central_truth(world: "World") -> list[Placed]:
    entries: list[Placed] = []
    cursor, more = "", True
    while more:
        page = world.centre.centre.pull(cursor, 5000)
        for run in page.runs:
            entries += placed_of(run)
        cursor, more = page.cursor, page.more
    return entries


def _all_arrived(world: "World") -> list[str]:
    return [
        f"{desk.name} has {waiting} events that it could not send"
        for desk in world.desks
        if (waiting := desk.store.status().unsynced)
    ]


def _boards_are_equal(world: "World") -> list[str]:
    now_ms = world.timeline.now_ms
    oracle = fold_all(central_truth(world))
    shed_closed(oracle, now_ms)
    expected = shared(oracle)
    failures = []
    boards = [(desk.name, desk.desk.board, desk.was_ahead) for desk in world.desks]
    boards.append(("the centre", world.centre.centre.board(now_ms), False))
    for name, board, was_ahead in boards:
        shed_closed(board, now_ms)
        seen = shared(board)
        for part in seen.__struct_fields__:
            wanted = getattr(expected, part)
            if was_ahead and part in _SHED:
                wanted = {key: thing for key, thing in wanted.items() if key in getattr(seen, part) or _stays(thing)}
            if part != "missing" and getattr(seen, part) != wanted:
                failures.append(f"{name}'s board has other {part} than its events say")
    return failures


# A desk whose clock was hours ahead has taken old things off its board too early; they are in its history.
_SHED = ("incidents", "withdrawn", "conflicts", "alarms_acknowledged")


def _stays(thing: object) -> bool:
    match thing:
        case Incident():
            return thing.closed_at is None and not thing.closing
        case Conflict():
            return thing.is_open
    return False


def _acknowledged_are_everywhere_once(world: "World") -> list[str]:
    """But for what the centre refused: that is in quarantine, and on no board."""
    failures = []
    wires = wires_of(world)
    refused = {wire.id.hex() for _, _, wire in wires if wire.flag == REFUSED}
    counted = Counter(wire.id.hex() for _, _, wire in wires if wire.flag not in {REFUSED, AGAIN})
    acknowledged = {id_ for desk in world.desks for id_ in desk.acknowledged}
    if lost := acknowledged - refused - counted.keys():
        failures.append(f"the centre's log lacks {len(lost)} acknowledged events")
    if twice := [id_ for id_, count in counted.items() if count > 1]:
        failures.append(f"the centre's log has {len(twice)} events twice")
    for desk in world.desks:
        held = Counter(entry.event.id for entry in events_of(desk.store))
        if missing := counted.keys() - held.keys():
            failures.append(f"{desk.name}'s log lacks {len(missing)} events")
        if extra := held.keys() - counted.keys():
            failures.append(f"{desk.name}'s log has {len(extra)} events that the centre has not")
        if any(count > 1 for count in held.values()):
            failures.append(f"{desk.name}'s log has an event twice")
    return failures


def _double_dispatches_are_told(world: "World") -> list[str]:
    """Counted anew from the events: a unit sent to two incidents at once, neither end of it told in between."""
    truth = sorted(central_truth(world), key=lambda entry: entry.place)
    pairs = overlapping(truth)
    failures = []
    for desk in world.desks:
        told = {
            frozenset(side.assignment for side in conflict.sides)
            for conflict in desk.desk.board.conflicts.values()
            if conflict.kind == DOUBLE_DISPATCH
        }
        if silent := [pair for pair in pairs if pair not in told]:
            failures.append(f"{desk.name} does not tell of {len(silent)} double dispatches")
    return failures


def overlapping(truth: list[Placed]) -> set[frozenset[str]]:
    """Pairs of assignments of one unit to two incidents, both sent before either was ended by anybody."""
    pairs: set[frozenset[str]] = set()
    live: dict[str, dict[str, str]] = {}
    for entry in truth:
        body = entry.event.body
        if isinstance(body, e.UnitAssigned):
            of_unit = live.setdefault(body.unit, {})
            if body.incident not in of_unit.values():
                pairs |= {frozenset((body.assignment, other)) for other in of_unit}
            of_unit[body.assignment] = body.incident
        elif isinstance(body, e.AssignmentEnded | e.DispatchWithdrawn):
            of_unit = live.get(body.unit, {})
            incident = of_unit.get(body.assignment)
            for other in [a for a, where in of_unit.items() if where == incident]:
                del of_unit[other]
        elif isinstance(body, e.ConflictSettled | e.UnitRestored | e.UnitRetired):
            live.pop(getattr(body, "unit", ""), None)
    return pairs


def _chains_are_whole(world: "World") -> list[str]:
    """Everywhere as at the centre, which may lack numbers only where two machines had one identity.

    What went on under another id is missing there under the old one; what the centre got by the twin meanwhile is not
    sent under the new one.
    """
    ends = {have.desk: have for have in world.centre.centre.have().desks}
    gaps = [desk for desk, have in ends.items() if have.beyond and desk not in world.cloned]
    failures = [f"the centre's chain of {desk} has a gap" for desk in gaps]
    for desk in world.desks:
        findings = desk.store.verify()
        failures += [f"{desk.name}: {told}" for told in findings]
        held = desk.store.held()
        for name, have in ends.items():
            length = held[name].length if name in held else 0
            if length < have.length or (length > have.length and name not in world.cloned):
                failures.append(f"{desk.name}'s chain of {name} is not as long as the centre's")
    return failures


def _nobody_is_forgotten(world: "World") -> list[str]:
    """No incident is closed with a unit on it, and incidents and units tell the same."""
    failures = []
    for desk in world.desks:
        board = desk.desk.board
        live: dict[str, set[str]] = {}
        for incident in board.incidents.values():
            for assignment in incident.active_assignments:
                live.setdefault(assignment.unit, set()).add(assignment.id)
                if incident.closed_at is not None:
                    failures.append(f"{desk.name} has {assignment.unit} on a closed incident")
        failures += [
            f"{desk.name}'s {unit.callsign} is not where its incidents say"
            for unit in board.units.values()
            if {claim.assignment for claim in unit.claims} != live.get(unit.callsign, set())
        ]
    return failures
