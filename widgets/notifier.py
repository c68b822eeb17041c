"""Turns what happens on the desk into Qt signals, so that every view refreshes from one place."""

from PySide6.QtCore import QObject, QTimer, Signal

from core.desk import Change, Desk


class Notifier(QObject):
    """`changed(Change)` after every change; `tick(now_ms)` once a second, for timers and ages on screen."""

    changed = Signal(object)
    tick = Signal("qlonglong")  # type: ignore[arg-type]  # milliseconds outgrow a C int

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._stop_listening = desk.listen(self._tell)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(lambda: self.tick.emit(desk.clock.now_ms()))
        self._timer.start()

    def _tell(self, change: Change) -> None:
        self.changed.emit(change)

    def close(self) -> None:
        self._timer.stop()
        self._stop_listening()
