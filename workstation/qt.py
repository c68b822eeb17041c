"""Starts Qt as this machine needs it, once, before anything draws."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from PySide6.QtCore import QMessageLogContext, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from widgets.map.environment import prepare_web_engine

_PULSE_MS = 200


def has_display() -> bool:
    """Whether a window can be seen. Windows and macOS always have one; on Linux somebody must have said where."""
    if os.environ.get("QT_QPA_PLATFORM", "").startswith(("offscreen", "minimal")):
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _log_qt(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    """Qt's own remarks go to the log; only what ends the process is shouted."""
    level = logging.CRITICAL if kind is QtMsgType.QtFatalMsg else logging.INFO
    logging.getLogger(f"qt.{context.category or 'default'}").log(level, "%s", message)


def start_qt(*, windows: bool = True) -> QApplication:
    """The one QApplication; `windows=False` for jobs that show none, which then need no display."""
    if not windows or not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    prepare_web_engine()
    qInstallMessageHandler(_log_qt)
    known = QApplication.instance()
    if isinstance(known, QApplication):
        return known
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Foredesk")
    application.setDesktopFileName("foredesk")
    application.setQuitOnLastWindowClosed(False)  # the session ends itself, after the store is closed
    return application


def close_on_signals(application: QApplication) -> Callable[[], int]:
    """From now on Ctrl+C and a request to end close the windows as a person would.

    Returns what tells the exit code for that: 128 and the signal's number, 0 as long as none came.
    """
    stopped: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopped.append(number)
        QTimer.singleShot(0, application, application.closeAllWindows)  # not here: a commit may be under way

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    pulse = QTimer(application)  # Python sees a signal only when it runs
    pulse.timeout.connect(lambda: None)
    pulse.start(_PULSE_MS)
    return lambda: 128 + stopped[0] if stopped else 0
