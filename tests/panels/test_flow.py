"""From F2 to units assigned, over the panels as the window joins them."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from core.desk import Desk
from core.pack.gazetteer import Gazetteer
from core.roads.engine import RoadEngine
from widgets.context import DeskContext
from widgets.panels.intake import IntakePanel
from widgets.panels.recommendation import RecommendationPanel

Show = Callable[[QWidget], None]


@pytest.fixture
def panels(
    context: DeskContext, gazetteer: Gazetteer, engine: RoadEngine, show: Show
) -> tuple[IntakePanel, RecommendationPanel]:
    context.gazetteer, context.engine = gazetteer, engine
    host = QWidget()
    row = QHBoxLayout(host)
    intake, recommendation = IntakePanel(context), RecommendationPanel(context)
    row.addWidget(intake)
    row.addWidget(recommendation)
    intake.opened.connect(lambda _incident: recommendation.setFocus())
    host.resize(1000, 600)
    show(host)
    context.report_error = pytest.fail
    intake.host = host  # keeps it alive
    return intake, recommendation


def test_that_a_known_address_takes_at_most_30_keystrokes_from_f2_to_units_assigned(
    panels: tuple[IntakePanel, RecommendationPanel], desk: Desk
) -> None:
    intake, _ = panels
    keys: list[tuple[Qt.Key | str, Qt.KeyboardModifier]] = []
    none, ctrl = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
    keys += [(character, none) for character in "balm 450"]
    keys += [(Qt.Key.Key_Return, none), (Qt.Key.Key_Return, none)]
    keys += [(character, none) for character in "arr"]
    keys += [(Qt.Key.Key_Return, ctrl), (Qt.Key.Key_Return, none)]
    intake.begin()
    for key, modifier in keys:
        if isinstance(key, str):
            QTest.keyClicks(QApplication.focusWidget(), key)
        else:
            QTest.keyClick(QApplication.focusWidget(), key, modifier)
    (incident,) = desk.board.open_incidents()
    assert incident.type == "EMS-ARR"
    assert incident.location.placed
    assert {a.unit for a in incident.active_assignments} == {"M2", "A1"}
    assert all(a.eta_s is not None for a in incident.active_assignments)
    assert 1 + len(keys) <= 30


def test_that_the_recommendation_follows_the_call_that_was_just_opened(
    panels: tuple[IntakePanel, RecommendationPanel], desk: Desk
) -> None:
    intake, recommendation = panels
    intake.begin()
    QTest.keyClicks(QApplication.focusWidget(), "balm 450")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    intake.fields.type.set_text("FIRE-STR")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert recommendation.found is not None
    assert recommendation.found.incident == next(desk.board.open_incidents()).id
    assert recommendation.view.hasFocus()
    assert recommendation.ticked
