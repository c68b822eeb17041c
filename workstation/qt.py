"""Starts Qt as this machine needs it, once, before anything draws."""

import logging
import os
import sys

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from widgets.map.environment import prepare_web_engine


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
