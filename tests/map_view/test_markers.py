"""Units, incidents and the route as the operator sees and clicks them."""

from time import thread_time

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QColor, QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QMenu, QVBoxLayout, QWidget

from core.domain.agency import Agency, Standards, UnitKind
from core.domain.board import Board, Unit
from core.domain.values import Position
from widgets.map.rows import unit_rows
from widgets.map.view import MapView
from widgets.palette import DARK, LIGHT

LAT, LON = -30.0, -71.0


def colour_at(shown, x, y):
    return shown.view.grab().toImage().pixelColor(round(x), round(y)).name().upper()


def is_close(one, other):
    first, second = QColor(one), QColor(other)
    pairs = zip(first.getRgb(), second.getRgb(), strict=True)
    return all(abs(a - b) <= 12 for a, b in pairs)


def click(qtbot, shown, x, y, button=Qt.MouseButton.LeftButton):
    target = shown.view._view.focusProxy()
    qtbot.mouseClick(target, button, pos=QPoint(round(x), round(y)))


@pytest.mark.parametrize("availability", ["free", "moving", "working"])
def test_that_a_unit_is_filled_with_the_colour_of_its_availability(shown, qtbot, make_unit, availability):
    shown.view.show_units([make_unit("E12", availability=availability)])
    x, y = shown.point_of("E12")
    qtbot.waitUntil(lambda: is_close(colour_at(shown, x, y), getattr(DARK, availability)), timeout=20_000)


def test_that_a_lost_position_is_hollow(shown, qtbot, make_unit):
    shown.view.show_units([make_unit("E12", age=2, age_text="3 h")])
    x, y = shown.point_of("E12")
    qtbot.waitUntil(lambda: is_close(colour_at(shown, x, y), DARK.surface), timeout=20_000)


def test_that_an_alarmed_incident_has_the_alarm_colour(shown, qtbot, make_incident):
    shown.view.show_incidents([make_incident("1041", priority=1, alarm=True)])
    x, y = shown.point_of("id-1041")
    qtbot.waitUntil(lambda: is_close(colour_at(shown, x - 5, y - 7), DARK.alarm), timeout=20_000)


def test_that_units_appear_move_and_disappear(shown, make_unit):
    shown.view.show_units([make_unit("E12"), make_unit("M3", LAT + 0.004)])
    shown.until("Foredesk.census().units === 2")
    before = shown.point_of("M3")
    shown.view.show_units([make_unit("M3", LAT - 0.004)])
    shown.until("Foredesk.census().units === 1")
    shown.until(f"Foredesk.census().targets[0].y > {before[1]} + 50")
    shown.view.show_units([])
    shown.until("Foredesk.census().units === 0")


def test_that_units_at_one_place_stand_side_by_side(shown, make_unit):
    shown.view.show_units([make_unit("E1"), make_unit("E2"), make_unit("E3")])
    places = [shown.point_of(name) for name in ("E1", "E2", "E3")]
    assert len({round(x) for x, _ in places}) == 3
    assert len({round(y) for _, y in places}) == 1


def test_that_a_plate_hides_neither_a_unit_nor_another_plate(shown, make_unit, make_incident):
    shown.view.show_units([make_unit("E12", LAT + 0.0018)])
    shown.view.show_incidents([make_incident("1041"), make_incident("1042", LAT - 0.0002)])
    shown.until("Foredesk.census().units === 1 && Foredesk.census().incidents === 2")
    apart = """(() => {
        const boxes = Foredesk.incidents.placed.map(spot => spot.box);
        const [unit] = Foredesk.units.placed;
        const meet = (a, b) => a.x0 < b.x1 && a.x1 > b.x0 && a.y0 < b.y1 && a.y1 > b.y0;
        const symbol = {x0: unit.x - 7, x1: unit.x + 7, y0: unit.y - 7, y1: unit.y + 7};
        return !meet(boxes[0], boxes[1]) && !boxes.some(box => meet(box, symbol));
    })()"""
    shown.until(apart)


def test_that_a_click_names_the_unit_or_the_incident_or_the_place(shown, qtbot, make_unit, make_incident):
    shown.view.show_units([make_unit("E12")])
    shown.view.show_incidents([make_incident("1041", LAT + 0.005)])
    with qtbot.waitSignal(shown.view.unit_clicked, timeout=20_000) as unit:
        click(qtbot, shown, *shown.point_of("E12"))
    assert unit.args == ["E12"]
    with qtbot.waitSignal(shown.view.incident_clicked, timeout=20_000) as incident:
        click(qtbot, shown, *shown.point_of("id-1041"))
    assert incident.args == ["id-1041"]
    middle = shown.census()["centre"]
    with qtbot.waitSignal(shown.view.clicked, timeout=20_000) as place:
        click(qtbot, shown, 450, 350)
    assert place.args[0] < middle[0]
    assert place.args[1] == pytest.approx(middle[1], abs=1e-4)


