"""Bad input and bad luck in the open window: a sentence in sight, every word kept, the window alive."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.domain import commands as c
from core.domain.agency_file import read_agency
from core.domain.statuses import UnitStatus
from core.domain.values import LocationSource, Position
from core.errors import Unavailable
from core.pack.info import GAZETTEER
from core.report import ReportContext, incident_report_html
from resources import resource_path
from tests.other_desk import other_desk, pass_on
from widgets.context import Mode
from widgets.layouts import LAST
from widgets.map.room import web_room
from widgets.map.view import MapView
from widgets.palette import DARK
from widgets.window import LOOK
from workstation.app import Session
from workstation.clock import SteadyClock
from workstation.compose import demo_pack_path, find_pack, open_desk, remember_pack
from workstation.maps import LoadedMap, load_map
from workstation.printing import print_report
from workstation.reports import report_html

Sit = Callable[..., Any]
LONG = "x" * 99_999 + "é"
WORDS = "smoke from the roof " * 5_000
RTL = "\N{RIGHT-TO-LEFT MARK}مريم الخطيب 🚑👨\N{ZERO WIDTH JOINER}👩\N{ZERO WIDTH JOINER}👧 שלום"
FULL = "The disk that holds the store is full. Nothing of this step was written; everything entered before it is kept."
JUNCTION = "regimiento arica & miramar"


# a full disk


@pytest.fixture
def full(small_disk: Path, sit: Sit) -> Iterator[tuple[Any, Path]]:
    """A seat with an open incident, whose disk has just filled up; the file that fills it."""
    seat = sit()
    seat.call(JUNCTION, "ems-ch", "He holds his chest.")
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    yield seat, ballast
    ballast.unlink(missing_ok=True)


def test_that_a_full_disk_keeps_every_typed_word_on_screen_and_says_so(full: tuple[Any, Path]) -> None:
    seat, _ = full
    panes, before = seat.window.panes, len(seat.desk.board.incidents)
    assert FULL in seat.command("n he is worse")
    assert seat.window.bar.line.text() == "n he is worse"
    panes.incident.add_line.setFocus()
    seat.press("very pale", Qt.Key.Key_Return)
    assert FULL in panes.incident.notice.text
    assert panes.incident.add_line.text() == "very pale"
    seat.press(Qt.Key.Key_F8)
    assert FULL in panes.recommendation.notice.text
    assert seat.incident.active_assignments == []
    seat.press(Qt.Key.Key_F2, "balmaceda 12", Qt.Key.Key_Return, "3B")
    assert "Everything you typed is still here." in panes.intake.notice.text
    panes.intake.fields.type.setFocus()
    seat.press("ems-ar", Qt.Key.Key_Return)
    seat.press(Qt.Key.Key_Return, ctrl=True)
    assert FULL in panes.intake.notice.text
    assert panes.intake.fields.form().location.detail == "3B"
    assert len(seat.desk.board.incidents) == before
    seat.tick()
    assert seat.strip["Store"] == "cannot write"


def test_that_a_desk_goes_on_where_it_was_once_the_disk_has_room(full: tuple[Any, Path], sit: Sit) -> None:
    seat, ballast = full
    panes, first = seat.window.panes, seat.incident.id
    seat.command("n he is worse")
    seat.press(Qt.Key.Key_F2, "balmaceda 12", Qt.Key.Key_Return, "3B")
    panes.intake.fields.type.setFocus()
    seat.press("ems-ar", Qt.Key.Key_Return)
    seat.press(Qt.Key.Key_Escape)
    assert panes.intake.parked_count == 1
    ballast.unlink()
    seat.window.bar.line.setFocus()
    seat.press(Qt.Key.Key_Return)
    assert seat.echo.startswith("Done: Add to the narrative")
    seat.press(Qt.Key.Key_F8)
    assert seat.desk.board.incidents[first].active_assignments
    seat.window.keys.resume_draft()
    seat.press(Qt.Key.Key_Return, ctrl=True)
    assert (seat.incident.type, seat.incident.location.detail) == ("EMS-ARR", "3B")
    seat.tick()
    assert "Store" not in seat.strip
    assert seat.opened.store.verify() == []


def test_that_positions_do_not_hide_that_the_store_cannot_write(full: tuple[Any, Path]) -> None:
    seat, _ = full
    seat.command("n he is worse")
    unit = next(iter(seat.desk.board.units))
    seat.desk.place_unit(unit, Position(-29.95, -71.28, seat.desk.clock.now_ms() + 1))
    seat.tick()
    assert seat.strip["Store"] == "cannot write"


# places


@pytest.mark.parametrize("typed", ["zzqqx nowhere 99", "95, 200", "0, 0"])
def test_that_an_address_with_no_match_is_kept_and_marked(sit: Sit, typed: str) -> None:
    seat = sit()
    seat.press(Qt.Key.Key_F2, typed, Qt.Key.Key_Return)
    said = seat.window.panes.intake.fields.location.said.text()
    assert said == "Not found in the street list: marked unverified. A click on the map places it."
    seat.press(Qt.Key.Key_Escape)
    incident = seat.call(typed, "ems-ch")
    assert (incident.location.text, incident.location.source) == (typed, LocationSource.UNVERIFIED)
    seat.tick()
    assert "There are no travel times. The location has no place on the map yet." in seat.said()


def test_that_coordinates_outside_the_area_are_taken_and_told(sit: Sit) -> None:
    seat = sit()
    seat.press(Qt.Key.Key_F2, "48.8584 2.2945", Qt.Key.Key_Return)
    said = seat.window.panes.intake.fields.location.said.text()
    assert said == "These coordinates are outside the map: units can be sent there, but there are no travel times."
    seat.press(Qt.Key.Key_Escape)
    assert seat.call("48.8584 2.2945", "ems-ch").location.lat == pytest.approx(48.8584)
    seat.tick()
    assert "off the map" in seat.said()
    assert seat.command("d m4").startswith("Done: Dispatch M4")


def test_that_a_street_list_that_breaks_stops_no_call(sit: Sit, tmp_path: Path, city: LoadedMap) -> None:
    from core.pack.pack import open_pack

    seat = sit(with_city=False)
    pack = open_pack(demo_pack_path(), tmp_path / "packs")
    seat.context.pack, seat.context.engine, seat.context.gazetteer = pack, city.engine, pack.gazetteer()
    with (pack.folder / GAZETTEER).open("rb+") as file:
        file.seek(8192)
        file.write(bytes(2_000_000))
    incident = seat.call("balmaceda 480", "ems-ch", "He holds his chest.")
    assert incident.location.text == "balmaceda 480"
    seat.tick()
    assert seat.strip["Map"] == "no addresses"
    item = next(s.item for s in seat.window.strip.segments if s.item and s.item.key == "map")
    assert str(pack.folder) in item.remedies[0]


# units


def test_that_a_unit_is_not_assigned_twice_and_no_illegal_status_is_taken(sit: Sit) -> None:
    seat = sit()
    first = seat.call(JUNCTION, "ems-ch")
    seat.command("d m4")
    assert seat.command("d m4") == f"M4 is already on {first.number}."
    seat.window.bar.line.clear()
    assert seat.command("tr m4").startswith(f"M4 is dispatched on {first.number} and cannot go straight to transport")
    seat.window.bar.line.clear()
    assert "Dispatch it first: d e1." in seat.command("os e1")
    seat.window.bar.line.clear()
    second = seat.call("balmaceda 480", "ems-fall" if "EMS-FALL" in seat.desk.agency.types else "ems-ar")
    assert f"M4 is committed to {first.number}, dispatched." in seat.command("d m4")
    assert second.active_assignments == []
    assert [a.unit for a in first.active_assignments] == ["M4"]
    assert seat.desk.board.units["M4"].status is UnitStatus.DISPATCHED


def test_that_an_incident_closed_elsewhere_while_selected_is_shown_closed(sit: Sit, tmp_path: Path) -> None:
    seat = sit()
    incident = seat.call(JUNCTION, "ems-ch")
    add = seat.window.panes.incident.add_line
    add.setFocus()
    seat.press("her son has arr")
    with other_desk(seat.desk, tmp_path) as other:
        other.do(c.CloseIncident(incident.id, next(iter(seat.desk.agency.dispositions))))
        pass_on(other, seat.desk)
    QApplication.processEvents()
    seat.tick()
    assert seat.window.panes.incident.header.state.text().startswith("closed ")
    assert seat.context.selection.incident == incident.id
    assert QApplication.focusWidget() is add
    seat.press("ived", Qt.Key.Key_Return)
    assert incident.narrative[-1].text == "her son has arrived"
    assert f"{incident.number} is closed; reopen it first: r 1." in seat.command("d m4")


# text


def test_that_a_hundred_thousand_characters_are_kept_in_every_field(sit: Sit) -> None:
    seat = sit()
    fields = seat.window.panes.intake.fields
    seat.press(Qt.Key.Key_F2)
    for field in (fields.location.edit, fields.detail, fields.callback, fields.caller, fields.narrative):
        field.setFocus()
        seat.paste(LONG)
    fields.type.setFocus()
    seat.paste(LONG)
    seat.press(Qt.Key.Key_Return, ctrl=True)
    assert "There is no type xxxxxxxxxxxxxxxxxxxx. Type letters of its code" in seat.said()
    fields.type.edit.clear()
    seat.press("ems-ch", Qt.Key.Key_Return)
    seat.press(Qt.Key.Key_Return, ctrl=True)
    incident = seat.incident
    call = incident.calls[0]
    kept = (incident.location.text, incident.location.detail, call.caller.name, call.caller.callback)
    assert {*kept, incident.narrative[0].text} == {LONG}
    seat.tick()
    header = seat.window.panes.incident.header
    right = header.timer.mapTo(seat.window, header.timer.rect().topRight()).x()
    assert right < seat.window.width(), "the timer stays in sight"


def test_that_a_hundred_thousand_characters_on_the_command_line_are_kept_or_told_in_brief(sit: Sit) -> None:
    seat = sit()
    incident = seat.call(JUNCTION, "ems-ch")
    for line, told in ((LONG, "There is no command “xxxxxxxxxxxxxxxxxxxxxxxx…”."), (f"os {LONG}", "There is no unit")):
        seat.press(Qt.Key.Key_K, ctrl=True)
        seat.paste(line)
        seat.press(Qt.Key.Key_Return)
        assert seat.echo.startswith(told)
        assert len(seat.echo) < 200
        assert seat.window.bar.line.text() == line
    seat.press(Qt.Key.Key_K, ctrl=True)
    seat.paste(f"n {WORDS}")
    seat.press(Qt.Key.Key_Return)
    assert seat.echo.startswith("Done: Add to the narrative")
    assert incident.narrative[-1].text == WORDS.strip()
    seat.window.panes.incident.ask_location()
    seat.paste(WORDS)
    seat.press(Qt.Key.Key_Return, ctrl=True)
    assert incident.location.text == WORDS.strip()


def test_that_no_field_of_the_record_cuts_a_pasted_page(sit: Sit) -> None:
    window = sit().window
    panes = window.panes
    for part in (window.bar, panes.intake, panes.incident, panes.recommendation, panes.units):
        for field in part.findChildren(QLineEdit):
            assert field.maxLength() >= len(LONG), field.accessibleName()


def test_that_right_to_left_names_and_emoji_stay_whole_on_screen_and_in_print(sit: Sit, home: Path) -> None:
    seat = sit()
    seat.desk.do(c.SignOn(RTL, "🖥 1", "ليل"))
    fields = seat.window.panes.intake.fields
    seat.press(Qt.Key.Key_F2)
    for field in (fields.location.edit, fields.detail, fields.caller, fields.narrative):
        field.setFocus()
        seat.paste(RTL)
    fields.type.setFocus()
    seat.press("ems-ch", Qt.Key.Key_Return)
    seat.press(Qt.Key.Key_Return, ctrl=True)
    seat.command("n نص 🚑")
    incident = seat.incident
    assert incident.location.text == incident.calls[0].caller.name == incident.narrative[0].text == RTL
    assert incident.narrative[1].text == "نص 🚑"
    seat.tick()
    assert RTL in seat.said()
    page = incident_report_html(incident, ReportContext(seat.desk.agency, 0, RTL, "A"))
    assert page.count(f'<bdi dir="auto">{RTL}</bdi>') >= 4


# clocks


def test_that_a_clock_set_back_an_hour_dates_nothing_before_what_came_first(sit: Sit, home: Path) -> None:
    wall, elapsed = [1_790_000_000_000], [0]
    seat = sit(SteadyClock(wall_ms=lambda: wall[0], monotonic_ms=lambda: elapsed[0]))
    incident = seat.call(JUNCTION, "ems-ch", "one")
    wall[0] += 60_000 - 3_600_000
    elapsed[0] += 60_000
    seat.command("n two")
    assert seat.command("d m4").startswith("Done")
    first, second = incident.narrative
    assert second.at - first.at == 60_000
    seat.tick()
    assert seat.strip["Clock"] == "1 h off"
    item = next(s.item for s in seat.window.strip.segments if s.item and s.item.key == "clock")
    assert item.reasons[0] == "This machine's clock is 1 h behind: it was set back."
    seat.leave()
    again = open_desk(home, seat.desk.agency, SteadyClock(second.at, wall_ms=lambda: wall[0]))
    again.desk.do(c.AddNarrative(incident.id, "three"))
    assert again.desk.board.incidents[incident.id].narrative[-1].at >= second.at
    again.close()


# settings, maps


@pytest.mark.parametrize("value", ["garbage", "dark 99999999999999999999", "purple 100", "²|AAAA|AAAA", "x" * 100_000])
def test_that_a_broken_setting_of_look_or_layout_gives_the_window_as_it_comes(sit: Sit, home: Path, value: str) -> None:
    opened = open_desk(home, read_agency(resource_path("agency", "demo.toml")), ManualClock())
    for key in (LOOK, LAST, "layout.0", "layout.1"):
        opened.store.put_setting(key, value)
    opened.close()
    seat = sit()
    seat.press(Qt.Key.Key_F2)
    assert seat.window.panes.taking_call
    assert 80 <= seat.window.theme.scale_percent <= 200


def test_that_a_broken_pack_is_the_maps_trouble_and_takes_no_ones_place(
    home: Path, tmp_path: Path, qapp: QApplication
) -> None:
    opened = open_desk(home, read_agency(resource_path("agency", "demo.toml")))
    remember_pack(demo_pack_path(), opened.store)
    bad = tmp_path / "bad.fdpack"
    bad.write_bytes(demo_pack_path().read_bytes()[:50_000])
    session = Session(qapp, opened, mode=Mode.LIVE, pack_path=bad)
    asyncio.run(session.bring_map())
    items = {item.key: item for item in session.window.own_health(session.desk.clock.now_ms())}
    assert items["map"].word == "cannot be opened"
    assert str(bad) in items["map"].reasons[0]
    assert "store" not in items
    assert session.window.bar.echo.whole.startswith(str(bad))
    assert find_pack(None, opened.store) == demo_pack_path()
    session.window.close()
    session.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    session.context.notifier.close()
    opened.close()


def test_that_a_pack_that_vanishes_is_told_at_the_next_start(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="There is no map pack") as told:
        load_map(tmp_path / "gone.fdpack")
    assert told.value.do == "Check the path."


def test_that_a_map_without_its_scripts_says_so_where_it_would_be(qtbot: QtBot, qapp: QApplication) -> None:
    damaged = "/web/vendor/leaflet/leaflet.js"
    web_room().content.put(damaged, lambda: b"half a scri", b"text/javascript")
    view = MapView(DARK)
    qtbot.addWidget(view)
    try:
        view.show()
        qtbot.waitUntil(lambda: view.is_broken, timeout=20_000)
        assert not view.is_ready
    finally:
        view.shut()
        web_room().content.remove(damaged)


def test_that_a_report_is_printed_without_its_map_when_the_roads_are_gone(sit: Sit, tmp_path: Path) -> None:
    from core.pack.pack import open_pack

    seat = sit()
    incident = seat.call(JUNCTION, "ems-ch")
    pack = open_pack(demo_pack_path(), tmp_path / "packs")
    assert "<svg" in report_html(seat.desk, incident, pack)
    for part in (pack.folder / "roads").iterdir():
        part.unlink()
    page = report_html(seat.desk, incident, pack)
    assert "No map:" in page
    assert incident.number in page


def test_that_a_report_from_the_window_says_where_it_cannot_be_written(
    sit: Sit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seat = sit()
    incident = seat.call(JUNCTION, "ems-ch")
    (tmp_path / "documents").touch()
    monkeypatch.setattr("platformdirs.user_documents_path", lambda: tmp_path / "documents")
    told: list[Unavailable] = []
    _print(seat, incident.id, told)
    assert "The PDF could not be written to" in told[0].happened
    assert told[0].holds == "The record itself is complete and safe."


def _print(seat: Any, incident: str, told: list[Unavailable]) -> None:
    from qasync import QEventLoop

    loop = QEventLoop(QApplication.instance(), already_running=False)
    try:
        loop.run_until_complete(print_report(seat.desk, incident, None, Mode.LIVE))
    except Unavailable as trouble:
        told.append(trouble)
    finally:
        loop.close()


# ends that nobody planned


def test_that_a_call_in_hand_survives_kill_minus_nine_and_is_offered(sit: Sit, typing_desk: Callable[[], Any]) -> None:
    desk = typing_desk()
    desk.send_signal(signal.SIGKILL)
    desk.communicate(timeout=30)
    seat = sit()
    assert seat.window.panes.intake.notice.text == (
        "1 call was in hand when the program ended, and kept. Shift+F2 takes the oldest up."
    )
    assert "1 parked" in seat.window.strip.parked.text()
    seat.window.keys.resume_draft()
    form = seat.window.panes.intake.fields.form()
    assert (form.location.text, form.narrative) == ("Balmaceda 480 🚑", "He holds his ch")
