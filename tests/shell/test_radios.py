"""The radios' panel: ports and unknown devices by keyboard, what the strip says of them, proposals, tracks."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.avl.devices import Heard
from core.avl.proposals import Proposal
from core.avl.reports import AvlFix, DeviceEmergency, DeviceText
from core.clock import ManualClock
from core.desk import Desk
from core.domain import commands as c
from core.domain.commandline import PollUnit, SendText
from core.domain.statuses import UnitStatus
from core.domain.values import Position
from sync.ports import FoundPort
from widgets.context import DeskContext
from widgets.health import HealthLevel, ports_item
from widgets.ports_model import port_sentences
from widgets.window import MainWindow
from workstation.avl.session import SETTING, AvlSession

FOUND = (
    FoundPort("usb:0403:6001:A5", "/dev/no-such-radio", "Kenwood TK-5730", "FTDI", "A5"),
    FoundPort("port:/dev/no-such-puck", "/dev/no-such-puck", "/dev/no-such-puck"),
)


def fix(desk: Desk, device: str, **changed: object) -> Heard:
    facts = {"lat": -29.9, "lon": -71.25, "fixed_at": desk.clock.now_ms(), "valid": True, "source": "kenwood"}
    return Heard("usb:0403:6001:A5", "kenwood", desk.clock.now_ms(), AvlFix(device=device, **(facts | changed)))


@pytest.fixture
def avl(desk: Desk, context: DeskContext, tmp_path: Path) -> Iterator[AvlSession]:
    """The window's radios, with two ports that are there by name only."""
    session = AvlSession(
        desk, context.report_error, capture_folder=tmp_path, find=lambda: FOUND, now_ms=desk.clock.now_ms
    )
    context.avl = session
    yield session
    session.shut()


