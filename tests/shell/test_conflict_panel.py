"""The conflict panel: both facts side by side, one digit settles, and what is settled stays to be read."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication, QBoxLayout
from pytestqt.qtbot import QtBot

from core.domain.statuses import Priority
from core.errors import Refused
from widgets.sync.conflict_panel import ConflictPanel
from widgets.sync.matter import Choice, Matter, MatterKind
from widgets.window import MainWindow

NOW = 1_790_000_000_000


class Table:
    """What is to settle; choosing settles it, or refuses."""

    def __init__(self) -> None:
        self.matters: dict[str, Matter] = {}
        self.refusal: Refused | None = None

    def add(self, name: str, *, mine: bool = True, kind: MatterKind = MatterKind.DOUBLE, at: int = NOW) -> Matter:
        choices = tuple(
            Choice(
                title=f"Keep {name} on {number}",
                effect=f"The other dispatch of {name} ends.",
                command=None,
                done=f"{name} stays on {number}.",
                priority=Priority.P1,
                about=f"{number} Structure fire, Balmaceda 391",
                facts=(("Sent", "14:02:10 by Ana Rojas at this desk"),),
                advised=number == "1041",
                act=lambda number=number: self.settle(name, number),
            )
            for number in ("1041", "1052")
        )
        self.matters[name] = Matter(
            name, kind, name, "1041, 1052", at, mine, f"{name} was sent to two incidents.", "both sides", choices,
            advice="Keep it on 1041: it is more urgent.", incidents=("i1", "i2"), unit=name,
        )  # fmt: skip
        return self.matters[name]

    def settle(self, name: str, number: str, by: str = "Ana Rojas") -> None:
        if self.refusal is not None:
            raise self.refusal
        settled = f"Settled 14:05, by {by}: {name} stays on {number}."
        self.matters[name] = replace(self.matters[name], settled=settled, settled_at=NOW + 1)

    def __call__(self) -> list[Matter]:
        return list(self.matters.values())


@pytest.fixture
def table(window: MainWindow) -> Table:
    table = Table()
    window.panes.conflicts._ask = table
    return table


@pytest.fixture
def panel(window: MainWindow, table: Table) -> ConflictPanel:
    return window.panes.conflicts


def test_that_an_empty_list_says_what_would_stand_there(window: MainWindow, panel: ConflictPanel) -> None:
    window.keys.toggle_conflicts()
    assert panel.empty.isVisible()
    assert "both facts" in panel.empty.text()


def test_that_the_key_opens_it_on_the_most_pressing_and_closes_it(
    window: MainWindow, panel: ConflictPanel, table: Table
) -> None:
    table.add("E1", mine=False)
    table.add("M3", at=NOW - 5_000)
    table.add("1043", kind=MatterKind.SAME)
    window.keys.toggle_conflicts()
    assert panel.view.hasFocus()
    assert panel.model.keys == ("M3", "1043", "E1")
    assert panel.marked == table.matters["M3"]
    assert panel.boxes[0].button.text() == "1   Keep M3 on 1041"
    assert panel.advice.text().startswith("Keep it on 1041")
    window.keys.toggle_conflicts()
    assert not panel.isVisible()
    assert window.bar.line.hasFocus()


def test_that_one_digit_settles_and_the_outcome_stays_on_show(
    window: MainWindow, panel: ConflictPanel, table: Table, qtbot: QtBot
) -> None:
    table.add("M3")
    table.add("E1")
    window.keys.toggle_conflicts()
    first = panel.marked
    assert first is not None
    qtbot.keyClick(panel.view, Qt.Key.Key_2)
    assert panel.marked == table.matters[first.id]
    assert panel.settled.text() == f"Settled 14:05, by Ana Rojas: {first.id} stays on 1052."
    assert not panel.boxes[0].button.isVisible()
    assert f"{first.id} stays on 1052." in panel.notice.text
    assert window.bar.echo.whole == f"{first.id} stays on 1052."
    assert panel.open_count == 1


def test_that_a_second_press_settles_nothing_else(
    window: MainWindow, panel: ConflictPanel, table: Table, qtbot: QtBot
) -> None:
    table.add("M3")
    table.add("E1")
    window.keys.toggle_conflicts()
    qtbot.keyClick(panel.view, Qt.Key.Key_1)
    qtbot.keyClick(panel.view, Qt.Key.Key_1)
    assert panel.open_count == 1
    assert "settled already" in panel.notice.text


def test_that_what_another_desk_settles_meanwhile_stays_marked_and_is_said(
    window: MainWindow, panel: ConflictPanel, table: Table, qtbot: QtBot
) -> None:
    table.add("M3")
    table.add("E1")
    window.keys.toggle_conflicts()
    marked = panel.marked
    assert marked is not None
    table.settle(marked.id, "1041", by="Kim Soto at desk B")
    panel.refresh()
    assert panel.settled.text().startswith("Settled 14:05, by Kim Soto at desk B")
    qtbot.keyClick(panel.view, Qt.Key.Key_2)
    assert table.matters[marked.id].settled.endswith("stays on 1041.")


def test_that_a_refusal_is_told_in_place(window: MainWindow, panel: ConflictPanel, table: Table, qtbot: QtBot) -> None:
    table.add("M3")
    window.keys.toggle_conflicts()
    table.refusal = Refused("M3 has moved on.")
    qtbot.keyClick(panel.view, Qt.Key.Key_1)
    assert "M3 has moved on." in panel.notice.text
    assert panel.open_count == 1


def test_that_a_new_conflict_neither_takes_the_focus_nor_the_place(
    window: MainWindow, panel: ConflictPanel, table: Table
) -> None:
    table.add("M3")
    window.keys.toggle_conflicts()
    window.bar.line.setFocus()
    table.add("E1", at=NOW + 9_000)
    panel.refresh()
    assert panel.marked == table.matters["M3"]
    assert QApplication.focusWidget() is window.bar.line


def test_that_the_choices_stand_side_by_side_where_there_is_room(
    window: MainWindow, panel: ConflictPanel, table: Table
) -> None:
    table.add("M3")
    window.keys.toggle_conflicts()
    assert panel._side_by_side.direction() is QBoxLayout.Direction.LeftToRight
    panel.resize(QSize(300, 600))
    assert panel._side_by_side.direction() is QBoxLayout.Direction.TopToBottom


def test_that_space_reads_on_in_a_low_panel_and_begins_again(
    window: MainWindow, panel: ConflictPanel, table: Table, qtbot: QtBot
) -> None:
    for name in ("M3", "E1", "E2"):
        table.add(name)
    window.keys.toggle_conflicts()
    panel.setParent(None)
    panel.resize(300, 300)
    panel.show()
    panel.view.setFocus()
    bar = panel._scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    assert panel.view.rows_wanted == 2
    qtbot.keyClick(panel.view, Qt.Key.Key_Space)
    assert bar.value() > 0
    while bar.value() < bar.maximum():
        qtbot.keyClick(panel.view, Qt.Key.Key_Space)
    qtbot.keyClick(panel.view, Qt.Key.Key_Space)
    assert bar.value() == 0


def test_that_enter_shows_the_incident(window: MainWindow, panel: ConflictPanel, table: Table, qtbot: QtBot) -> None:
    table.add("M3")
    window.keys.toggle_conflicts()
    with qtbot.waitSignal(panel.shown) as shown:
        qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert shown.args == ["i1"]


def test_that_the_command_line_opens_it(window: MainWindow, panel: ConflictPanel, table: Table, qtbot: QtBot) -> None:
    table.add("M3")
    qtbot.keyClicks(window.bar.line, "conflicts")
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Return)
    assert panel.isVisible()
    assert panel.marked == table.matters["M3"]
