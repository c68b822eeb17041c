"""The server's sheet over a real desk: files on a stick both ways, and field posts, all by keyboard."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from core.domain.agency_file import read_agency
from core.domain.commands import OpenIncident
from core.domain.values import Location
from resources import resource_path
from sync.link.membership import Membership, keep_membership
from sync.link.store_side import CENTRE
from sync.protocol.messages import DeskCard
from tests.link.rig import Agency
from tests.post.village import QUICK, Village
from widgets.context import DeskContext, Mode
from widgets.notifier import Notifier
from widgets.selection import Selection
from widgets.sync.link_page import LinkPage
from widgets.theme import Scheme, Theme
from workstation.clock import SteadyClock
from workstation.compose import open_desk
from workstation.sync import posting
from workstation.sync.session import SyncSession

PATIENCE_MS = 20_000


class Seat:
    """A desk of an agency, whose server it cannot reach, with the sheet open."""

    def __init__(self, folder: Path, name: str, agency: Agency, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.opened = open_desk(folder, read_agency(resource_path("agency", "demo.toml")), SteadyClock())
        desk, store = self.opened.desk, self.opened.store
        card = DeskCard(desk.desk_id, f"Desk {name}", name, store.identity().public_key)
        keep_membership(store, Membership("", "", "", "Demo", agency.public_key, agency.vouch(card)))
        self.session = SyncSession(desk, store, lambda error: pytest.fail(str(error)), folder=folder)
        asyncio.run(self.session.begin())
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        palette = Theme(application, Scheme.DARK).palette
        self.notifier = Notifier(desk)
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.page = LinkPage(
            DeskContext(desk, self.notifier, Selection(), palette, Mode.LIVE, sync=self.session), self.window
        )
        self.window.resize(1200, 800)
        self.window.show()
        self.page.open_page()

    def press(self, widget: QWidget) -> None:
        assert widget.isVisible()
        assert widget.isEnabled()
        self._qtbot.keyClick(widget, Qt.Key.Key_Space)

    def told(self, words: str) -> None:
        self._qtbot.waitUntil(lambda: words in self.page.notice.text, timeout=PATIENCE_MS)

    def close(self) -> None:
        self.session.shut()
        self.notifier.close()
        self.opened.close()


@pytest.fixture
def seats(tmp_path: Path, qtbot: QtBot) -> Iterator[tuple[Seat, Seat]]:
    agency = Agency()
    made = Seat(tmp_path / "a", "A", agency, qtbot), Seat(tmp_path / "b", "B", agency, qtbot)
    yield made
    for seat in made:
        seat.close()


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """What the person will choose in the file dialog."""

    def choose_(path: Path) -> None:
        for dialog in ("getSaveFileName", "getOpenFileName"):
            monkeypatch.setattr(QFileDialog, dialog, lambda *_: (str(path), ""))

    return choose_


def test_that_a_file_is_written_at_one_desk_and_taken_at_another_by_keyboard(
    seats: tuple[Seat, Seat], choose: Callable[[Path], None], tmp_path: Path, qtbot: QtBot
) -> None:
    a, b = seats
    a.opened.desk.do(OpenIncident("FIRE-STR", Location("17 Stick Street")))
    choose(tmp_path / "north")
    qtbot.keyClicks(a.page.stick.to, "North")
    a.press(a.page.stick.write_button)
    assert not a.page.stick.take_button.isEnabled(), "one file at a time"
    a.told("for North, in all")
    choose(tmp_path / "north.fdsync")
    b.press(b.page.stick.take_button)
    b.told("are new here")
    assert [incident.location.text for incident in b.opened.desk.board.open_incidents()] == ["17 Stick Street"]
    b.press(b.page.stick.take_button)
    b.told("this desk had them all")
    a.press(a.page.stick.write_button)
    a.told("There is nothing new for North.")
    assert a.opened.store.outgoing(0, server="").waiting > 0, f"{CENTRE} still gets them"


def test_that_a_file_that_is_none_is_told_and_the_next_can_be_taken(
    seats: tuple[Seat, Seat], choose: Callable[[Path], None], tmp_path: Path
) -> None:
    a, _ = seats
    (tmp_path / "notes.fdsync").write_text("not one of ours")
    choose(tmp_path / "notes.fdsync")
    for _ in range(2):
        a.page.notice.clear()
        a.press(a.page.stick.take_button)
        a.told("is not a file of events that a Foredesk wrote")


def test_that_a_person_takes_part_in_field_posts_and_becomes_the_post_by_keyboard(
    seats: tuple[Seat, Seat], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    village, usual = Village(), posting.FieldPost
    monkeypatch.setattr(posting, "NetworkNeighbours", lambda _key: village.neighbours())
    monkeypatch.setattr(
        posting, "FieldPost", lambda *parts, **options: usual(*parts, host="127.0.0.1", pace=QUICK, **options)
    )
    a, b = seats
    assert not a.page.post_button.isEnabled()
    for seat in (a, b):
        seat.press(seat.page.posts)
    a.press(a.page.post_button)
    qtbot.waitUntil(lambda: "the field post for 1 other desk" in a.session.view().post, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "Guests come in with the code" in a.session.view().post, timeout=PATIENCE_MS)
    b.opened.desk.do(OpenIncident("FIRE-STR", Location("17 Tent Row")))
    qtbot.waitUntil(lambda: len(list(a.opened.desk.board.open_incidents())) == 1, timeout=PATIENCE_MS)
    b.press(b.page.post_button)
    qtbot.waitUntil(lambda: "the field post for 1 other desk" in b.session.view().post, timeout=PATIENCE_MS)
    a.press(a.page.posts)
    assert (a.session.view().in_posts, a.page.post_button.isEnabled()) == (False, False)
