"""A process of its own that tries the window: it says how far it came, and may crash where Qt would abort the desk.

Run as `python -m workstation.doctor.window_trial`; prints one word per stage reached, `fonts` with their number.
"""

import sys


def main() -> int:
    from PySide6.QtWebEngineWidgets import QWebEngineView

    print("imported", flush=True)
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QFontDatabase
    from PySide6.QtWidgets import QApplication

    from widgets.map.environment import prepare_web_engine

    prepare_web_engine()
    application = QApplication(sys.argv[:1])
    print("application", flush=True)
    print(f"fonts {len(QFontDatabase.families())}", flush=True)
    view = QWebEngineView()
    view.loadFinished.connect(lambda loaded: application.exit(0 if loaded else 1))
    QTimer.singleShot(20_000, lambda: application.exit(2))
    view.setHtml("<p>Foredesk</p>")
    code = application.exec()
    view.page().deleteLater()
    view.deleteLater()
    if code == 0:
        print("page", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
