"""Whoever cannot see the screen or use the mouse: names on everything that takes the focus, and what is read out."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QScrollBar, QWidget

from core.clock import ManualClock
from core.domain.statuses import Priority
from widgets import announce
from widgets.window import MainWindow


def takes_focus(widget: QWidget) -> bool:
    return widget.focusPolicy() != Qt.FocusPolicy.NoFocus and not isinstance(widget, QScrollBar)


def name_of(widget: QWidget) -> str:
    """What a screen reader says: the accessible name, a button's text, or the name of the label that belongs to it."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip() if interface else ""


def nameless(window: MainWindow) -> list[str]:
    return [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for widget in window.findChildren(QWidget)
        if takes_focus(widget) and widget.isVisibleTo(window) and not name_of(widget)
    ]


def test_that_every_control_that_takes_the_focus_has_a_name(busy_window: MainWindow) -> None:
    busy_window.context.selection.select_incident(next(iter(busy_window.context.desk.board.incidents)))
    busy_window.overlay.toggle()
    busy_window.manual.show_page("index")
    assert nameless(busy_window) == []


def test_that_the_intake_has_names_too(busy_window: MainWindow) -> None:
    busy_window.keys.new_call()
    assert nameless(busy_window) == []


def test_that_every_panel_says_what_it_is(window: MainWindow) -> None:
    for dock in window.panes.docks.values():
        assert dock.accessibleName()
        assert dock.content.accessibleName()


def test_that_no_button_says_only_a_sign(busy_window: MainWindow) -> None:
    for button in busy_window.findChildren(QAbstractButton):
        if takes_focus(button):
            assert any(character.isalpha() for character in name_of(button)), button.text()


Told = list[tuple[str, QAccessible.AnnouncementPoliteness]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What goes to screen readers."""
    heard: Told = []

    class Listening:
        AnnouncementPoliteness = QAccessible.AnnouncementPoliteness

        @staticmethod
        def updateAccessibility(event: QAccessibleEvent) -> None:
            assert isinstance(event, QAccessibleAnnouncementEvent)
            heard.append((event.message(), event.politeness()))

    monkeypatch.setattr(announce, "QAccessible", Listening)
    return heard


def test_that_a_status_is_announced_politely(window: MainWindow, told: Told) -> None:
    window.bar.say("M1: on scene.")
    assert told == [("M1: on scene.", QAccessible.AnnouncementPoliteness.Polite)]


def test_that_an_alarm_is_announced_at_once(window: MainWindow, clock: ManualClock, told: Told, scenes: Any) -> None:
    scenes.open(Priority.P1)
    clock.advance(600)
    window.tray.refresh()
    assertive = [message for message, how in told if how is QAccessible.AnnouncementPoliteness.Assertive]
    assert len(assertive) == 1
    assert "has waited" in assertive[0]
    window.tray.refresh()
    assert len([1 for _, how in told if how is QAccessible.AnnouncementPoliteness.Assertive]) == 1


def test_that_the_health_strip_says_its_level_in_words(window: MainWindow) -> None:
    for segment in window.strip.segments:
        assert segment.item is not None
        assert segment.item.word in segment.accessibleName()
        assert len(segment.accessibleName().split(",")) > 1


def test_that_nothing_rests_on_hovering_alone(window: MainWindow) -> None:
    """A label that shortens its text says the whole to screen readers too."""
    window.bar.say("x" * 400)
    assert window.bar.echo.accessibleName() == "x" * 400
    assert isinstance(window.bar.echo, QLabel)
