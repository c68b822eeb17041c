"""Files on a stick while the window is open: written and taken in small steps between what the person does."""

from collections.abc import Callable, Generator
from pathlib import Path
from threading import Thread
from time import perf_counter

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from core.desk import Desk
from core.errors import ForedeskError, Refused
from core.store import Store
from sync.file import SUFFIX, Bringing, Exchange, Written, open_exchange, writing
from sync.link.store_side import known_cards
from workstation.sync.file_commands import member_of

REST = 2.0  # a step is followed by a pause twice as long
LONGEST_PAUSE_MS = 100

Done = Callable[[Exception | str], None]
Steps = Generator[str, None, None]  # "" until the sentence that says how it went


class Carrying(QObject):
    """One file at a time, on the desk's thread; `done` gets a sentence, or the Refused or Unavailable."""

    _checked = Signal(object)

    def __init__(self, desk: Desk, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._store = desk, store
        self._steps: Steps | None = None
        self._done: Done | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._step)
        self._checked.connect(self._on_checked, Qt.ConnectionType.QueuedConnection)

    def write(self, path: Path, to: str, done: Done) -> None:
        """Everything this desk has, or for `to` what came since their last file. Raises Refused."""
        self._refuse_when_busy()
        named = path if path.suffix else path.with_suffix(SUFFIX)
        member, now_ms = member_of(self._store), self._desk.clock.now_ms()

        def steps() -> Steps:
            written = yield from _quietly(writing(self._store, named, member, now_ms, to=to))
            yield written.sentence()

        self._begin(done, steps())

    def take(self, path: Path, done: Done) -> None:
        """The file is checked from end to end beside the window before anything of it is taken. Raises Refused."""
        self._refuse_when_busy()
        member, cards = member_of(self._store), known_cards(self._store)
        self._done = done

        def check() -> None:
            try:
                self._checked.emit(open_exchange(path, member, cards))
            except ForedeskError as error:
                self._checked.emit(error)

        Thread(target=check, name="exchange file", daemon=True).start()

    def end(self) -> None:
        """Leave a file that is being written unwritten; what was taken stays."""
        self._timer.stop()
        if self._steps is not None:
            self._steps.close()
        self._steps = self._done = None

    def _refuse_when_busy(self) -> None:
        if self._done is not None:
            raise Refused("A file is being written or taken already.", do="Wait until it is done.")

    def _on_checked(self, found: Exchange | ForedeskError) -> None:
        done = self._done
        if done is None:
            return
        if isinstance(found, ForedeskError):
            self._tell(found)
            return
        self._begin(done, self._taking(found))

    def _taking(self, exchange: Exchange) -> Steps:
        bringing = Bringing(self._desk, self._store, exchange)
        while bringing.step():
            yield ""
        yield bringing.brought().sentence()

    def _begin(self, done: Done, steps: Steps) -> None:
        self._done, self._steps = done, steps
        self._timer.start(0)

    def _step(self) -> None:
        began_s = perf_counter()
        try:
            sentence = next(self._steps) if self._steps is not None else ""
        except ForedeskError as error:
            self._tell(error)
            return
        if sentence:
            self._tell(sentence)
        elif self._steps is not None:
            self._timer.start(min(LONGEST_PAUSE_MS, int((perf_counter() - began_s) * REST * 1000)))

    def _tell(self, answer: Exception | str) -> None:
        done, self._done, self._steps = self._done, None, None
        if done is not None:
            done(answer)


def _quietly(steps: Generator[None, None, Written]) -> Generator[str, None, Written]:
    try:
        while True:
            next(steps)
            yield ""
    except StopIteration as end:
        written: Written = end.value
        return written
    finally:
        steps.close()
