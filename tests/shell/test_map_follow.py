"""The map follows the board and the selection; clicks on it select; the route is shown when asked for."""

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain import commands as c
from core.domain.values import Location, Position
from widgets.context import DeskContext
from widgets.map.view import MapView
from widgets.map_follow import MapFollow
from widgets.window import MainWindow


class HeardMap(MapView):
    """The real map, which also keeps what it was last told."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.units: list[Any] = []
        self.incidents: list[Any] = []

    def show_units(self, rows: Any) -> None:
        self.units = list(rows)
        super().show_units(rows)

    def show_incidents(self, rows: Any) -> None:
        self.incidents = list(rows)
        super().show_incidents(rows)


@pytest.fixture
def view(window: MainWindow, qtbot: QtBot) -> Iterator[HeardMap]:
    view = HeardMap(window.theme.palette)
    qtbot.addWidget(view)
    yield view
    view.shut()


@pytest.fixture
def follow(window: MainWindow, view: HeardMap) -> MapFollow:
    return MapFollow(window.context, view)


def test_that_units_and_incidents_appear_move_and_go(
    follow: MapFollow, view: HeardMap, desk: Desk, scenes: Any, clock: ManualClock
) -> None:
    assert view.incidents == []
    desk.place_unit("E1", Position(-29.9, -71.25, clock.now_ms()))
    incident = scenes.open()
    follow.push()
    assert {row.callsign for row in view.units} == set(desk.board.units)
    assert [row.id for row in view.incidents] == [incident]
    desk.place_unit("E1", Position(-29.91, -71.26, clock.now_ms()))
    desk.do(c.CloseIncident(incident, next(iter(desk.agency.dispositions))))
    follow.push()
    assert [row.lat for row in view.units if row.callsign == "E1"] == [-29.91]
    assert view.incidents == []


def test_that_the_units_of_the_selected_incident_stand_out(
    follow: MapFollow, view: HeardMap, desk: Desk, scenes: Any, clock: ManualClock, context: DeskContext
) -> None:
    incident = scenes.open()
    for callsign in ("E1", "E2", "M1"):
        desk.place_unit(callsign, Position(-29.9, -71.25, clock.now_ms()))
    desk.do(c.Assign(incident, ("E1",)))
    context.selection.select_incident(incident)
    context.selection.select_units(("M1",))
    follow.push()
    assert {row.callsign for row in view.units if row.selected} == {"E1", "M1"}
    assert view.incidents[0].selected


def test_that_clicks_on_the_map_select(follow: MapFollow, view: HeardMap, scenes: Any, context: DeskContext) -> None:
    incident = scenes.open()
    view.incident_clicked.emit(incident)
    assert context.selection.incident == incident
    view.unit_clicked.emit("E2")
    assert context.selection.units == ("E2",)


def test_that_a_position_that_ages_is_told_by_the_clock_alone(
    follow: MapFollow, view: HeardMap, desk: Desk, clock: ManualClock, qtbot: QtBot, context: DeskContext
) -> None:
    desk.place_unit("E1", Position(-29.9, -71.25, clock.now_ms()))
    follow.push()
    assert {row.age for row in view.units} == {0}
    clock.advance(desk.agency.standards.position_stale_s + 1)
    context.notifier.tick.emit(clock.now_ms())
    qtbot.waitUntil(lambda: [row.callsign for row in view.units if row.age == 1] == ["E1"])


@pytest.mark.parametrize(
    ("select", "sentence"), [(False, "No incident is selected."), (True, "The roads are not loaded.")]
)
def test_that_a_route_that_cannot_be_shown_says_why(
    follow: MapFollow, window: MainWindow, scenes: Any, *, select: bool, sentence: str
) -> None:
    incident = scenes.open()
    if select:
        window.context.selection.select_incident(incident)
    follow.toggle_route()
    assert sentence in window.bar.echo.whole
    assert not follow.routing


def test_that_an_incident_in_words_alone_cannot_be_flown_to_and_says_so(
    follow: MapFollow, desk: Desk, context: DeskContext
) -> None:
    said: list[str] = []
    follow.said.connect(said.append)
    desk.do(c.OpenIncident(next(iter(desk.agency.types)), Location("by the big rock")))
    context.selection.select_incident(next(iter(desk.board.incidents)))
    follow.fly_to_selected()
    QApplication.processEvents()
    assert "only words" in said[0]