def test_that_a_context_click_offers_to_open_an_incident_there(shown, qtbot):
    shown.view._bridge.context(LAT, LON, 100, 100)
    menu = shown.view.findChild(QMenu)
    action = menu.actions()[0]
    assert action.text() == "Open incident here"
    with qtbot.waitSignal(shown.view.open_here, timeout=20_000) as here:
        action.trigger()
    menu.close()
    assert here.args == [LAT, LON]


def test_that_a_right_click_reaches_the_menu(shown, qtbot):
    with qtbot.waitSignal(shown.view._bridge.context_asked, timeout=20_000) as asked:
        click(qtbot, shown, 450, 350, Qt.MouseButton.RightButton)
    assert asked.args[2:] == [450.0, 350.0]
    shown.view.findChild(QMenu).close()


def test_that_the_map_never_moves_by_itself(shown, make_unit, make_incident):
    before = shown.census()
    shown.view.show_units([make_unit("E12", LAT + 0.5, LON + 0.5)])
    shown.view.show_incidents([make_incident("1041", LAT + 0.4, alarm=True, selected=True)])
    shown.view.show_route([(LAT + 0.5, LON + 0.5), (LAT + 0.4, LON)], "E12 9:10")
    shown.until("Foredesk.census().route === 2")
    after = shown.census()
    assert (after["centre"], after["zoom"]) == (before["centre"], before["zoom"])


def test_that_the_map_goes_where_the_operator_asks(shown):
    shown.view.fly_to(LAT + 0.01, LON + 0.01)
    shown.until(f"Math.abs(Foredesk.map.getCenter().lat - {LAT + 0.01}) < 1e-3 && Foredesk.map.getZoom() >= 15")
    shown.view.fit((LON - 0.1, LAT - 0.1, LON + 0.1, LAT + 0.1))
    shown.until("Foredesk.map.getZoom() === 11")
    shown.view.zoom(2)
    shown.until("Foredesk.map.getZoom() === 13")


def test_that_a_wish_to_look_somewhere_is_kept_until_the_map_is_ready(qtbot, web, ground):
    view = MapView(DARK)
    view.set_ground(ground)
    view.resize(600, 400)
    view.fly_to(LAT + 0.005, LON)
    centres = []
    view._bridge.view_changed.connect(lambda lat, lon, zoom: centres.append(round(lat, 3)))
    view.show()
    qtbot.waitUntil(lambda: LAT + 0.005 in centres, timeout=15000)
    view.shut()
    view.close()


def test_that_a_route_is_drawn_and_cleared(shown):
    shown.view.show_route([(LAT, LON - 0.01), (LAT, LON), (LAT + 0.004, LON)], "E12 4:20")
    shown.until("Foredesk.census().route === 3")
    shown.view.clear_route()
    shown.until("Foredesk.census().route === 0")


def test_that_the_theme_changes_while_running(shown, qtbot, make_unit):
    shown.view.show_units([make_unit("E12")])
    x, y = shown.point_of("E12")
    shown.view.set_palette(LIGHT)
    shown.until("Foredesk.census().palette === 'light'")
    qtbot.waitUntil(lambda: is_close(colour_at(shown, x, y), LIGHT.free), timeout=20_000)
    qtbot.waitUntil(lambda: QColor(colour_at(shown, 700, 40)).lightness() > 180, timeout=20_000)


def test_that_without_a_pack_markers_stand_on_a_grid(shown, make_unit, make_incident):
    shown.view.show_units([make_unit("E12")])
    shown.view.show_incidents([make_incident("1041", LAT + 0.004)])
    shown.view.set_pack(None)
    shown.until("Foredesk.census().grid && Foredesk.census().places === 0")
    shown.until("Foredesk.census().units === 1 && Foredesk.census().incidents === 1")
    assert shown.view.complaints == []


