"""Work that may take longer than a frame, done on Qt's thread pool and answered on the window's thread.

It needs no running asyncio loop, so views behave the same under tests. Work gets plain values; it never touches the
board or a widget.
"""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from core.errors import ForedeskError


class _Job(QRunnable):
    def __init__(self, work: Callable[[], Any], tell: Callable[[Any, ForedeskError | None], None]) -> None:
        super().__init__()
        self._work, self._tell = work, tell

    def run(self) -> None:
        try:
            self._report(self._work(), None)
        except ForedeskError as trouble:
            self._report(None, trouble)

    def _report(self, result: Any, error: ForedeskError | None) -> None:
        try:
            self._tell(result, error)
        except RuntimeError:
            return  # the view that asked is gone


class Background(QObject):
    """One question at a time per instance: a newer question makes the older answer void."""

    _answered = Signal(int, object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._turn = 0
        self._done: Callable[[Any], None] = lambda _result: None
        self._failed: Callable[[ForedeskError], None] = lambda _error: None
        self._answered.connect(self._arrive)

    def ask(
        self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[ForedeskError], None]
    ) -> None:
        """Run `work` elsewhere; `done(result)` or `failed(error)` follows here, unless asked again meanwhile."""
        self._turn += 1
        turn = self._turn
        self._done, self._failed = done, failed
        job = _Job(work, lambda result, error: self._answered.emit(turn, result, error))
        QThreadPool.globalInstance().start(job)

    def forget(self) -> None:
        """Make the answer under way void."""
        self._turn += 1

    def _arrive(self, turn: int, result: object, error: ForedeskError | None) -> None:
        if turn != self._turn:
            return
        if error is None:
            self._done(result)
        else:
            self._failed(error)
