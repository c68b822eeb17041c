"""Runs the desk's window: Qt and asyncio on one loop, the map loaded after the first paint, bugs said and survived."""

import asyncio
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from types import TracebackType

import qasync
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication, QMessageBox

from core.errors import ForedeskError, Refused, Unavailable
from widgets.context import DeskContext, Mode
from widgets.first_run import FirstChoice, FirstRun
from widgets.notifier import Notifier
from widgets.palette import DARK
from widgets.selection import Selection
from widgets.theme import Theme
from widgets.window import MainWindow
from workstation.avl.session import AvlSession
from workstation.compose import OpenDesk, demo_pack_path, find_agency, find_pack, open_desk, remember_pack, start_log
from workstation.maps import load_map
from workstation.models.session import ModelsSession
from workstation.models.suggesting import SuggestingSession
from workstation.paths import data_folder, log_folder
from workstation.qt import close_on_signals, has_display, start_qt
from workstation.sync.session import MEMBERSHIP, SyncSession

log = logging.getLogger(__name__)

FIRST_CHOICE = "first choice"
_STARTED_AT = perf_counter()


class Session:
    """One window over one open desk, from showing it to closing it."""

    def __init__(self, application: QApplication, opened: OpenDesk, *, mode: Mode, pack_path: Path | None) -> None:
        self.opened = opened
        self.desk = opened.desk
        self.pack_path = pack_path
        self.context = DeskContext(
            desk=opened.desk,
            notifier=Notifier(opened.desk),
            selection=Selection(),
            palette=DARK,
            mode=mode,
            map_coming=pack_path is not None,
        )
        self.avl = AvlSession(opened.desk, self._report_trouble, capture_folder=opened.folder / "captures")
        self.context.avl = self.avl
        self.suggesting = SuggestingSession(opened.desk, opened.store, opened.folder, self._report_trouble)
        self.context.suggester = self.suggesting
        self.sync: SyncSession | None = None
        if mode is Mode.LIVE:
            self.sync = SyncSession(opened.desk, opened.store, self._report_trouble, folder=opened.folder)
            self.avl.desk_side.heard = self.sync.tell_positions
        self.context.sync = self.sync
        self.models = ModelsSession(
            opened.desk, opened.folder, opened.key.key, application, retrain_by_itself=mode is Mode.LIVE
        )
        self.context.models = self.models
        self.models.expectations.on_change.append(self._take_expectations)
        self.window = MainWindow(self.context, Theme(application))
        self.window.report_wanted.connect(self._print_report)
        self.window.card_wanted.connect(self._print_card)
        self.on_map: list[Callable[[], None]] = []
        self.map_settled = asyncio.Event()
        self._closed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.window.closing.connect(self._closed.set)

    async def run(self) -> None:
        """Show the window and stay until it is closed."""
        asyncio.get_running_loop().set_exception_handler(_tell_loop_trouble)
        sys.excepthook = self.tell_bug
        self.window.painted.connect(lambda: self.start(self.bring_map()))
        self.window.painted.connect(self.avl.begin)
        self.window.painted.connect(lambda: self.start(self.suggesting.load()))
        self.context.notifier.tick.connect(self._renew_models)
        self.suggesting.on_change.append(self.window.panes.intake.fields.severity.look_again)
        self.window.painted.connect(self._begin_sync)
        self.context.notifier.tick.connect(lambda _now: self.avl.desk_side.tidy())
        self.context.notifier.tick.connect(self.models.tick)
        self.avl.proposed.connect(self.window.tray.refresh)
        self._open()
        try:
            await self._closed.wait()
        finally:
            sys.excepthook = sys.__excepthook__
            self.avl.shut()
            self.models.shut()
            self.suggesting.close()
            if self.sync is not None:
                self.sync.shut()
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self.context.notifier.close()

    def _take_expectations(self) -> None:
        self.context.expects = self.models.expectations.expects
        self.window.panes.recommendation.renew()

    def _begin_sync(self) -> None:
        if self.sync is not None:
            self.start(self.sync.begin())

    def _open(self) -> None:
        """Over the whole screen the first time, where there is one; a layout that was kept comes back by itself."""
        if has_display():
            self.window.setGeometry(self.window.screen().availableGeometry())
        self.window.show()

    def _report_trouble(self, error: ForedeskError) -> None:
        self.context.report_error(error)

    def start(self, work: "asyncio.Future[None] | object") -> None:
        """Run a coroutine beside the window and keep hold of it."""
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.tell_bug(type(error), error, error.__traceback__)

    async def bring_map(self) -> None:
        """Load the map pack in a thread and hand it to the views; without one the desk works all the same."""
        if self.pack_path is not None:
            try:
                loaded = await asyncio.to_thread(load_map, self.pack_path)
            except Unavailable as trouble:
                self.context.map_trouble = trouble
                self.window.bar.show_error(trouble)
            else:
                context = self.context
                context.pack, context.engine, context.gazetteer = loaded.pack, loaded.engine, loaded.gazetteer
                if context.mode is Mode.LIVE:
                    remember_pack(self.pack_path, self.opened.store)
        self.context.map_coming = False
        self.window.use_map()
        for act in self.on_map:
            act()
        self.map_settled.set()

    def _renew_models(self, now_ms: int) -> None:
        if self.suggesting.due(now_ms):
            self.start(self.suggesting.load())

    def _print_report(self, incident_id: str) -> None:
        self.start(self._report(incident_id))

    async def _report(self, incident_id: str) -> None:
        """Ctrl+P: a PDF in the user's documents, opened for printing."""
        from workstation.printing import print_report

        try:
            path = await print_report(self.desk, incident_id, self.context.pack, self.context.mode)
        except (Refused, Unavailable) as error:
            self.window.bar.show_error(error)
        else:
            self.window.bar.say(f"The report was written to {path}.")

    def _print_card(self, html: str) -> None:
        self.start(self._card(html))

    async def _card(self, html: str) -> None:
        from workstation.printing import print_card

        try:
            path = await print_card(html)
        except Unavailable as error:
            self.window.bar.show_error(error)
        else:
            self.window.bar.say(f"The card of keys was written to {path}.")

    def tell_bug(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """A bug is logged and said; it never closes the desk. A trouble that nobody caught is said in its own words."""
        if isinstance(error, ForedeskError):
            log.error("nobody caught: %s", error, exc_info=(kind, error, trace))
            self.window.report_error(error)
            return
        log.critical("a bug", exc_info=(kind, error, trace))
        self.window.report_error(
            ForedeskError(
                f"Something went wrong inside Foredesk ({kind.__name__}).",
                "What was acknowledged before is kept; the last act may not have happened.",
                f"Go on working; tell your administrator. Details are in {log_folder()}.",
            )
        )


def _tell_loop_trouble(_loop: asyncio.AbstractEventLoop, facts: dict[str, object]) -> None:
    error = facts.get("exception")
    if isinstance(error, BaseException):
        sys.excepthook(type(error), error, error.__traceback__)
    else:
        log.error("trouble in the event loop: %s", facts.get("message"))


def run_session(session_of: Callable[[QApplication], Session], application: QApplication) -> int:
    """Run a session's loop to its end and close its desk, whatever happens. Returns the exit code."""
    stopped = close_on_signals(application)

    async def live() -> None:
        session = session_of(application)
        try:
            await session.run()
        finally:
            session.opened.close()

    # Not asyncio.Runner: it runs the loop once more to clean up, and Chromium does not outlive the loop's first end.
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(live())
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    if stopped():
        sys.stderr.write("The desk was closed. What was typed is kept.\n")
    return stopped()


def run_desk(*, agency_file: Path | None, pack_file: Path | None, stop_at_first_paint: bool = False) -> int:
    """The command `foredesk run`."""
    start_log()
    folder = data_folder()
    application = start_qt()
    try:
        opened = open_desk(folder, find_agency(agency_file, folder))
    except Unavailable as trouble:
        return refuse_to_start(trouble)
    try:
        pack_path = find_pack(pack_file, opened.store)
    except Unavailable as trouble:
        opened.close()
        return refuse_to_start(trouble)
    settled = opened.store.get_setting(FIRST_CHOICE) or opened.store.get_setting(MEMBERSHIP)
    if pack_path is None and has_display() and not settled:
        return begin(application, opened, folder)
    return run_live(application, opened, pack_path, stop_at_first_paint=stop_at_first_paint)


def run_live(
    application: QApplication,
    opened: OpenDesk,
    pack_path: Path | None,
    *,
    stop_at_first_paint: bool = False,
    to_join: bool = False,
) -> int:
    """The desk for real work, until its window is closed; `to_join` opens the server's sheet over it."""

    def session_of(app: QApplication) -> Session:
        session = Session(app, opened, mode=Mode.LIVE, pack_path=pack_path)
        if stop_at_first_paint:
            session.window.painted.connect(lambda: _say_painted(session))
            session.on_map.append(lambda: _close(session))
        if to_join:
            session.window.painted.connect(session.window.sync.page.open_page)
        return session

    return run_session(session_of, application)


def begin(application: QApplication, opened: OpenDesk, folder: Path) -> int:
    """The first start of this store: ask how to begin, and begin so. The demo leaves the question for next time."""
    Theme(application)
    close_on_signals(application)
    page = FirstRun((sys.executable, "-m", "workstation.cli", "map", "build"), folder / "packs")
    answers: list[tuple[FirstChoice, str]] = []
    wait = QEventLoop()
    page.chosen.connect(lambda choice, pack: answers.append((choice, pack)))
    page.chosen.connect(wait.quit)
    page.left.connect(wait.quit)
    page.show()
    wait.exec()
    page.deleteLater()
    choice, pack = answers[0] if answers else (None, "")
    if choice is None or choice is FirstChoice.DEMO:
        opened.close()
        if choice is None:
            return 0
        from workstation.demo import run_demo

        return run_demo(application)
    try:
        if choice is FirstChoice.NO_MAP:  # a map is remembered once it has opened; until then the question stands
            opened.store.put_setting(FIRST_CHOICE, choice.value)
        pack_path = find_pack(Path(pack) if pack else None, opened.store)
    except Unavailable as trouble:
        opened.close()
        return refuse_to_start(trouble)
    return run_live(application, opened, pack_path, to_join=choice is FirstChoice.JOIN)


def _say_painted(_session: Session) -> None:
    sys.stdout.write(f"first paint after {perf_counter() - _STARTED_AT:.3f} s\n")
    sys.stdout.flush()


def _close(session: Session) -> None:
    session.window.close()


def refuse_to_start(trouble: ForedeskError) -> int:
    """Say why there is no desk, where it will be read: in a window where there is a display, and on the terminal."""
    log.error("the desk could not open: %s", trouble)
    sys.stderr.write(f"{trouble}\n")
    if has_display():
        box = QMessageBox(QMessageBox.Icon.Critical, "Foredesk cannot open", trouble.happened)
        box.setInformativeText(f"{trouble.holds}\n\n{trouble.do}".strip())
        box.exec()
    return 1


__all__ = ["Session", "demo_pack_path", "refuse_to_start", "run_desk", "run_session"]