def test_that_five_hundred_moving_units_are_drawn(shown, make_unit):
    fleet = [make_unit(f"U{i}", LAT + (i % 25 - 12) * 0.0005, LON + (i // 25 - 10) * 0.0009) for i in range(500)]
    shown.view.show_units(fleet)
    shown.until("Foredesk.census().units === 500")
    told = []
    shown.view._bridge.told.connect(told.append)
    for step in range(1, 6):
        moved = [make_unit(row.callsign, row.lat + step * 1e-4, row.lon) for row in fleet]
        draws = shown.census()["draws"]
        shown.view.show_units(moved)
        shown.until(f"Foredesk.overlay.draws > {draws}")
    assert told == [], "positions alone travel as numbers, not as text"


def test_that_the_keyboard_moves_the_map_and_clicks_its_middle(shown, qtbot, make_unit):
    shown.view.show_units([make_unit("E12")])
    shown.until("Foredesk.census().units === 1")
    shown.view.activateWindow()
    shown.view._view.setFocus()
    shown.until("document.hasFocus()")
    shown.script("Foredesk.map.getContainer().focus(); 0")
    page = shown.view._view.focusProxy()
    with qtbot.waitSignal(shown.view.unit_clicked, timeout=20_000) as unit:
        qtbot.keyClick(page, Qt.Key.Key_Return)
    assert unit.args == ["E12"]
    qtbot.keyClick(page, Qt.Key.Key_Up)
    shown.until(f"Foredesk.map.getCenter().lat > {LAT} + 0.001 && !Foredesk.map._panAnim._inProgress")
    with qtbot.waitSignal(shown.view.clicked, timeout=20_000):
        qtbot.keyClick(page, Qt.Key.Key_Return)
    zoom = shown.census()["zoom"]
    qtbot.keyClick(page, Qt.Key.Key_Minus)
    shown.until(f"Foredesk.map.getZoom() === {zoom - 1}")


def test_that_the_map_follows_the_scale_of_the_window(shown, qtbot, qapp, make_unit):
    font = qapp.font()
    larger = qapp.font()
    larger.setPixelSize(26)
    qapp.setFont(larger)
    try:
        shown.view.set_palette(DARK)
        shown.until("window.devicePixelRatio === 2 && Foredesk.map.getSize().x === 450")
        shown.view.show_units([make_unit("E12")])
        x, y = shown.point_of("E12")
        qtbot.waitUntil(lambda: is_close(colour_at(shown, 2 * x, 2 * y), DARK.free), timeout=20_000)
    finally:
        qapp.setFont(font)


def test_that_a_shortcut_of_the_window_works_while_the_map_has_the_focus(shown, qtbot):
    pressed = []
    shortcut = QShortcut(QKeySequence(Qt.Key.Key_F2), shown.view)
    shortcut.activated.connect(lambda: pressed.append(True))
    shown.view.activateWindow()
    shown.view._view.setFocus()
    qtbot.keyClick(shown.view._view.focusProxy(), Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: pressed == [True], timeout=20_000)


def test_that_moving_units_never_hold_the_window_up(shown, qtbot):
    """What the window's own thread computes in one go, in processor time: at most 50 ms, with 500 units moving."""
    kinds = {"medic": UnitKind("medic", "Medic", (), shape="triangle")}
    agency = Agency("Test", "A", {}, kinds, {}, Standards())
    board = Board(units={f"U{i}": Unit(f"U{i}", "medic", frozenset(), "S") for i in range(500)})
    slices, last = [], [thread_time()]

    def beat():
        now = thread_time()
        slices.append(now - last[0])
        last[0] = now

    heart = QTimer()
    heart.timeout.connect(beat)
    heart.start(0)
    for step in range(6):
        now_ms = 1_750_000_000_000 + step * 1000
        for number, unit in enumerate(board.units.values()):
            unit.position = Position(LAT + number * 2e-5 + step * 1e-4, LON + number % 20 * 4e-4, now_ms, heading=step)
        last[0] = thread_time()
        shown.view.show_units(unit_rows(board, agency, now_ms))
        shown.until("Foredesk.census().units > 0")
    heart.stop()
    assert max(slices) < 0.05


def test_that_a_loading_map_does_not_take_the_caret(qtbot, web, ground):
    window = QWidget()
    layout = QVBoxLayout(window)
    field, view = QLineEdit(), MapView(DARK)
    layout.addWidget(field)
    layout.addWidget(view)
    view.set_ground(ground)
    field.setFocus()
    with qtbot.waitSignal(view.ready, timeout=15000):
        window.show()
        window.activateWindow()
    assert window.focusWidget() is field
    view.shut()
    window.close()
    window.deleteLater()


def test_that_the_map_has_an_accessible_name(shown):
    assert shown.view.accessibleName() == "Map of units and incidents"
    assert shown.view._view.accessibleName()
