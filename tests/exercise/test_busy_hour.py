"""The exercise on the demo city: the same hour from the same seed, crews that do as told, callers answered."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.desk import Desk
from core.domain.agency_file import read_agency, roster_commands
from core.domain.commands import MoveUp, OpenIncident, SignOn, Undo
from core.domain.events import UnitStatusChanged
from core.domain.statuses import UnitStatus
from core.errors import Refused
from core.roads.segments import lengths_m
from core.store import open_store
from resources import resource_path
from workstation.compose import demo_pack_path
from workstation.demo import begin_exercise, place_at_stations
from workstation.exercise.clock import ExerciseClock
from workstation.exercise.player import Exercise, Part
from workstation.maps import LoadedMap, load_map

START_MS = 1_780_322_400_000


@pytest.fixture(scope="module")
def city() -> LoadedMap:
    if not demo_pack_path().exists():
        pytest.fail("The demo city is missing: python3 packaging/bootstrap.py setup makes it.")
    return load_map(demo_pack_path())


@pytest.fixture
def clock() -> ExerciseClock:
    return ExerciseClock(START_MS, lambda: 0.0)


@pytest.fixture
def desk(tmp_path: Path, clock: ExerciseClock) -> Iterator[Desk]:
    store = open_store(tmp_path / "desk.store", bytes(range(32)), clock)
    desk = Desk(store, read_agency(resource_path("agency", "demo.toml")), clock, desk_id="A")
    desk.roster(roster_commands(desk.agency, desk.board))
    desk.do(SignOn("Ana"))
    place_at_stations(desk)
    yield desk
    desk.close()


def play(exercise: Exercise, clock: ExerciseClock, minutes: float) -> None:
    for _ in range(round(minutes * 12)):
        clock.skip(5)
        exercise.step()


def test_that_the_same_seed_gives_the_same_callers_and_another_other_ones(desk: Desk, city: LoadedMap) -> None:
    def callers(seed: int) -> list[tuple[str, str]]:
        exercise = begin_exercise(desk, city, seed=seed, part=Part.PLAY)
        exercise.close()
        return [(call.caller.callback, call.location.text) for call in exercise.coming]

    assert callers(3) == callers(3)
    assert callers(3) != callers(4)


def test_that_a_watched_exercise_answers_sends_and_closes_by_itself(
    desk: Desk, clock: ExerciseClock, city: LoadedMap
) -> None:
    exercise = begin_exercise(desk, city, seed=3, part=Part.WATCH)
    play(exercise, clock, 45)
    incidents = list(desk.board.incidents.values())
    assert len(incidents) > 8
    assert any(incident.closed_at for incident in incidents)
    assert all(incident.assignments for incident in incidents if clock.now_ms() - incident.opened_at > 600_000)
    arrived = [a for i in incidents for a in i.assignments if UnitStatus.ON_SCENE in a.times and a.eta_s]
    assert arrived
    for assignment in arrived:
        drive_s = (assignment.times[UnitStatus.ON_SCENE] - assignment.times[UnitStatus.EN_ROUTE]) / 1000
        assert drive_s == pytest.approx(assignment.eta_s, abs=90), "crews drive the road that the ETA was quoted for"


def test_that_a_played_exercise_leaves_its_callers_to_the_operator(
    desk: Desk, clock: ExerciseClock, city: LoadedMap
) -> None:
    exercise = begin_exercise(desk, city, seed=3, part=Part.PLAY)
    play(exercise, clock, 5)
    assert desk.board.incidents == {}
    call = exercise.ringing()[0]
    exercise.pick_up(call.index)
    assert call in exercise.talking()
    desk.do(OpenIncident(call.story.type, call.location, call.caller))
    assert call not in exercise.waiting


def test_that_what_crews_say_is_their_own_and_no_undo_of_the_operator_takes_it_back(
    desk: Desk, clock: ExerciseClock, city: LoadedMap
) -> None:
    exercise = begin_exercise(desk, city, seed=3, part=Part.WATCH)
    said: list[str] = []
    desk.listen(lambda c: said.extend(e.operator for e in c.events if isinstance(e.body, UnitStatusChanged)))
    play(exercise, clock, 15)
    assert said
    assert all(operator.startswith("radio ") or operator == "exercise" for operator in said)
    with pytest.raises(Refused, match="nothing to take back"):
        desk.do(Undo())


def test_that_a_unit_that_is_moved_up_drives_there_and_stays(desk: Desk, clock: ExerciseClock, city: LoadedMap) -> None:
    exercise = begin_exercise(desk, city, seed=3, part=Part.PLAY)
    unit = desk.board.units["M4"]
    target = next(name for name in desk.agency.stations if name != unit.station)
    desk.do(MoveUp("M4", target))
    play(exercise, clock, 60)
    assert unit.status is UnitStatus.AVAILABLE
    assert unit.position is not None
    post = desk.agency.stations[target]
    assert lengths_m(unit.position.lat, unit.position.lon, post.lat, post.lon) < 100
