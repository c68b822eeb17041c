"""The models' life beside the window: looking at how they do, decisions by the operator, training at quiet times."""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.desk import Desk
from core.errors import ForedeskError, Refused
from core.models.record import Kind, Model
from core.models.registry import AUTOMATIC, FOLDER, MEMORY, Registry
from widgets.background import Background
from workstation.memory import resident_mb
from workstation.models.expectations import Expectations
from workstation.models.outcomes import Outcomes

if TYPE_CHECKING:  # what looking and training need is loaded when somebody looks
    from core.models.overview import Overview
    from workstation.models.retraining import Retrainer

log = logging.getLogger(__name__)

HISTORY = "history"
LOOK_EVERY_MS = 3_600_000  # for a reason to train, and for the memory that the models take


class ModelsSession(QObject):
    """Implements widgets.models_control.ModelsControl. `key` opens the store for reading beside the desk.

    With `retrain_by_itself`, candidates are trained by the agency's rules. `data` is what training learns from: this
    desk's history, or a file.
    """

    _progress = Signal(str)

    def __init__(
        self,
        desk: Desk,
        folder: Path,
        key: bytes,
        parent: QObject | None = None,
        *,
        retrain_by_itself: bool = False,
        data: str = HISTORY,
    ) -> None:
        super().__init__(parent)
        self.on_change: list[Callable[[], None]] = []
        self.overview: Overview | None = None
        self.trouble = ""
        self.training = ""
        self.retrain_by_itself = retrain_by_itself
        self._desk, self._folder, self._key = desk, folder, key
        self._registry = Registry(folder / FOLDER, desk.clock)
        self._data = data
        self._looking, self._teaching = Background(self), Background(self)
        self._stop = Event()
        self._looked_at = desk.clock.now_ms()
        self._progress.connect(self._tell_progress)
        self._outcomes = Outcomes(desk)
        self.expectations = Expectations(desk, folder, key, self)

    def shut(self) -> None:
        """Let go: a training under way is ended, and nothing of it is registered."""
        self._stop.set()
        self._outcomes.close()
        self.expectations.shut()
        self._looking.forget()
        self._teaching.forget()
        self.on_change.clear()

    # looking

    def look(self) -> None:
        """Read the store and the registry on another thread."""
        self._looking.ask(self._work_of_looking(), self._found, self._not_found)

    def _work_of_looking(self) -> "Callable[[], Overview]":
        folder, clock, key = self._folder, self._desk.clock, self._key

        def work() -> "Overview":
            from workstation.models.reading import look

            return look(folder, clock, key)

        return work

    def _found(self, found: "Overview") -> None:
        self.overview, self.trouble = found, ""
        self._tell()

    def _not_found(self, trouble: ForedeskError) -> None:
        self.trouble = str(trouble)
        self._tell()

    def _tell(self) -> None:
        for told in tuple(self.on_change):
            told()

    # decisions

    def shadow(self, number: int, reason: str) -> None:
        self._registry.put_in_shadow(number, who=self._who, reason=reason)
        self.look()

    def approve(self, number: int, reason: str, override: str = "") -> None:
        self._registry.approve(number, who=self._who, reason=reason, override=override)
        self.look()
        self.expectations.look()

    def retire(self, number: int, reason: str) -> None:
        self._registry.retire(number, who=self._who, reason=reason)
        self.look()

    def roll_back(self, kind: Kind, reason: str) -> None:
        self._registry.roll_back(kind, who=self._who, reason=reason)
        self.look()
        self.expectations.look()

    @property
    def _who(self) -> str:
        operator = self._desk.board.operator.strip()
        if not operator:
            raise Refused("Nobody is signed on at this desk.", do="Sign on first: who decides is kept with the model.")
        return operator

    # training

    def train(self, kind: Kind) -> None:
        if self.training:
            raise Refused("A model is being trained already.", do="Wait for it, or stop it.")
        by = self._who
        self._stop.clear()
        self._begin(kind, by)

    def stop_training(self) -> None:
        self._stop.set()

    def _retrainer(self) -> "Retrainer":
        from workstation.models.retraining import Retrainer

        desk = self._desk
        return Retrainer(self._folder, desk.clock, desk.agency, desk.agency.models, data=self._data, key=self._key)

    def _begin(self, kind: Kind, by: str) -> None:
        retrainer, stop, tell = self._retrainer(), self._stop, self._progress.emit

        def work() -> Model | None:
            from workstation.models.child import Stopped

            def progress(done: float, words: str) -> None:
                tell(f"{100 * done:.0f} % {words}")

            try:
                return retrainer.train(kind, progress, lambda: not stop.is_set(), by=by)
            except Stopped:
                return None

        self.training = f"0 % A {kind} model is being trained"
        self._teaching.ask(work, self._trained, self._not_trained)
        self._tell()

    def _tell_progress(self, words: str) -> None:
        if self.training:
            self.training = words
            self._tell()

    def _trained(self, model: Model | None) -> None:
        self.training = ""
        self.trouble = "The training was stopped; nothing was registered." if model is None else ""
        log.info("training ended: %s", model.title if model else "stopped")
        self.look()

    def _not_trained(self, trouble: ForedeskError) -> None:
        self.training, self.trouble = "", str(trouble)
        log.warning("training failed: %s", trouble)
        self._tell()

    # by the hour

    def tick(self, now_ms: int) -> None:
        """Once a second; looks once an hour, and trains when there is a reason and the desk is quiet."""
        self.expectations.tick(now_ms)
        if now_ms - self._looked_at < LOOK_EVERY_MS:
            return
        self._looked_at = now_ms
        self._note_memory()
        by_itself = self.retrain_by_itself and not self.training
        self._looking.ask(self._work_of_looking(), self._consider if by_itself else self._found, self._not_found)

    def _note_memory(self) -> None:
        memory_mb = resident_mb()
        if memory_mb is None:
            return
        try:
            self._registry.note(Kind.SEVERITY, MEMORY, round(memory_mb, 1))
        except ForedeskError as trouble:
            log.warning("the desk's memory could not be noted: %s", trouble)

    def _consider(self, found: "Overview") -> None:
        self._found(found)
        incidents = sum(1 for _ in self._desk.board.open_incidents())
        retrainer = self._retrainer()
        for kind in Kind:
            decision = retrainer.decide(kind, found, incidents)
            if decision.now:
                log.info("%s trains a %s model: %s", AUTOMATIC, kind, decision.reason)
                self._stop.clear()
                self._begin(kind, AUTOMATIC)
                return
