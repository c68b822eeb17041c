"""Pictures of working together: a conflict with both facts, the link's reasons, the server's sheet, what came since.

To keep them: FOREDESK_KEEP_PICTURES=1 python -m pytest tests/screens
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.domain.commands import Assign, CloseIncident, SignOn
from core.domain.statuses import Availability
from tests.other_desk import other_desk, pass_on
from widgets.sync.away import AwayTally
from widgets.sync.control import LinkState, LinkView, Present
from widgets.theme import Scheme
from widgets.window import MainWindow

pytestmark = pytest.mark.screens

SIZES = pytest.mark.parametrize(
    ("scheme", "scale"),
    [(Scheme.DARK, 100), (Scheme.LIGHT, 100), (Scheme.DARK, 200), (Scheme.LIGHT, 200)],
    ids=["dark-100", "light-100", "dark-200", "light-200"],
)


@pytest.fixture
def torn_desk(busy_desk: Desk, tmp_path: Path) -> Desk:
    """The busy desk after an outage: another desk sent one unit elsewhere, and closed what is worked on here."""
    with other_desk(busy_desk, tmp_path, "B-2") as other:
        other.do(SignOn("Kim Soto", "console 2", "day"))
        free = sorted(u.callsign for u in other.board.units.values() if u.status.availability is Availability.FREE)
        ours, theirs, closed = sorted(other.board.open_incidents(), key=lambda i: (i.priority, i.number))[:3]
        busy_desk.do(Assign(ours.id, (free[0],)))
        busy_desk.do(Assign(closed.id, (free[1],)))
        other.do(Assign(theirs.id, (free[0], free[2])))
        other.do(CloseIncident(closed.id, next(iter(other.agency.dispositions)), release_units=True))
        pass_on(other, busy_desk)
    assert len(busy_desk.board.open_conflicts()) == 2
    return busy_desk


class Line:
    """A link in trouble, as its screens see it."""

    def __init__(self, desk: Desk) -> None:
        now_ms, self.joined = desk.clock.now_ms(), True
        self.incident = ""
        self._shown = LinkView(
            state=LinkState.OFFLINE,
            since=now_ms - 3_600_000,
            server="Bomberos La Serena",
            known_at=now_ms - 3_600_000,
            waiting=12,
            oldest_waiting_at=now_ms - 3_500_000,
            error="centre.example does not answer.",
            remedy="Check the cable or the radio link; the desk goes on by itself.",
            clock_offset_s=0.4,
            quarantined=("Not taken, 13:02: this desk may not publish map packs.",),
            post="Desk B takes the server's part at this post.",
        )
        self._kim = Present("B-2", "Kim Soto", "", now_ms - 20_000)

    def view(self) -> LinkView:
        return self._shown if self.joined else LinkView()

    def present(self) -> tuple[Present, ...]:
        return (Present(self._kim.desk, self._kim.operator, self.incident, self._kim.at),)

    def name_of(self, _desk: str) -> str:
        return "Console 2 (B)"

    def look_at(self, incident: str) -> None:
        self.incident = incident


def clipped(window: QWidget) -> list[str]:
    """Buttons and one-line labels whose words do not fit where they stand."""
    buttons = [b for b in window.findChildren(QPushButton) if b.isVisible() and b.text()]
    found = [f"button {b.text()!r}" for b in buttons if b.width() < b.minimumSizeHint().width()]
    for label in window.findChildren(QLabel):
        own_paint = type(label).paintEvent is not QLabel.paintEvent
        if label.isVisible() and not label.wordWrap() and not own_paint:
            words = label.text().replace("&", "") if label.buddy() else label.text()
            needed = label.fontMetrics().horizontalAdvance(words)
            found += [f"label {label.text()!r}"] if label.width() < needed else []
        elif label.isVisible() and label.wordWrap() and label.height() < label.heightForWidth(label.width()):
            found.append(f"paragraph {label.text()!r}")
    return found


@SIZES
def test_that_working_together_is_drawn_whole(
    qtbot: QtBot,
    open_window: Callable[[Scheme, int], MainWindow],
    torn_desk: Desk,
    pictures: Path,
    scheme: Scheme,
    scale: int,
) -> None:
    window = open_window(scheme, scale)
    line = window.context.sync = Line(torn_desk)  # type: ignore[assignment]
    name = f"{scheme}-{scale}.png"

    def keep(what: str) -> None:
        QApplication.processEvents()
        qtbot.wait(300)
        assert window.grab().save(str(pictures / f"{what}-{name}"))

    conflict = torn_desk.board.open_conflicts()[0]
    window.context.selection.select_incident(conflict.sides[0].incident)
    window.context.notifier.tick.emit(torn_desk.clock.now_ms())
    window.keys.show_conflict(conflict.id)
    keep("conflict")
    assert clipped(window.panes.conflicts) == []
    assert len(window.panes.conflicts.boxes[0].button.text()) > 4
    window.keys.put_conflicts_away()

    segment = next(s for s in window.strip.segments if s.key == "link")
    window._open_health(segment)
    keep("link")
    assert clipped(window.popover) == []
    window.popover.close_it()

    tally = AwayTally(torn_desk.desk_id)
    tally.events, tally.desks, tally.sent, tally.statuses = 40, {"B-2"}, 4, 31
    tally.opened = dict.fromkeys(list(torn_desk.board.incidents)[:6])
    window.sync.card.tell("While this desk was away, 13:02 to 14:10", tally.news(torn_desk.board, torn_desk.agency))
    keep("away")
    assert clipped(window.sync.card) == []
    window.sync.card.put_away()

    window.sync.page.open_page()
    keep("server")
    assert clipped(window.sync.page) == []
    line.joined = False
    window.sync.page.shut()
    window.sync.page.open_page()
    keep("join")
    assert clipped(window.sync.page) == []
