"""The incident panel at every size: units before an empty narrative, scrolled and never cut."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.domain.commands import AddNarrative, Assign, SetStatus
from core.domain.statuses import UnitStatus
from core.roads.engine import RoadEngine
from widgets.context import DeskContext
from widgets.panels.incident import IncidentPanel
from widgets.panels.incident_units import NOTE
from widgets.panels.queue import QueuePanel
from widgets.panels.queue_model import LOCATION, SEVERITY, STATE
from widgets.theme import Scheme, Theme
from widgets.window import MainWindow

OpenOne = Callable[..., str]
LONG_ROAD = "Circunvalación Monjitas Oriente & Avenida Cruz del Molino"


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    theme = Theme(qapp, Scheme.DARK)
    yield theme
    theme.recall("dark 100")


@pytest.fixture
def window(qtbot: QtBot, context: DeskContext, theme: Theme) -> Iterator[MainWindow]:
    window = MainWindow(context, theme, with_map=False)
    window.resize(1600, 1000)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def settle() -> None:
    for _ in range(8):
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents()


def uncut(panel: IncidentPanel) -> list[str]:
    """Lines of the header that have less height than their text needs."""
    header = panel.header
    lines = (header.kind, header.place, header.place_note, header.callback, header.calls)
    return [line.text() for line in lines if line.isVisible() and line.height() < line.heightForWidth(line.width())]


def test_that_all_units_are_seen_before_the_empty_narrative_gets_room(
    context: DeskContext, desk: Desk, open_one: OpenOne, show: Callable[[QWidget], None]
) -> None:
    incident = open_one()
    desk.do(Assign(incident, ("M1", "M2", "A1", "E1", "E2")))
    context.selection.select_incident(incident)
    panel = IncidentPanel(context)
    panel.resize(440, 480)
    show(panel)
    settle()
    assert panel.units.verticalScrollBar().maximum() == 0
    panel.resize(440, 360)
    settle()
    assert panel.narrative.height() <= panel.narrative.minimumHeight() + 2


def test_that_the_note_stays_when_times_of_transport_come(
    context: DeskContext, desk: Desk, open_one: OpenOne, show: Callable[[QWidget], None]
) -> None:
    incident = open_one()
    desk.do(Assign(incident, ("M1", "E1")))
    for status in (UnitStatus.EN_ROUTE, UnitStatus.ON_SCENE, UnitStatus.TRANSPORTING):
        desk.do(SetStatus("M1", status))
    context.selection.select_incident(incident)
    panel = IncidentPanel(context)
    panel.resize(440, 480)
    show(panel)
    settle()
    assert not panel.units.isColumnHidden(NOTE)


@pytest.mark.parametrize("size", [(1600, 1000), (1024, 768), (800, 600)])
@pytest.mark.parametrize("scale", [100, 200])
def test_that_no_line_of_the_incident_is_cut_at_any_size(
    window: MainWindow, theme: Theme, desk: Desk, open_one: OpenOne, size: tuple[int, int], scale: int
) -> None:
    incident = open_one(text=LONG_ROAD, callback="+56 9 5550 9952")
    desk.do(Assign(incident, ("M1", "E1", "A1")))
    desk.do(AddNarrative(incident, "He is awake again. " * 8))
    theme.recall(f"dark {scale}")
    window.resize(*size)
    window.context.selection.select_incident(incident)
    settle()
    panel = window.panes.incident
    assert uncut(panel) == []
    host = window.panes.docks["incident"].widget()
    assert panel.width() <= host.viewport().width(), "cut at the right"


def test_that_docks_take_their_least_width_from_the_scale_in_force(window: MainWindow, theme: Theme) -> None:
    settle()
    before = {name: dock.minimumSizeHint().width() for name, dock in window.panes.docks.items() if dock.isVisible()}
    theme.recall("dark 200")
    settle()
    theme.recall("dark 100")
    settle()
    after = {name: dock.minimumSizeHint().width() for name, dock in window.panes.docks.items() if dock.isVisible()}
    assert after == before


def test_that_the_queue_keeps_the_state_when_it_is_narrow(
    context: DeskContext, open_one: OpenOne, show: Callable[[QWidget], None]
) -> None:
    open_one()
    panel = QueuePanel(context)
    digit = panel.fontMetrics().horizontalAdvance("0")
    panel.resize(50 * digit, 300)  # about what it gets at 200 % on 1600 pixels, whatever the machine's font is
    show(panel)
    hidden = {column for column in range(panel.model.columnCount()) if panel.view.isColumnHidden(column)}
    assert SEVERITY in hidden
    assert not hidden & {STATE, LOCATION}


@pytest.mark.parametrize("size", [(1600, 1000), (1024, 768), (800, 600)])
@pytest.mark.parametrize("scale", [100, 200])
def test_that_the_button_that_sends_is_in_sight_at_any_size(
    window: MainWindow, theme: Theme, engine: RoadEngine, open_one: OpenOne, size: tuple[int, int], scale: int
) -> None:
    window.context.engine = engine
    theme.recall(f"dark {scale}")
    window.resize(*size)
    window.context.selection.select_incident(open_one("FIRE-STR"))
    window.panes.docks["recommendation"].focus_inside()
    settle()
    panel, host = window.panes.recommendation, window.panes.docks["recommendation"].widget()
    button = panel.send_button
    seen = QRect(button.mapTo(host, QPoint()), button.size())
    assert host.rect().contains(seen)
    assert host.verticalScrollBar().maximum() == 0


def test_that_a_window_at_a_large_scale_is_no_higher_than_it_was_asked_to_be(
    qtbot: QtBot, context: DeskContext, theme: Theme
) -> None:
    theme.recall("dark 200")
    context.desk.store.put_setting("window.look", "dark 200")
    window = MainWindow(context, theme, with_map=False)
    window.resize(1600, 1000)
    window.show()
    qtbot.waitExposed(window)
    settle()
    height = window.height()
    window.close()
    window.deleteLater()
    assert height == 1000
