"""Keeps coverage current while units move: asks a survey on a thread of its own, one question at a time.

What changes while an answer is under way goes into the next question, so that a busy desk gets fewer answers and
never late ones.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from core.desk import Change
from core.domain.agency import Agency
from core.domain.board import Board
from core.errors import ForedeskError, Refused
from widgets.context import DeskContext
from widgets.map.look import Mode

if TYPE_CHECKING:
    from core.coverage.coverage_map import Change as CoverChange
    from core.coverage.move_ups import MoveUp
    from core.roads.engine import RoadEngine
    from widgets.coverage.survey import Advice, Answer, Figures, Question, Survey

T = TypeVar("T")
R = TypeVar("R")

GATHER_MS = 15  # positions that come together are counted together
FIGURES_S = 1.0  # while somebody looks
SAMPLE_S = 10.0  # for the time line, whether anybody looks or not
_SHARED_FROM = 8  # units; fewer are not worth the second core


@dataclass(frozen=True, slots=True)
class Settings:
    """What is looked at: the target, the capability ("" for any unit), how many teams, and what the map shows."""

    target_s: int = 480
    capability: str = ""
    teams: int = 1
    mode: Mode = "off"

    @classmethod
    def of(cls, agency: Agency) -> "Settings":
        return cls(agency.coverage.target_s, agency.coverage.capability, agency.coverage.teams)


@dataclass(frozen=True, slots=True)
class Considered:
    """A dispatch that is being thought about: `away` would go; `costs` are asked for each (callsign, capability)."""

    away: tuple[str, ...] = ()
    capability: str = ""
    costs: tuple[tuple[str, str], ...] = ()


class CoverageFollower(QObject):
    """`states_changed(bytes)` for the map, `figures_changed(Figures)`, `advice_changed()`, `settings_changed()`;
    `exported(path)` when a file has been written; `roads_changed()` when other roads, or roads otherwise passable, are
    counted on.
    """

    states_changed = Signal(object)
    figures_changed = Signal(object)
    advice_changed = Signal()
    settings_changed = Signal()
    roads_changed = Signal()
    exported = Signal(str)
    _answered = Signal(object)
    _written = Signal(object)

    def __init__(self, context: DeskContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.settings = Settings.of(context.desk.agency)
        self.considered = Considered()
        self.figures: Figures | None = None
        self.advice: Advice | None = None
        self.watched: Callable[[], bool] = lambda: False  # whether figures are on screen
        self._survey: Survey | None = None
        self._engine: RoadEngine | None = None
        self._thread = ThreadPoolExecutor(1, "coverage")
        self._cores = ThreadPoolExecutor(2, "reach")
        self._under_way = self._due = self._figures_due = False
        self._measured_at = 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(GATHER_MS)
        self._soon.timeout.connect(self._ask)
        self._answered.connect(self._take)
        self._written.connect(self._end_export)
        context.notifier.changed.connect(self._on_change)
        context.notifier.tick.connect(self._on_tick)

    # what others ask for

    def choose(self, settings: Settings) -> None:
        """Look at something else; figures and map follow at once."""
        if settings != self.settings:
            self.settings = settings
            self.figures = None
            self.settings_changed.emit()
            self._need(figures=True)

    def consider(self, considered: Considered) -> None:
        """Work out what a dispatch would cost, before it is sent."""
        if considered != self.considered:
            self.considered = considered
            self._need(figures=True)

    def cost(self, callsign: str, capability: str) -> "CoverChange | None":
        """What sending that unit alone does to coverage, as far as it is known by now."""
        return self.advice.costs.get((callsign, capability)) if self.advice else None

    def best_move(self) -> "MoveUp | None":
        """The move-up that raises what is looked at most."""
        return self.figures.moves[0] if self.figures and self.figures.moves else None

    def refresh(self) -> None:
        """Count again now: the roads were loaded, closed or reopened."""
        self._need(figures=True)

    def export(self, path: Path) -> None:
        """Write what is looked at as GeoJSON, GeoPackage or a picture, beside the window; `exported` tells the end."""
        engine, pack, desk = self._context.engine, self._context.pack, self._context.desk
        if engine is None or self._survey is None:
            no_map = Refused("There is no coverage to export.", "Nothing was written.", "It needs a map pack.")
            self._context.report_error(no_map)
            return
        from core.coverage.sheet import Origin

        now = datetime.fromtimestamp(desk.clock.now_ms() / 1000, UTC)
        note = "Units are made up." if desk.agency.made_up else ""
        source = (pack.info.name, pack.info.attribution, pack.info.licence) if pack else ("", "", "")
        origin = Origin(*source, f"{now:%Y-%m-%d %H:%M} UTC", note)
        written = self._thread.submit(self._survey.export, self._question(engine), path, origin)
        written.add_done_callback(self._written.emit)

    def _end_export(self, written: "Future[Path]") -> None:
        error = written.exception()
        if isinstance(error, ForedeskError):
            self._context.report_error(error)
        else:
            self.exported.emit(str(written.result()))

    def close(self) -> None:
        """End the threads; what was under way is dropped."""
        self._soon.stop()
        for pool in (self._thread, self._cores):
            pool.shutdown(wait=True, cancel_futures=True)

    # when it asks

    def _on_change(self, change: Change) -> None:
        if change.units or (change.positions and self.settings.mode != "off"):
            self._need(figures=bool(change.units))

    def _on_tick(self, now_ms: int) -> None:
        every_s = FIGURES_S if self.watched() or self.considered.costs else SAMPLE_S
        if self._context.engine is not self._engine or now_ms - self._measured_at >= every_s * 1000:
            self._need(figures=True)

    def _need(self, *, figures: bool) -> None:
        if self._context.engine is None:
            return
        self._figures_due |= figures
        if self._under_way:
            self._due = True
        elif not self._soon.isActive():
            self._soon.start()

    def _ask(self) -> None:
        engine = self._context.engine
        if engine is None or self._under_way:
            return
        from widgets.coverage.survey import Survey

        self._due = False
        if self._engine is not engine:
            self._engine = engine
            self.roads_changed.emit()
        if self._survey is None:
            self._survey = Survey(self._share)
        question = self._question(engine)
        self._figures_due = False
        if question.measure:
            self._measured_at = self._context.desk.clock.now_ms()
        self._under_way = True
        self._thread.submit(self._survey.answer, question).add_done_callback(self._report)

    def _question(self, engine: "RoadEngine") -> "Question":
        from widgets.coverage.survey import Question

        desk, chosen, considered = self._context.desk, self.settings, self.considered
        units = {callsign: copy(unit) for callsign, unit in desk.board.units.items()}
        return Question(
            board=Board(units=units),
            agency=desk.agency,
            engine=engine,
            zones_path=self._context.pack.zones_path if self._context.pack else None,
            target_s=chosen.target_s,
            capability=chosen.capability,
            teams=chosen.teams,
            away=considered.away,
            away_capability=considered.capability,
            costs=considered.costs,
            measure=self._figures_due,
            counts=chosen.mode == "counts",
        )

    def _share(self, work: Callable[[T], R], pieces: Iterable[T], /) -> Iterator[R]:
        listed = list(pieces)
        return self._cores.map(work, listed) if len(listed) >= _SHARED_FROM else map(work, listed)

    def _report(self, answer: "Future[Answer]") -> None:
        """On the survey's thread."""
        if not answer.cancelled():
            try:
                self._answered.emit(answer)
            except RuntimeError:
                return  # the window is gone

    def _take(self, future: "Future[Answer]") -> None:
        self._under_way = False
        error = future.exception()
        if isinstance(error, ForedeskError):
            self._context.report_error(error)
            return
        answer = future.result()
        if answer.states is not None:
            self.states_changed.emit(answer.states)
        current = (answer.question.target_s, answer.question.capability, answer.question.teams)
        if answer.figures and current == (self.settings.target_s, self.settings.capability, self.settings.teams):
            self.figures = answer.figures
            self.figures_changed.emit(answer.figures)
        if answer.advice is not None and answer.advice != self.advice:
            self.advice = answer.advice
            self.advice_changed.emit()
        if self._due:
            self._soon.start()


def next_mode(settings: Settings) -> Settings:
    """Gaps, all counts, nothing, and round again."""
    following: dict[Mode, Mode] = {"off": "gaps", "gaps": "counts", "counts": "off"}
    return replace(settings, mode=following[settings.mode])
