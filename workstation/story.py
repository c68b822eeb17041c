"""The demo told without a display: a call from ring to printed report, by keyboard in the real window, narrated."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from types import TracebackType

from msgspec.structs import replace
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication

from core.domain.board import Assignment, Incident
from core.domain.statuses import UnitStatus
from core.domain.values import Caller
from core.errors import Unavailable
from core.pack.gazetteer import GazetteerHit
from widgets.printing import Paper
from workstation.app import run_session
from workstation.compose import OpenDesk, start_log
from workstation.demo import DemoSession, open_demo
from workstation.exercise.clock import ExerciseClock
from workstation.exercise.player import Exercise, Part
from workstation.exercise.scenario import ScriptedCall
from workstation.hands import Hands, wait_until
from workstation.paths import data_folder
from workstation.printing import pdf_of
from workstation.qt import start_qt
from workstation.reports import report_html
from workstation.telling import Telling, picture_of_pdf, written_to

_STEP_S = 4.0
_LOOK_S = 0.15  # what an operator takes to see that the right suggestion stands first
_DRAWING_S = 0.7  # what views and map may take to show the last change
_LONGEST_S = 3 * 3600.0
_SIZE = QSize(1600, 1000)


def tell_story(*, seed: int, out: Path | None) -> int:
    """Play the story offscreen; 0 when it came to its end, with pictures and the report in the folder it names."""
    start_log()
    folder = (out or Path("foredesk-demo")).absolute()
    with written_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    application = start_qt(windows=False)
    opened, clock = open_demo(data_folder() / "demo-story")
    sessions: list[StorySession] = []

    def session_of(app: QApplication) -> StorySession:
        sessions.append(StorySession(app, opened, clock, seed=seed, folder=folder))
        return sessions[0]

    code = run_session(session_of, application)
    told = sessions[0]
    if told.trouble is not None:
        raise told.trouble
    if not code:
        with written_to(folder):
            (folder / "story.json").write_text(
                json.dumps({"strokes": told.strokes, "steps_s": told.telling.steps}, indent=1)
            )
    return code


class StorySession(DemoSession):
    """A demo whose operator is this program. `trouble` says why the story could not be told to its end."""

    def __init__(
        self, application: QApplication, opened: OpenDesk, clock: ExerciseClock, *, seed: int, folder: Path
    ) -> None:
        super().__init__(application, opened, clock, seed=seed, part=Part.PLAY)
        self.trouble: BaseException | None = None
        self.strokes = 0  # keys from the ring to units assigned
        self._clock = clock
        self._hands = Hands(self.window)
        self.telling = Telling(self.window, clock, folder)
        self.window.resize(_SIZE)
        self.on_map.append(self._need_city)

    def _need_city(self) -> None:
        """Without its city there is nothing to tell."""
        if self.exercise is None:
            self.trouble = Unavailable(
                "The demo city could not be opened.",
                "No story was told.",
                "Run foredesk doctor; it says what is wrong.",
            )
            self.window.close()

    async def play(self, exercise: Exercise) -> None:
        """Tell the story in place of the hour, then close the window."""
        try:
            await self._tell(exercise)
        finally:
            self.window.close()

    def tell_bug(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Whatever went wrong ends the story and is said."""
        super().tell_bug(kind, error, trace)
        self.trouble = self.trouble or error
        self.window.close()

    async def _tell(self, exercise: Exercise) -> None:
        await self._map_drawn()
        board = self.desk.board
        self.telling.say(f"The desk is open on {self.desk.agency.name}: {len(board.units)} units, no network.")
        await self._picture("the desk before the first call")
        exercise.part = Part.WATCH
        await self._until(exercise, lambda: any(_worth_telling(call) for call in exercise.waiting))
        exercise.part = Part.PLAY
        exercise.waiting.sort(key=lambda call: not _worth_telling(call))
        call = exercise.waiting[0]
        incident = await self._take(call)
        exercise.left_to_person.add(incident.id)
        await self._command(f"n {call.words}")
        exercise.part = Part.WATCH
        self.telling.say("From here the exercise answers the other callers; this incident stays with you.")
        await self._until(exercise, lambda: _reached(incident, UnitStatus.EN_ROUTE))
        await self._until_seconds(exercise, 60)
        await self._picture("units on their way")
        await self._take_duplicate(exercise, call, incident)
        await self._until(exercise, lambda: _reached(incident, UnitStatus.ON_SCENE))
        await self._command(f"n {incident.assignments[0].unit.lower()}: at the patient, conscious and talking")
        await self._picture("on scene, the narrative grows")
        await self._until(exercise, lambda: not incident.active_assignments)
        await self._picture("an hour of calls later")
        await self._close(incident)
        await self._print(incident)
        self.telling.say(f"The pictures and the report are in {self.telling.folder}.")

    async def _map_drawn(self) -> None:
        await wait_until(lambda: self.window.map_follow is not None, "the map was made")
        follow = self.window.map_follow
        if follow is None:
            return
        follow.push()
        await wait_until(lambda: follow.view.is_ready or follow.view.is_broken, "the map drew itself")
        if follow.view.is_broken:
            raise Unavailable("The map cannot be drawn.", "No story was told.", "Run foredesk doctor; it says why.")
        await self._breathe(1.5)

    async def _take(self, call: ScriptedCall) -> Incident:
        """From the ring to units on their way, with as few keys as the desk allows; the rest may follow."""
        self.telling.say(f"The telephone rings: {call.caller.name}, {call.caller.callback}. “{call.words}”")
        known = set(self.desk.board.incidents)
        hands = self._hands
        hands.strokes = 0
        with self.telling.step("open the intake"):
            await hands.press(Qt.Key.Key_F7)
        with self.telling.step("find the location"):
            await self._locate(call)
        with self.telling.step("choose the type"):
            await hands.press(Qt.Key.Key_Return)
            await hands.type(call.story.type.rsplit("-", 1)[-1].lower())
            await self._breathe(_LOOK_S)
            await hands.press(Qt.Key.Key_Return)
        self.telling.keep_picture("taking the call")
        with self.telling.step("open the incident"):
            await hands.ctrl(Qt.Key.Key_Return)
            await wait_until(lambda: set(self.desk.board.incidents) > known, "the incident was opened")
        incident = next(i for i in self.desk.board.incidents.values() if i.id not in known)
        self.telling.say(
            f"Incident {incident.number} is open: {self.desk.agency.types[incident.type].name}, "
            f"{incident.location.text} ({incident.location.source})."
        )
        await self._send(incident)
        return incident

    async def _locate(self, call: ScriptedCall) -> None:
        """Type just enough of the place for it to stand first among the suggestions, and take it."""
        gazetteer = self.context.gazetteer
        wanted = call.location.text
        typed = next(
            (few for few in _shortened(wanted) if gazetteer and _first(gazetteer.search(few)) == wanted), wanted
        )
        await self._hands.type(typed)
        await self._breathe(_LOOK_S)
        await self._hands.press(Qt.Key.Key_Return)

    async def _send(self, incident: Incident) -> None:
        panel = self.window.panes.recommendation
        with self.telling.step("recommend units"):
            await wait_until(lambda: panel.model.rowCount() > 0, "a recommendation was shown")
        self.telling.keep_picture("the recommendation")
        with self.telling.step("dispatch units"):
            await self._hands.press(Qt.Key.Key_F8)
            await wait_until(lambda: bool(incident.active_assignments), "units were assigned")
        self.strokes = self._hands.strokes
        for assignment in incident.active_assignments:
            self.telling.say(f"{assignment.unit} is dispatched, {_quote(assignment)}.")
        self.telling.say(f"From the ring to here it took {self.strokes} keystrokes.")

    async def _take_duplicate(self, exercise: Exercise, call: ScriptedCall, incident: Incident) -> None:
        """Somebody else calls about the same thing: the desk notices, one key links."""
        exercise.part = Part.PLAY
        again = replace(
            call, index=100_000, at_s=0, caller=Caller("a passer-by", "+56 9 5550 0199"), repeats=call.index
        )
        exercise.waiting.insert(0, again)
        await self._hands.press(Qt.Key.Key_F7)
        await self._locate(call)
        await self._picture("a second caller, the same incident")
        with self.telling.step("link the second call"):
            await self._hands.ctrl(Qt.Key.Key_L)
            await wait_until(lambda: len(incident.calls) > 1, "the second call was linked")
        self.telling.say(
            f"A second caller reports the same: linked to {incident.number} with one key, no unit sent twice."
        )
        exercise.part = Part.WATCH

    async def _command(self, line: str) -> None:
        with self.telling.step(f"command {line.split(maxsplit=1)[0]}"):
            await self._hands.ctrl(Qt.Key.Key_K)
            await self._hands.type(line)
            await self._hands.press(Qt.Key.Key_Return)
        self.telling.say(f"Command line: {line}")

    async def _close(self, incident: Incident) -> None:
        transported = any(UnitStatus.AT_HOSPITAL in a.times for a in incident.assignments)
        await self._command(f"cl {incident.number} {'trans' if transported else 'safe'}")
        self.telling.say(f"Incident {incident.number} is {incident.state}.")

    async def _print(self, incident: Incident) -> None:
        path = self.telling.folder / f"incident-{incident.number}.pdf"
        with self.telling.step("print the report"):
            html = report_html(self.desk, incident, self.context.pack, banner="DEMO, made up")
            pdf = await pdf_of(html, paper=Paper.A4)
            with written_to(self.telling.folder):
                path.write_bytes(pdf)
        pages = picture_of_pdf(path, self.telling.folder / "report.png")
        self.telling.say(f"The report ({pages} pages) was printed to {path.name}.")

    # time

    async def _until(self, exercise: Exercise, condition: Callable[[], bool]) -> None:
        """Let the exercise's time pass, quickly, until `condition` holds."""
        left_s = _LONGEST_S
        while not condition() and left_s > 0:
            left_s -= _STEP_S
            await self._pass(exercise)

    async def _until_seconds(self, exercise: Exercise, seconds: float) -> None:
        for _ in range(round(seconds / _STEP_S)):
            await self._pass(exercise)

    async def _pass(self, exercise: Exercise) -> None:
        seen = len(self._statuses())
        self._clock.skip(_STEP_S)
        exercise.step()
        for line in self._statuses()[seen:]:
            self.telling.say(line)
        await self._breathe(0.0)

    def _statuses(self) -> list[str]:
        """What the story's own units have done so far, a sentence each, in order of time."""
        done = [
            (at, f"{assignment.unit} is {status.value}.")
            for incident in self.desk.board.incidents.values()
            if incident.id in (self.exercise.left_to_person if self.exercise else ())
            for assignment in incident.assignments
            for status, at in assignment.times.items()
            if status is not UnitStatus.DISPATCHED
        ]
        return [sentence for _, sentence in sorted(done)]

    async def _breathe(self, seconds: float) -> None:
        """Give the window and the map time to draw."""
        began = perf_counter()
        await wait_until(lambda: perf_counter() - began >= seconds, "time passed")

    async def _picture(self, what: str) -> None:
        await self._breathe(_DRAWING_S)
        self.telling.keep_picture(what)


def _worth_telling(call: ScriptedCall) -> bool:
    """A patient who is taken to hospital shows every status there is."""
    return call.transports and call.repeats is None


def _shortened(place: str) -> Iterator[str]:
    """Shorter and longer beginnings of the words that tell a place: "rec & rel", "reco & reli", ..."""
    streets = [street.split() for street in place.lower().split(" & ")]
    for letters in range(3, 12):
        yield " & ".join(words[0][:letters] for words in streets)
        yield " & ".join(words[-1][:letters] for words in streets)
        yield " & ".join(" ".join(word[:letters] for word in words[:2]) for words in streets)


def _first(hits: Sequence[GazetteerHit]) -> str:
    return hits[0].text if hits else ""


def _reached(incident: Incident, status: UnitStatus) -> bool:
    return any(status in assignment.times for assignment in incident.assignments)


def _quote(assignment: Assignment) -> str:
    if assignment.eta_s is None or assignment.route_m is None:
        return "with no ETA"
    minutes, seconds = divmod(round(assignment.eta_s), 60)
    return f"ETA {minutes}:{seconds:02d} by road, {assignment.route_m / 1000:.1f} km"
