"""What holds for every panel: names for screen readers, a sensible way round by Tab, nothing clipped, nothing modal."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from core.desk import Desk
from core.domain.commands import Assign, SetStatus
from core.domain.statuses import UnitStatus
from core.pack.gazetteer import Gazetteer
from core.roads.engine import RoadEngine
from widgets.context import DeskContext
from widgets.docks import first_focusable
from widgets.panels.incident import IncidentPanel
from widgets.panels.intake import IntakePanel
from widgets.panels.queue import QueuePanel
from widgets.panels.queue_model import LOCATION, SEVERITY, TYPE
from widgets.panels.recommendation import RecommendationPanel
from widgets.panels.rows_view import RowsView
from widgets.panels.unit_model import CALLSIGN, KIND, STATION, STATUS
from widgets.panels.units import UnitPanel
from widgets.theme import Scheme, Theme

OpenOne = Callable[..., str]
Show = Callable[[QWidget], None]
PANELS = (QueuePanel, UnitPanel, IntakePanel, IncidentPanel, RecommendationPanel)


@pytest.fixture
def make(
    context: DeskContext, desk: Desk, gazetteer: Gazetteer, engine: RoadEngine, open_one: OpenOne, show: Show
) -> Callable[[type[QWidget]], QWidget]:
    """Makes a panel over a desk with something on it, and shows it."""
    context.gazetteer, context.engine = gazetteer, engine
    incident = open_one()
    desk.do(Assign(open_one("FIRE-STR"), ("E1", "L1")))
    desk.do(SetStatus("E1", UnitStatus.ON_SCENE))
    context.selection.select_incident(incident)

    def make_it(kind: type[QWidget]) -> QWidget:
        panel = kind(context)
        panel.resize(520, 560)
        show(panel)
        return panel

    return make_it


@pytest.mark.parametrize("kind", PANELS)
def test_that_everything_that_takes_the_keyboard_has_a_name(
    make: Callable[[type[QWidget]], QWidget], kind: type[QWidget]
) -> None:
    panel = make(kind)
    assert panel.accessibleName()
    nameless = [
        widget
        for widget in panel.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not widget.objectName().startswith("qt_")
        and not widget.accessibleName()
    ]
    assert nameless == []


@pytest.mark.parametrize("kind", PANELS)
def test_that_tab_goes_round_the_panel_and_comes_back(
    make: Callable[[type[QWidget]], QWidget], kind: type[QWidget]
) -> None:
    panel = make(kind)
    (first_focusable(panel) or panel).setFocus()
    first = QApplication.focusWidget()
    assert panel.isAncestorOf(first)
    seen = [first]
    for _ in range(40):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        if QApplication.focusWidget() is first:
            break
        seen.append(QApplication.focusWidget())
    assert QApplication.focusWidget() is first
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("kind", PANELS)
def test_that_nothing_is_said_in_a_tip_alone(make: Callable[[type[QWidget]], QWidget], kind: type[QWidget]) -> None:
    panel = make(kind)
    assert [w for w in panel.findChildren(QWidget) if w.toolTip() and w.toolTip() != w.accessibleName()] == []


@pytest.mark.parametrize("kind", PANELS)
def test_that_rows_are_spoken_as_sentences(make: Callable[[type[QWidget]], QWidget], kind: type[QWidget]) -> None:
    panel = make(kind)
    for view in panel.findChildren(RowsView):
        if view.model().rowCount():
            spoken = view.model().data(view.model().index(0, 0), Qt.ItemDataRole.AccessibleTextRole)
            assert spoken.endswith(".")


def test_that_a_narrow_queue_drops_what_matters_least(make: Callable[[type[QWidget]], QWidget]) -> None:
    panel = make(QueuePanel)
    panel.resize(340, 400)
    hidden = {at for at in range(panel.model.columnCount()) if panel.view.isColumnHidden(at)}
    assert SEVERITY in hidden
    assert not {LOCATION, TYPE} & hidden
    panel.resize(620, 400)
    assert not panel.view.isColumnHidden(SEVERITY)


def test_that_a_narrow_unit_board_keeps_callsign_and_status(make: Callable[[type[QWidget]], QWidget]) -> None:
    panel = make(UnitPanel)
    panel.resize(300, 400)
    hidden = {at for at in range(panel.model.columnCount()) if panel.view.isColumnHidden(at)}
    assert {STATION, KIND} <= hidden
    assert not {CALLSIGN, STATUS} & hidden


@pytest.mark.parametrize("scale", [80, 100, 200])
@pytest.mark.parametrize("kind", PANELS)
def test_that_no_label_is_cut_off_at_any_scale(
    make: Callable[[type[QWidget]], QWidget], kind: type[QWidget], scale: int, qapp: QApplication
) -> None:
    theme = Theme(qapp, Scheme.DARK, scale)
    try:
        panel = make(kind)
        panel.resize(round(440 * scale / 100), round(640 * scale / 100))
        qapp.processEvents()
        cut = [
            label.text()
            for label in panel.findChildren(QLabel)
            if label.isVisible() and label.width() < label.minimumSizeHint().width() - 1
        ]
        assert cut == []
        assert panel.width() <= round(440 * scale / 100)
    finally:
        theme.set_scale(100)
        qapp.setStyleSheet("")
