"""The command `foredesk demo`: a seeded busy hour on the demo city, to play, to watch, or told without a display."""

import asyncio
import shutil
from pathlib import Path
from time import monotonic, time

from PySide6.QtWidgets import QApplication

from core.desk import Desk
from core.dispatch import recommend
from core.domain.agency_file import read_agency
from core.domain.board import Incident
from core.domain.commands import SignOn
from core.domain.values import Caller, Position, PositionSource
from core.errors import Unavailable
from core.roads.segments import lengths_m
from core.roads.unit_snaps import UnitSnaps
from core.store.trouble import of_os_error
from resources import resource_path
from widgets.context import Mode
from widgets.exercise_bar import ExerciseBar, LineCaller
from workstation.app import Session, refuse_to_start, run_session
from workstation.clock import SteadyClock
from workstation.compose import OpenDesk, demo_pack_path, open_desk, start_log
from workstation.exercise.city import ExerciseCity
from workstation.exercise.clock import SPEEDS, ExerciseClock
from workstation.exercise.player import Choice, Exercise, Part
from workstation.exercise.scenario import Script, ScriptedCall, read_script, write_scenario
from workstation.instance import LOCK_NAME, take_lock
from workstation.keys import KEY_FILE, NAME_FILE
from workstation.maps import LoadedMap
from workstation.paths import data_folder
from workstation.qt import has_display, start_qt

_STEP_MS = 250
# A key outlives its demos: made anew each time, it would leave one more entry in the keyring.
_KEPT = (LOCK_NAME, KEY_FILE, NAME_FILE)
_FOUND_AGAIN_M = 60.0
OPERATOR = "demo operator"


def play_demo(*, seed: int, watch: bool, speed: float, story: bool, out: Path | None) -> int:
    """With a display the exercise runs in the window; without one, or when asked, the story is told offscreen."""
    if story or not has_display():
        from workstation.story import tell_story

        return tell_story(seed=seed, out=out)
    start_log()
    return run_demo(start_qt(), seed=seed, part=Part.WATCH if watch else Part.PLAY, speed=speed)


def run_demo(application: QApplication, *, seed: int = 1, part: Part = Part.PLAY, speed: float = 1.0) -> int:
    """The exercise in its window, until that is closed."""
    try:
        opened, clock = open_demo(data_folder() / "demo")
    except Unavailable as trouble:
        return refuse_to_start(trouble)
    clock.set_speed(speed)
    return run_session(lambda app: DemoSession(app, opened, clock, seed=seed, part=part), application)


def open_demo(folder: Path) -> tuple[OpenDesk, ExerciseClock]:
    """A fresh demo desk in `folder`, with its units at their stations. What an earlier demo left is thrown away."""
    pack = demo_pack_path()
    if not pack.exists():
        raise Unavailable(
            "The demo city is not there.",
            "The demo was not started.",
            "Make it with python3 packaging/bootstrap.py setup, or install Foredesk from its wheel.",
        )
    agency = read_agency(resource_path("agency", "demo.toml"))
    _clear(folder)
    clock = ExerciseClock(int(time() * 1000), monotonic)
    opened = open_desk(folder, agency, clock)
    opened.desk.do(SignOn(OPERATOR, "console 1", "demo"))
    place_at_stations(opened.desk)
    return opened, clock


def _clear(folder: Path) -> None:
    """Empty the demo's own folder, and only if it is one that no demo is using. Raises Unavailable."""
    mark = folder / "this-is-a-demo"
    try:
        if folder.exists() and not (folder.is_dir() and (mark.exists() or not any(folder.iterdir()))):
            raise Unavailable(
                f"{folder} holds something that is not a demo.",
                "It was left as it is; the demo was not started.",
                "Move it away, or set FOREDESK_HOME to another folder.",
            )
        folder.mkdir(parents=True, exist_ok=True)
        lock = take_lock(folder, SteadyClock())
        try:
            for left in folder.iterdir():
                if left.is_dir():
                    shutil.rmtree(left)
                elif left.name not in _KEPT:
                    left.unlink()
            mark.touch()
        finally:
            lock.release()
    except OSError as error:
        raise of_os_error(folder, error) from error


def place_at_stations(desk: Desk) -> None:
    """Every unit reports from its station, as its tracker would when it is switched on."""
    now_ms = desk.clock.now_ms()
    for unit in desk.board.units.values():
        station = desk.agency.stations.get(unit.station)
        if station is not None:
            desk.place_unit(unit.callsign, Position(station.lat, station.lon, now_ms, PositionSource.GPS))


