"""A desk in a process of its own whose operator is in the middle of a call: to be ended by signals and by force."""

import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from core.domain.agency_file import read_agency
from resources import resource_path
from widgets.context import Mode
from workstation.app import Session, run_session
from workstation.compose import open_desk
from workstation.paths import data_folder
from workstation.qt import start_qt


def main() -> int:
    application = start_qt(windows=False)
    opened = open_desk(data_folder(), read_agency(resource_path("agency", "default.toml")))

    def session_of(app: QApplication) -> Session:
        session = Session(app, opened, mode=Mode.LIVE, pack_path=None)
        session.on_map.append(lambda: QTimer.singleShot(0, session.window, type_))

        def type_() -> None:
            session.window.keys.new_call()
            session.window.panes.intake.fields.location.edit.insert("Balmaceda 480 🚑")
            session.window.panes.intake.fields.narrative.insertPlainText("He holds his ch")
            sys.stdout.write("typed\n")
            sys.stdout.flush()

        return session

    return run_session(session_of, application)


if __name__ == "__main__":
    raise SystemExit(main())
