"""The desk that is killed: carries out a stream of commands until somebody stops it, saying what it is about to keep

and what is kept. Lines on standard output, each written in one piece:
`ready`; `b COMMAND COUNT` before a commit of COUNT events; `a COMMAND COUNT` after it was acknowledged;
`t SERIAL` before and `k SERIAL` after the draft with that serial was kept.
"""

import os
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.clock import ManualClock
from core.desk import Desk, Draft
from core.domain import commands as c
from core.domain.agency import Agency, Disposition, IncidentType, Standards, UnitKind
from core.domain.events import Event
from core.domain.statuses import LEGAL_MOVES, Priority
from core.domain.values import Caller, Location, Position
from core.errors import Refused
from core.store import Store, open_store

KEY = b"d" * 32
UNITS = tuple(f"M{number}" for number in range(1, 7))
AGENCY = Agency(
    "Drill",
    "D",
    {"MED": IncidentType("MED", "Medical", Priority.P2, "moderate", ("als",))},
    {"AMB": UnitKind("AMB", "Ambulance", ("als",))},
    {"DONE": Disposition("DONE", "Done")},
    Standards(),
)


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def tell_commits(store: Store) -> None:
    """Let the store say what it is about to commit."""
    commit = store.commit

    def told(new: tuple[Event, ...]) -> None:
        say(f"b {new[0].command} {len(new)}")
        commit(new)

    store.commit = told


def next_command(desk: Desk, rng: random.Random) -> c.Command:
    incidents = list(desk.board.open_incidents())
    unit = desk.board.units[rng.choice(UNITS)]
    place = Location(f"{rng.randrange(200)} High Street", -29.9 + rng.random() / 10, -71.2)
    if not incidents or rng.random() < 0.15:
        return c.OpenIncident("MED", place, Caller("Ana", f"555 01{rng.randrange(100):02}"), narrative="Fall. " * 20)
    incident = rng.choice(incidents).id
    moves = sorted(LEGAL_MOVES[unit.status])
    return rng.choice(
        [
            c.AddNarrative(incident, "x" * rng.randrange(1, 3000)),
            c.Assign(incident, (unit.callsign,)),
            c.SetStatus(unit.callsign, rng.choice(moves)),
            c.Release(unit.callsign),
            c.Contact(unit.callsign),
            c.LinkCall(incident, place, Caller("", "555 0199"), "Another caller."),
            c.Relocate(incident, place),
            c.CloseIncident(incident, "DONE", release_units=True) if len(incidents) > 5 else c.Contact(unit.callsign),
            c.Undo(),
        ]
    )


def type_on(store: Store, serial: int) -> None:
    """One keystroke: the text belongs to the serial, so that a mixture of two would show."""
    say(f"t {serial}")
    store.save_draft(Draft("drill", 1, serial, "kim", {"serial": str(serial), "text": f"{serial} " * 50}))
    say(f"k {serial}")


def run(path: Path, seed: int, serial: int) -> None:
    clock = ManualClock(1_750_000_000_000 + seed * 3_600_000)
    store = open_store(path, KEY, clock)
    tell_commits(store)
    desk = Desk(store, AGENCY, clock, desk_id="D")
    rng = random.Random(seed)
    say("ready")
    for unit in UNITS:
        desk.do(c.Enrol(unit, "AMB", ("als",), "Centre", -29.9, -71.2))
    while True:
        clock.advance(rng.randrange(1, 30))
        serial += 1
        type_on(store, serial)
        desk.place_unit(rng.choice(UNITS), Position(-29.9 + rng.random() / 10, -71.2, clock.now_ms()))
        try:
            events = desk.do(next_command(desk, rng))
        except Refused:
            continue
        if events:
            say(f"a {events[0].command} {len(events)}")


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