def begin_exercise(desk: Desk, loaded: LoadedMap, *, seed: int, part: Part, hours: float = 1.0) -> Exercise:
    """The exercise on a loaded city: its callers, its crews, and an operator of its own for watching."""
    script = read_script(resource_path("demo", "calls.toml"))
    city = city_of(desk, loaded, script)
    calls = write_scenario(script, city.place_of, seed, hours)
    snaps = UnitSnaps(loaded.engine)

    def choose(incident: Incident) -> Choice:
        now_ms = desk.clock.now_ms()
        advice = recommend(incident, desk.board, desk.agency, loaded.engine, now_ms, snaps)
        return Choice(advice.chosen, advice.quotes(advice.chosen))

    return Exercise(desk, calls, city, choose, part=part, seed=seed)


def city_of(desk: Desk, loaded: LoadedMap, script: Script) -> ExerciseCity:
    """Stations from the agency, hospitals from the map and else from the script, names from the gazetteer."""
    stations = {name: (entry.lat, entry.lon) for name, entry in desk.agency.stations.items()}
    hospitals = tuple((place.lat, place.lon) for place in loaded.pack.places if place.kind == "hospital")

    def name_of(lat: float, lon: float) -> str:
        """What a caller would say: a name that the gazetteer finds again at that place."""
        said = loaded.gazetteer.reverse(lat, lon)
        found = loaded.gazetteer.search(said.text, limit=1) if said is not None else []
        near = [hit for hit in found if lengths_m(lat, lon, hit.lat, hit.lon) < _FOUND_AGAIN_M]
        return near[0].text if near else ""

    return ExerciseCity(loaded.engine, stations, hospitals or script.hospital_points(), name_of)


class DemoControl:
    """What the exercise's strip steers, for widgets that must not know this floor."""

    def __init__(self, exercise: Exercise, clock: ExerciseClock) -> None:
        self._exercise = exercise
        self._clock = clock

    @property
    def paused(self) -> bool:
        return self._clock.paused

    @property
    def speed(self) -> float:
        return self._clock.speed

    @property
    def answers_itself(self) -> bool:
        return self._exercise.part is Part.WATCH

    def toggle_pause(self) -> None:
        if self._clock.paused:
            self._clock.resume()
        else:
            self._clock.pause()

    def change_speed(self, step: int) -> None:
        nearest = min(range(len(SPEEDS)), key=lambda at: abs(SPEEDS[at] - self._clock.speed))
        self._clock.set_speed(SPEEDS[min(max(nearest + step, 0), len(SPEEDS) - 1)])

    def toggle_part(self) -> None:
        self._exercise.part = Part.PLAY if self.answers_itself else Part.WATCH

    def callers(self) -> tuple[LineCaller, ...]:
        return tuple(self._caller(call) for call in self._exercise.ringing())

    def talking(self) -> tuple[LineCaller, ...]:
        return tuple(self._caller(call) for call in self._exercise.talking())

    def pick_up(self, caller: LineCaller) -> None:
        self._exercise.pick_up(caller.key)

    def _caller(self, call: ScriptedCall) -> LineCaller:
        return LineCaller(
            key=call.index,
            callback=call.caller.callback,
            name=call.caller.name,
            place=call.location.text,
            words=call.words,
            rang_at=self._exercise.rang_at(call),
        )


class DemoSession(Session):
    """The window on the demo city, with the exercise beginning once the map is there."""

    def __init__(
        self, application: QApplication, opened: OpenDesk, clock: ExerciseClock, *, seed: int, part: Part
    ) -> None:
        super().__init__(application, opened, mode=Mode.DEMO, pack_path=demo_pack_path())
        self._clock = clock
        self._seed = seed
        self._part = part
        self.exercise: Exercise | None = None
        self.on_map.append(self._begin)

    def _begin(self) -> None:
        context = self.context
        if context.pack is None or context.engine is None or context.gazetteer is None:
            return
        loaded = LoadedMap(context.pack, context.engine, context.gazetteer)
        self.exercise = begin_exercise(self.desk, loaded, seed=self._seed, part=self._part)
        bar = ExerciseBar(DemoControl(self.exercise, self._clock), context.notifier)
        bar.answer_wanted.connect(self._answer)
        self.window.host_exercise(bar, bar.answer)
        self.start(self.play(self.exercise))

    def _answer(self, caller: LineCaller) -> None:
        """Pick up: the telephone shows the number, as it does in life; the rest the caller says."""
        self.window.keys.take_call(Caller(caller.name, caller.callback))

    async def play(self, exercise: Exercise) -> None:
        """Let the hour run until the window is closed."""
        while True:
            exercise.step()
            await asyncio.sleep(_STEP_MS / 1000)
