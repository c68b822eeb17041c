"""The server's sheet and the link's popover: joining, sparing the line, parting; all by keys."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.errors import Refused, Unavailable
from widgets.sync.control import LinkState, LinkView
from widgets.window import MainWindow


class Server:
    """A link that can be joined, spared and left; it does what it is told at once."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.joined = self.metered = False
        self.tried = 0
        self.asked: list[tuple[str, str, str]] = []
        self.trouble: Exception | None = None
        self.answer: Callable[[Exception | str], None] = lambda _answer: None

    def view(self) -> LinkView:
        if not self.joined:
            return LinkView()
        return LinkView(state=LinkState.OFFLINE, since=self.now_ms, server="Centre", waiting=3, metered=self.metered)

    def present(self) -> tuple[()]:
        return ()

    def name_of(self, _desk: str) -> str:
        return ""

    def look_at(self, incident: str) -> None:
        pass

    def use_metered(self, on: bool) -> None:
        self.metered = on

    def try_now(self) -> None:
        self.tried += 1

    def join(self, address: str, code: str, name: str, done: Callable[[Exception | str], None]) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.asked.append((address, code, name))
        self.answer = done

    def leave(self) -> str:
        self.joined = False
        return "This desk has parted from Centre."


@pytest.fixture
def server(window: MainWindow, clock: ManualClock) -> Server:
    window.context.sync = Server(clock.now_ms())
    return window.context.sync


def type_in(*words: Any) -> None:
    from PySide6.QtTest import QTest

    for word in words:
        target = QApplication.focusWidget()
        if isinstance(word, str):
            QTest.keyClicks(target, word)
        else:
            QTest.keyClick(target, word)


def test_that_a_server_is_joined_by_keys_alone(window: MainWindow, server: Server) -> None:
    window.bar.line.setFocus()
    window.keys.toggle_server()
    type_in("centre", Qt.Key.Key_Tab, "7K3M-9QXA", Qt.Key.Key_Tab, "Console 2", Qt.Key.Key_Return)
    assert server.asked == [("centre", "7K3M-9QXA", "Console 2")]
    page = window.sync.page
    assert not page.join_button.isEnabled()
    server.joined = True
    server.answer("This desk has joined Centre as Console 2.")
    assert page.notice.text == "This desk has joined Centre as Console 2."
    assert page.code.text() == ""
    assert window.bar.echo.whole == "This desk has joined Centre as Console 2."
    type_in(Qt.Key.Key_Escape)
    assert not page.isVisible()
    assert window.bar.line.hasFocus()


@pytest.mark.parametrize(
    "trouble", [Refused("This pairing code has expired."), Unavailable("centre does not answer.")], ids=["code", "way"]
)
def test_that_what_stands_in_the_way_is_told_in_place_and_the_fields_keep_their_words(
    window: MainWindow, server: Server, trouble: Exception
) -> None:
    page = window.sync.page
    page.open_page("centre", "7K3M-9QXA")
    type_in(Qt.Key.Key_Return)
    server.answer(trouble)
    assert str(trouble) in page.notice.text
    assert (page.address.text(), page.code.text()) == ("centre", "7K3M-9QXA")
    assert page.join_button.isEnabled()


def test_that_a_missing_code_is_asked_for(window: MainWindow, server: Server) -> None:
    window.sync.page.open_page("centre")
    assert window.sync.page.code.hasFocus()
    type_in(Qt.Key.Key_Return)
    assert server.asked == []
    assert "both the address and the code" in window.sync.page.notice.text


def test_that_the_command_line_joins_too(window: MainWindow, server: Server, qtbot: QtBot) -> None:
    qtbot.keyClicks(window.bar.line, "join centre 7K3M-9QXA")
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Return)
    page = window.sync.page
    assert page.isVisible()
    assert (page.address.text(), page.code.text()) == ("centre", "7K3M-9QXA")


def test_that_parting_takes_two_presses(window: MainWindow, server: Server, qtbot: QtBot) -> None:
    server.joined = True
    page = window.sync.page
    page.open_page()
    qtbot.mouseClick(page.leave_button, Qt.MouseButton.LeftButton)
    assert server.joined
    assert "3 events that wait would not be sent" in page.notice.text
    qtbot.mouseClick(page.leave_button, Qt.MouseButton.LeftButton)
    assert not server.joined


def test_that_the_links_popover_spares_the_line_and_tries_now(
    window: MainWindow, server: Server, clock: ManualClock
) -> None:
    server.joined = True
    window.strip.refresh(clock.now_ms())
    segment = next(segment for segment in window.strip.segments if segment.key == "link")
    segment.click()
    type_in("m")
    assert server.metered
    assert window.bar.echo.whole == "The line is spared."
    segment.click()
    type_in("t")
    assert server.tried == 1
    segment.click()
    type_in(Qt.Key.Key_Return)
    assert window.sync.page.isVisible()
    assert window.sync.page.metered.isChecked()


def test_that_a_desk_that_cannot_join_says_so(window: MainWindow) -> None:
    window.sync.page.open_page()
    assert "not from here" in window.sync.page.facts.text()
