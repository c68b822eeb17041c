"""The command line: an echo before, a sentence after, errors at their word, refusals with a way on."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain import commands as c
from core.domain.statuses import UnitStatus
from widgets.window import MainWindow


def enter(window: MainWindow, qtbot: QtBot, text: str) -> str:
    """Type a line and press Enter; returns the echo."""
    window.bar.focus_line()
    qtbot.keyClicks(window.bar.line, text)
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Return)
    return window.bar.echo.whole


@pytest.fixture
def incident(window: MainWindow, scenes: Any) -> str:
    opened: str = scenes.open()
    window.context.selection.select_incident(opened)
    return opened


def test_that_the_echo_says_what_enter_will_do(window: MainWindow, incident: str, qtbot: QtBot) -> None:
    window.bar.focus_line()
    qtbot.keyClicks(window.bar.line, "d e1")
    assert window.bar.echo.whole.startswith("Dispatch E1 to ")


def test_that_enter_does_it_and_says_how_to_take_it_back(
    window: MainWindow, incident: str, qtbot: QtBot, desk: Desk
) -> None:
    echo = enter(window, qtbot, "d e1 m1")
    assert desk.board.units["E1"].status is UnitStatus.DISPATCHED
    assert echo.startswith("Done: Dispatch E1 and M1")
    assert echo.endswith("Ctrl+Z takes it back.")
    assert window.bar.line.text() == ""


def test_that_ctrl_z_on_an_empty_line_takes_back_what_was_done(
    window: MainWindow, incident: str, qtbot: QtBot, desk: Desk
) -> None:
    enter(window, qtbot, "d e1")
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert desk.board.units["E1"].status is UnitStatus.AVAILABLE
    assert window.bar.echo.whole.startswith("Taken back: E1 sent to 26-A-")


def test_that_ctrl_z_while_typing_takes_back_the_typing(
    window: MainWindow, incident: str, qtbot: QtBot, desk: Desk
) -> None:
    enter(window, qtbot, "d e1")
    qtbot.keyClicks(window.bar.line, "os")
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.bar.line.text() != "os"
    assert desk.board.units["E1"].status is UnitStatus.DISPATCHED


def test_that_several_commands_fit_on_one_line(window: MainWindow, incident: str, qtbot: QtBot, desk: Desk) -> None:
    echo = enter(window, qtbot, "d e1 en e1")
    assert desk.board.units["E1"].status is UnitStatus.EN_ROUTE
    assert "Ctrl+Z takes back the last." in echo


def test_that_an_error_points_at_its_word_and_offers_the_nearest(
    window: MainWindow, incident: str, qtbot: QtBot
) -> None:
    window.bar.focus_line()
    qtbot.keyClicks(window.bar.line, "d e99")
    assert window.bar.line._error == (2, 3)
    assert "Nearest:" in window.bar.echo.whole
    window.grab()  # the underline paints
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Return)
    assert window.bar.line.text() == "d e99"


def test_that_a_refusal_keeps_the_line_and_an_override_is_one_word_away(
    window: MainWindow, incident: str, qtbot: QtBot, desk: Desk, clock: ManualClock
) -> None:
    enter(window, qtbot, "d e1")
    desk.do(c.SetStatus("E1", UnitStatus.ON_SCENE))
    echo = enter(window, qtbot, "ah e1")
    assert "!reason" in echo
    assert desk.board.units["E1"].status is UnitStatus.ON_SCENE
    assert window.bar.line.text() == "ah e1"
    qtbot.keyClicks(window.bar.line, "!by helicopter")
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Return)
    assert desk.board.units["E1"].status is UnitStatus.AT_HOSPITAL


def test_that_closing_with_units_on_it_asks_and_names_them(
    window: MainWindow, incident: str, qtbot: QtBot, desk: Desk
) -> None:
    enter(window, qtbot, "d e1")
    number = desk.board.incidents[incident].number
    disposition = next(iter(desk.agency.dispositions)).lower()
    echo = enter(window, qtbot, f"cl {number.rsplit('-', 1)[-1].lstrip('0')} {disposition}")
    assert number in echo
    assert "E1" in echo
    assert echo.endswith("y / N")
    assert desk.board.incidents[incident].closed_at is None
    qtbot.keyClicks(window.bar.line, "y")
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Return)
    assert desk.board.incidents[incident].closed_at is not None


@pytest.mark.parametrize("answer", ["", "n", "x"])
def test_that_anything_but_yes_leaves_all_as_it_is(
    window: MainWindow, incident: str, qtbot: QtBot, desk: Desk, answer: str
) -> None:
    enter(window, qtbot, "d e1")
    disposition = next(iter(desk.agency.dispositions)).lower()
    number = desk.board.incidents[incident].number.rsplit("-", 1)[-1].lstrip("0")
    enter(window, qtbot, f"cl {number} {disposition}")
    qtbot.keyClicks(window.bar.line, answer)
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Return)
    assert desk.board.incidents[incident].closed_at is None
    assert window.bar.echo.whole == "Nothing was changed."


def test_that_tab_completes_and_goes_through_the_choices(window: MainWindow, incident: str, qtbot: QtBot) -> None:
    window.bar.focus_line()
    qtbot.keyClicks(window.bar.line, "d e")
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Tab)
    first = window.bar.line.text()
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Tab)
    second = window.bar.line.text()
    assert first.startswith("d e1")
    assert second.startswith("d e2")
    assert window.bar.line.hasFocus()


def test_that_up_recalls_and_down_brings_back_what_was_being_typed(
    window: MainWindow, incident: str, qtbot: QtBot
) -> None:
    enter(window, qtbot, "d e1")
    enter(window, qtbot, "en e1")
    qtbot.keyClicks(window.bar.line, "os")
    for key, text in (
        (Qt.Key.Key_Up, "en e1"),
        (Qt.Key.Key_Up, "d e1"),
        (Qt.Key.Key_Down, "en e1"),
        (Qt.Key.Key_Down, "os"),
    ):
        qtbot.keyClick(window.bar.line, key)
        assert window.bar.line.text() == text


def test_that_the_line_asks_the_window_for_what_the_desk_cannot_do(
    window: MainWindow, incident: str, qtbot: QtBot, desk: Desk
) -> None:
    reports: list[str] = []
    window.report_wanted.connect(reports.append)
    enter(window, qtbot, "report")
    assert reports == [incident]
    enter(window, qtbot, "s m1")
    assert window.context.selection.units == ("M1",)
    assert "Dispatch units" in enter(window, qtbot, "? d")
    enter(window, qtbot, "i balmaceda 480")
    assert window.panes.taking_call
    assert window.panes.intake.fields.location.location.text == "balmaceda 480"


def test_that_a_line_of_a_hundred_thousand_characters_is_only_an_error(window: MainWindow, qtbot: QtBot) -> None:
    window.bar.line.setText("d " + "x" * 100_000)
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Return)
    assert window.bar.echo.property("role") == "warning"


def test_that_what_is_typed_after_a_refused_line_takes_its_place(window: MainWindow, qtbot: QtBot) -> None:
    line = window.bar.line
    line.setFocus()
    qtbot.keyClicks(line, "en nosuch")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == "en nosuch"
    qtbot.keyClicks(line, "os e1")
    assert line.text() == "os e1"


def test_that_an_operator_signs_on_by_command(window: MainWindow, qtbot: QtBot, desk: Desk) -> None:
    enter(window, qtbot, "on Ana Rojas, console 2, night")
    assert (desk.board.operator, desk.board.position, desk.board.shift) == ("Ana Rojas", "console 2", "night")
    window.strip.refresh(desk.clock.now_ms())
    assert window.strip.who.text() == "Ana Rojas · console 2 · night"