@pytest.fixture
def radios(avl: AvlSession, window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The window with the panel open and the ports found."""
    window.keys.show_ports()
    qtbot.waitUntil(lambda: bool(avl.rows()))
    window.panes.ports.refresh()
    return window


def test_that_the_key_opens_the_panel_and_escape_puts_it_away(radios: MainWindow, qtbot: QtBot) -> None:
    panel = radios.panes.ports
    radios.keys.put_ports_away()
    qtbot.keyClick(radios, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert radios.panes.ports_have_focus
    assert panel.ports_model.keys == tuple(port.key for port in FOUND)
    qtbot.keyClick(panel.ports, Qt.Key.Key_Escape)
    assert radios.panes.docks["ports"].isHidden()
    assert QApplication.focusWidget() is radios.bar.line


def test_that_enter_listens_and_x_stops(radios: MainWindow, avl: AvlSession, desk: Desk, qtbot: QtBot) -> None:
    panel = radios.panes.ports
    panel.ports.mark((FOUND[0].key,))
    qtbot.keyClick(panel.ports, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: avl.open_rows()[0].trouble)
    assert avl.open_rows()[0].state == "unplugged"
    assert "A5" in (desk.store.get_setting(SETTING) or "")
    item = ports_item(radios.context, desk.clock.now_ms())
    assert item is not None
    assert (item.word, item.level) == ("1 of 1 unplugged", HealthLevel.WARN)
    assert "serial number" in item.remedies[0]
    panel.refresh()
    assert "is unplugged since" in panel.detail.text()
    qtbot.keyClick(panel.ports, Qt.Key.Key_X)
    assert avl.open_rows() == []
    assert ports_item(radios.context, desk.clock.now_ms()) is None


def test_that_ports_are_listened_to_again_at_the_next_start(
    radios: MainWindow, avl: AvlSession, desk: Desk, tmp_path: Path
) -> None:
    avl.open(FOUND[0].key)
    again = AvlSession(desk, lambda _error: None, capture_folder=tmp_path, find=lambda: FOUND)
    again.begin()
    assert [row.key for row in again.open_rows()] == [FOUND[0].key]
    again.shut()


def test_that_the_strips_items_lead_to_the_panel(radios: MainWindow, qtbot: QtBot) -> None:
    radios.keys.put_ports_away()
    gps = next(segment for segment in radios.strip.segments if segment.key == "gps")
    gps.click()
    qtbot.keyClick(radios.popover, Qt.Key.Key_Return)
    assert radios.panes.ports_have_focus


def test_that_a_typed_address_is_listened_to_and_nonsense_is_refused(radios: MainWindow, avl: AvlSession) -> None:
    panel = radios.panes.ports
    panel.address.setText("tcp://nowhere")
    panel.address.returnPressed.emit()
    assert "lacks a host or a port" in panel.notice.text
    panel.address.setText("udp://127.0.0.1:0")
    panel.address.returnPressed.emit()
    assert avl.open_rows()[0].address == "127.0.0.1:0"
    assert panel.notice.text == ""


def test_that_speed_and_protocol_can_be_set_by_hand(radios: MainWindow, avl: AvlSession) -> None:
    panel = radios.panes.ports
    key = avl.open(FOUND[0].key)
    panel.refresh()
    panel.ports.mark((key,))
    panel.refresh()
    panel.baud.setCurrentIndex(panel.baud.findData(4800))
    panel.protocol.setCurrentIndex(panel.protocol.findData("taip"))
    panel.baud.activated.emit(panel.baud.currentIndex())
    row = avl.open_rows()[0]
    assert (row.baud_set, row.protocol_set) == (4800, "taip")


def test_that_an_unknown_device_is_adopted_by_one_key(
    radios: MainWindow, avl: AvlSession, desk: Desk, qtbot: QtBot
) -> None:
    panel, callsign = radios.panes.ports, min(desk.board.units)
    avl.desk_side.take([fix(desk, f"100-{callsign}")])
    panel.refresh()
    assert panel.callsign.text() == callsign
    panel.strangers.setFocus()
    qtbot.keyClick(panel.strangers, Qt.Key.Key_Return)
    assert f"is {callsign}'s from now on" in panel.notice.text
    avl.desk_side.take([fix(desk, f"100-{callsign}")])
    assert desk.board.units[callsign].position == Position(-29.9, -71.25, desk.clock.now_ms())


def test_that_a_device_without_a_suggestion_asks_for_its_unit(
    radios: MainWindow, avl: AvlSession, desk: Desk, qtbot: QtBot
) -> None:
    panel = radios.panes.ports
    avl.desk_side.take([fix(desk, "4002")])
    panel.refresh()
    panel.strangers.setFocus()
    qtbot.keyClick(panel.strangers, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is panel.callsign
    qtbot.keyClicks(panel.callsign, "nobody")
    qtbot.keyClick(panel.callsign, Qt.Key.Key_Return)
    assert "There is no unit NOBODY" in panel.notice.text
    panel.strangers.setFocus()
    qtbot.keyClick(panel.strangers, Qt.Key.Key_I)
    assert avl.strangers == ()


def test_that_refreshing_takes_no_focus_and_no_typed_callsign(
    radios: MainWindow, avl: AvlSession, desk: Desk, qtbot: QtBot
) -> None:
    panel = radios.panes.ports
    avl.desk_side.take([fix(desk, "4002")])
    panel.refresh()
    panel.callsign.setFocus()
    qtbot.keyClicks(panel.callsign, "e")
    for number in range(30):
        avl.desk_side.take([fix(desk, str(number))])
        panel.refresh()
    assert QApplication.focusWidget() is panel.callsign
    assert panel.callsign.text() == "e"


def test_that_an_emergency_button_raises_the_first_alarm(avl: AvlSession, window: MainWindow, desk: Desk) -> None:
    callsign = min(desk.board.units)
    avl.desk_side.book.adopt("kenwood:4002", callsign)
    avl.desk_side.take([Heard("p", "kenwood", 0, DeviceEmergency(device="4002", text="", at=0))])
    window.tray.refresh()
    assert window.tray.alarms[0].sentence.startswith(f"Mayday: {callsign}")
    assert avl.lines[-1].sentence == f"{callsign} has pressed its emergency button."


def test_that_a_proposal_is_shown_and_done_by_one_key(
    avl: AvlSession, window: MainWindow, desk: Desk, scenes, qtbot: QtBot
) -> None:
    callsign = min(desk.board.units)
    desk.do(c.Assign(scenes.open(), (callsign,)))
    command = c.SetStatus(callsign, UnitStatus.EN_ROUTE)
    avl.proposals.add(Proposal("a", callsign, f"{callsign} moves: en route?", desk.clock.now_ms(), command))
    window.tray.refresh()
    assert window.tray._newest.whole == f"{callsign} moves: en route?"
    qtbot.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert desk.board.units[callsign].status is UnitStatus.EN_ROUTE
    assert avl.proposals.first is None


def test_that_a_text_without_an_incident_is_shown_until_it_is_seen(
    avl: AvlSession, window: MainWindow, desk: Desk, qtbot: QtBot
) -> None:
    callsign = min(desk.board.units)
    avl.desk_side.book.adopt("kenwood:4002", callsign)
    avl.desk_side.take([Heard("p", "kenwood", 0, DeviceText(device="4002", text="need fuel", at=0))])
    window.tray.refresh()
    assert window.tray._newest.whole == f"{callsign} says: need fuel"
    qtbot.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    window.tray.refresh()
    assert window.tray._newest.whole == ""


def test_that_a_track_is_shown_played_and_put_away(
    window: MainWindow, desk: Desk, clock: ManualClock, qtbot: QtBot
) -> None:
    callsign = min(desk.board.units)
    for step in range(10):
        desk.place_unit(callsign, Position(-29.9 - step * 0.001, -71.25, clock.advance(20), speed_mps=6.0))
    told: list[tuple[int, str]] = []
    window.track_bar.moved.connect(lambda points, at, label: told.append((len(points), label)))
    window.context.selection.select_units((callsign,))
    window.keys.toggle_track()
    assert window.track_bar.isVisible()
    assert told[-1][0] == 10
    assert window.track_bar.told.text().endswith("22 km/h")
    window.track_bar.slider.setValue(0)
    assert told[-1] == (10, f"{callsign} {window.track_bar.told.text().split(',')[0]}")
    window.track_bar.toggle_play()
    qtbot.waitUntil(lambda: window.track_bar.slider.value() > 0)
    window.bar.line.setFocus()
    window.keys.one_level_out()
    assert not window.track_bar.isVisible()
    assert told[-1] == (0, "")


def test_that_a_unit_that_never_reported_has_no_track(window: MainWindow, desk: Desk) -> None:
    window.context.selection.select_units((min(desk.board.units),))
    window.keys.toggle_track()
    assert "has sent no position" in window.bar.echo.whole
    window.context.selection.clear()
    window.keys.toggle_track()
    assert "No unit is selected" in window.bar.echo.whole


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals.")
def test_that_a_text_typed_on_the_line_leaves_by_the_port_the_radio_was_heard_on(
    avl: AvlSession, window: MainWindow, desk: Desk, qtbot: QtBot
) -> None:
    import os
    import pty
    import tty

    master, reader = pty.openpty()
    tty.setraw(reader)
    callsign = min(desk.board.units)
    avl.desk_side.book.adopt("kenwood:101-4002", callsign)
    window.keys.carry_out(SendText(callsign, "return"))
    assert "has not been heard on an open port" in window.bar.echo.whole
    key = avl.open(os.ttyname(reader))
    qtbot.waitUntil(lambda: avl.open_rows()[0].state == "listening")
    heard = fix(desk, "101-4002")
    avl.desk_side.take([Heard(key, "kenwood", heard.received_at, heard.report)])
    window.keys.carry_out(SendText(callsign, "return"))
    assert f"Sent to {callsign}'s radio" in window.bar.echo.whole
    assert b"1014002return" in os.read(master, 200)
    window.keys.carry_out(PollUnit(callsign))
    assert b"R31014002" in os.read(master, 200)
    avl.close(key)
    os.close(master)
    os.close(reader)


@pytest.mark.parametrize("percent", [80, 100, 200])
def test_that_no_button_of_the_panel_is_clipped(radios: MainWindow, percent: int) -> None:
    radios.theme.set_scale(percent)
    radios.keys.show_ports()
    QApplication.processEvents()
    panel = radios.panes.ports
    buttons = (panel.listen_button, panel.record_button, panel.stop_button, panel.adopt_button, panel.ignore_button)
    for button in buttons:
        assert button.width() >= button.minimumSizeHint().width(), button.text()
        assert panel.rect().contains(button.geometry()), button.text()


def test_that_all_of_a_port_is_told_in_sentences(avl: AvlSession, desk: Desk) -> None:
    avl.desk_side.book.adopt("kenwood:4002", min(desk.board.units))
    key = avl.open(FOUND[0].key)
    avl.desk_side.take([fix(desk, "4002", valid=False), fix(desk, "4002", lat=0.0, lon=0.0), fix(desk, "4002")])
    row = next(row for row in avl.open_rows() if row.key == key)
    assert row.believed == 1
    assert "2 fixes were not believed" in " ".join(port_sentences(row))
    assert all(sentence.endswith((".", "!")) for sentence in port_sentences(row))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals.")
def test_that_a_line_on_a_port_moves_a_unit(avl: AvlSession, desk: Desk, qtbot: QtBot) -> None:
    import os
    import pty
    import tty

    master, reader = pty.openpty()
    tty.setraw(reader)
    callsign = min(desk.board.units)
    avl.desk_side.book.adopt("taip:0012", callsign)
    second_of_day = desk.clock.now_ms() // 1000 % 86_400 - 10
    key = avl.open(os.ttyname(reader))
    qtbot.waitUntil(lambda: avl.open_rows()[0].state == "listening")
    for number in range(3):
        os.write(master, b">RPV%05d-2990270-0712519000000012;ID=0012<" % (second_of_day + number))
    qtbot.waitUntil(lambda: key in avl.desk_side.follower.counts)
    avl.close(key)
    os.close(master)
    os.close(reader)
    count = avl.desk_side.follower.counts[key]
    assert count.accepted, count
    position = desk.board.units[callsign].position
    assert (position.lat, position.lon) == (-29.9027, -71.2519)
