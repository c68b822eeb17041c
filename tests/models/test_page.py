"""The models' window: everything by keyboard, every decision with its reason, nothing of it blocks or steals."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from core.models.limits import Alert
from core.models.record import Kind, Model, State
from core.models.registry import Registry
from core.models.shipped import SHIPPED, ShippedModel
from core.severity.record import Estimate, SuggestionRecord
from core.store import Store
from widgets.context import DeskContext
from widgets.models.charts import groups
from widgets.models.health import models_item
from widgets.models.page import ModelsPage
from workstation.models.session import ModelsSession

AddModel = Callable[..., Model]


@pytest.fixture
def page(qtbot: QtBot, context: DeskContext, session: ModelsSession) -> Iterator[ModelsPage]:
    parent = QWidget()
    qtbot.addWidget(parent)
    yield ModelsPage(context, parent)
    QApplication.processEvents()


def opened(qtbot: QtBot, page: ModelsPage, session: ModelsSession) -> ModelsPage:
    page.open_page()
    qtbot.waitUntil(lambda: session.overview is not None, timeout=20_000)
    return page


def decide(qtbot: QtBot, page: ModelsPage, session: ModelsSession, key: Qt.Key, reason: str) -> None:
    """Press the key of a decision, type the reason and take it; returns when the figures are fresh."""
    before = session.overview
    QTest.keyClick(page.list, key)
    answer(page, reason)
    qtbot.waitUntil(lambda: session.overview is not before, timeout=20_000)


def answer(page: ModelsPage, reason: str) -> None:
    field = page.chooser._field
    QTest.keyClicks(field, reason)
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_that_an_empty_registry_says_how_a_model_comes_to_be(
    qtbot: QtBot, page: ModelsPage, session: ModelsSession
) -> None:
    opened(qtbot, page, session)
    assert "T trains one" in page.empty.text()
    assert "ships with Foredesk" in page.state.text()


def test_that_a_model_is_approved_by_keys_with_a_reason(
    qtbot: QtBot, page: ModelsPage, session: ModelsSession, registry: Registry, add: AddModel
) -> None:
    model = add("one")
    opened(qtbot, page, session)
    decide(qtbot, page, session, Qt.Key.Key_A, "Better for children")
    assert registry.model(model.number).state is State.CHAMPION
    step = registry.history(model.number)[-1]
    assert (step.who, step.reason) == ("Kim", "Better for children")
    assert "champion" in page.table.cell(0, 1).text


def test_that_a_failed_gate_is_shown_and_asks_for_a_second_reason(
    qtbot: QtBot, page: ModelsPage, session: ModelsSession, registry: Registry, add: AddModel
) -> None:
    model = add("one", ece=0.3)
    opened(qtbot, page, session)
    QTest.keyClick(page.list, Qt.Key.Key_A)
    answer(page, "Try")
    assert "does not pass its gates" in page.notice.text
    assert registry.model(model.number).state is State.CANDIDATE
    QTest.keyClick(page.chooser._field, Qt.Key.Key_Escape)
    assert registry.model(model.number).state is State.CANDIDATE
    QTest.keyClick(page.list, Qt.Key.Key_A)
    answer(page, "Try")
    answer(page, "The old one fails in Spanish")
    assert registry.model(model.number).state is State.CHAMPION
    assert registry.history(model.number)[-1].overridden


def test_that_the_shadow_the_retired_and_the_rolled_back_go_by_keys(
    qtbot: QtBot, page: ModelsPage, session: ModelsSession, registry: Registry, add: AddModel
) -> None:
    first, second, third = add("one"), add("two"), add("three")
    registry.approve(first.number, who="Dr. Silva", reason="First")
    registry.approve(second.number, who="Dr. Silva", reason="Better")
    opened(qtbot, page, session)
    page.list.mark((str(third.number),))
    decide(qtbot, page, session, Qt.Key.Key_S, "Watch it")
    assert registry.model(third.number).state is State.SHADOW
    decide(qtbot, page, session, Qt.Key.Key_X, "Not needed")
    assert registry.model(third.number).state is State.RETIRED
    decide(qtbot, page, session, Qt.Key.Key_B, "Misses burns")
    assert registry.champion(Kind.SEVERITY) == registry.model(first.number)


def test_that_nobody_decides_without_signing_on(
    qtbot: QtBot, page: ModelsPage, session: ModelsSession, registry: Registry, add: AddModel, context: DeskContext
) -> None:
    model = add("one")
    context.desk.board.operator = ""
    opened(qtbot, page, session)
    QTest.keyClick(page.list, Qt.Key.Key_A)
    answer(page, "Try")
    assert "Nobody is signed on" in page.notice.text
    assert registry.model(model.number).state is State.CANDIDATE


def test_that_figures_alerts_and_lines_come_from_the_store(
    qtbot: QtBot, page: ModelsPage, session: ModelsSession, context: DeskContext
) -> None:
    store, now_ms = context.desk.store, context.desk.clock.now_ms()
    assert isinstance(store, Store)
    estimate = Estimate("m", (0.1, 0.9), 0.1, "moderate", words=10, unknown=1)
    for n in range(300):
        at = now_ms - n * 3_600_000
        own = "high" if n % 2 else ""
        store.save_suggestion(
            SuggestionRecord(incident=f"i{n}", at=at, level="moderate", own=own, champion=estimate, latency_ms=1.0)
        )
    store.write_suggestions()
    opened(qtbot, page, session)
    assert "Suggestions that people changed: 50.0 % over 300 cases" in page.alerts.text()
    chart = next(chart for chart in page.charts[Kind.SEVERITY].charts if chart.group.name == "override")
    assert "50.0 %" in chart.said.text()
    assert chart.plot is not None


def test_that_the_health_strip_tells_of_alerts_and_of_nothing_else(
    qtbot: QtBot, page: ModelsPage, session: ModelsSession, context: DeskContext
) -> None:
    assert models_item(context) is None
    opened(qtbot, page, session)
    assert models_item(context) is None
    assert session.overview is not None
    alert = Alert(Kind.SEVERITY, "ece", 2, "Error", "The error is high.", "Train.")
    watched = replace(session.overview.watched[Kind.SEVERITY], alerts=(alert,))
    session.overview = replace(session.overview, watched={Kind.SEVERITY: watched})
    item = models_item(context)
    assert item is not None
    assert (item.word, item.reasons) == ("1 alarm", ("The error is high.",))


def test_that_digits_change_the_kind(qtbot: QtBot, page: ModelsPage, session: ModelsSession, add: AddModel) -> None:
    add("one")
    add("two", Kind.RESPONSE)
    opened(qtbot, page, session)
    QTest.keyClick(page.list, Qt.Key.Key_2)
    assert page.kind is Kind.RESPONSE
    assert page.table.rowCount() == 1
    assert "error 180.0 s" in page.table.cell(0, 4).text


def test_that_a_tampered_file_is_told_and_the_page_stands(
    qtbot: QtBot, page: ModelsPage, session: ModelsSession, registry: Registry, add: AddModel
) -> None:
    model = add("one")
    registry.approve(model.number, who="Dr. Silva", reason="First")
    registry.files.path_of(model.sha256).write_text("tampered")
    opened(qtbot, page, session)
    assert "changed" in page.state.text()
    assert page.table.key_at(0) == str(model.number)


def test_that_escape_closes_the_page_and_nothing_is_told_to_it_any_more(
    qtbot: QtBot, page: ModelsPage, session: ModelsSession
) -> None:
    opened(qtbot, page, session)
    assert page.refresh in session.on_change
    QTest.keyClick(page.list, Qt.Key.Key_Escape)
    assert not page.isVisible()
    assert session.on_change == []


def test_that_a_window_without_models_says_so(qtbot: QtBot, context: DeskContext) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    page = ModelsPage(context, parent)
    page.open_page()
    assert "no models" in page.empty.text()
    page.close()


def test_that_every_control_has_an_accessible_name(qtbot: QtBot, page: ModelsPage, session: ModelsSession) -> None:
    opened(qtbot, page, session)
    focusable = [w for w in page.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisible()]
    nameless = [w for w in focusable if not w.accessibleName() and not isinstance(w, QLabel)]
    assert not nameless


@pytest.mark.parametrize("kind", list(Kind))
def test_that_every_watched_measure_has_its_chart(kind: Kind) -> None:
    assert all(group.title for group in groups(kind))


def test_that_the_model_that_ships_stands_in_the_list_with_its_card(
    qtbot: QtBot, page: ModelsPage, session: ModelsSession
) -> None:
    opened(qtbot, page, session)
    found = session.overview
    assert found is not None
    shipped = ShippedModel("Foredesk severity", "ab" * 32, 1000, "2026-11-20", "calls", {"auroc": 0.83}, "# Card", True)
    session.overview = replace(found, shipped=shipped)
    page.refresh()
    page.list.mark((SHIPPED,))
    assert "shipped with Foredesk, in use" in page.detail.text()
    assert "Card" in page.detail.text()
    assert not page.approve_button.isEnabled()
