"""What devices report reaches the desk: positions in order, statuses in the radio's name, refusals as proposals."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.avl.devices import Heard
from core.avl.reports import AvlFix, DeviceAck, DeviceStatus, DeviceText, Report
from core.clock import ManualClock
from core.desk import Desk
from core.domain.agency_file import read_agency, roster_commands
from core.domain.commands import Assign, OpenIncident, SetStatus
from core.domain.statuses import UnitStatus
from core.domain.values import Location, Position
from core.errors import ForedeskError
from core.store import open_store
from resources import resource_path
from workstation.avl.desk_side import DeskSide, layers

NOW = 1_790_000_000_000
SCENE = Location("Balmaceda 391", -29.9027, -71.2519)
CODES = {"1": "en route", "2": "on scene", "5": "transporting"}


class Radio:
    """E1's radio, on a desk with the demo's agency."""

    def __init__(self, desk: Desk, clock: ManualClock) -> None:
        self.desk, self.clock = desk, clock
        self.reported: list[ForedeskError] = []
        self.side = DeskSide(desk, self.reported.append)
        self.side.book.adopt("kenwood:4002", "E1")

    @property
    def unit(self):
        return self.desk.board.units["E1"]

    def sends(self, *reports: Report) -> None:
        self.side.take([Heard("usb", "kenwood", self.clock.now_ms(), report) for report in reports])

    def stands_at(self, lat: float, lon: float) -> None:
        now_ms = self.clock.advance(5)
        self.sends(
            AvlFix(device="4002", lat=lat, lon=lon, fixed_at=now_ms, valid=True, source="kenwood", speed_mps=0.0)
        )

    def status(self, code: str) -> None:
        self.sends(DeviceStatus(device="4002", code=code, at=self.clock.advance(5)))

    def is_sent(self) -> str:
        incident = self.desk.do(OpenIncident("FIRE-STR", SCENE))[0].body.incident
        self.desk.do(Assign(incident, ("E1",)))
        return incident


@pytest.fixture
def make(tmp_path: Path) -> Iterator:
    stores = []

    def start(**rules: object) -> Radio:
        clock = ManualClock(NOW)
        agency = read_agency(resource_path("agency", "demo.toml"))
        agency = replace(agency, radio=replace(agency.radio, statuses=CODES, **rules))
        store = open_store(tmp_path / "desk.store", bytes(range(32)), clock)
        stores.append(store)
        desk = Desk(store, agency, clock, desk_id="A")
        desk.roster(roster_commands(agency, desk.board))
        return Radio(desk, clock)

    yield start
    for store in stores:
        store.close()


def test_that_a_preset_sets_the_status_in_the_radios_name(make) -> None:
    radio = make()
    incident = radio.is_sent()
    radio.status("1")
    assert radio.unit.status is UnitStatus.EN_ROUTE
    event = radio.desk.store.events_of_incident(incident)[-1]
    assert (event.operator, event.body.status) == ("radio E1", UnitStatus.EN_ROUTE)


def test_that_a_preset_that_cannot_be_is_proposed_with_the_reason(make) -> None:
    radio = make()
    radio.status("2")
    first = radio.side.proposals.first
    assert "It was not set: E1 is on no incident" in first.sentence
    assert radio.unit.status is UnitStatus.AVAILABLE


def test_that_arriving_is_proposed_or_set_as_the_agency_wants(make) -> None:
    radio = make()
    radio.is_sent()
    radio.status("1")
    for _ in range(4):
        radio.stands_at(SCENE.lat, SCENE.lon)
    assert radio.unit.status is UnitStatus.EN_ROUTE
    assert radio.side.proposals.first.command == SetStatus("E1", UnitStatus.ON_SCENE)
    radio.side.accept()
    assert radio.unit.status is UnitStatus.ON_SCENE
    assert not radio.side.tidy()


def test_that_arriving_can_be_set_by_itself(make) -> None:
    radio = make(arrival="set")
    radio.is_sent()
    for _ in range(3):
        radio.stands_at(SCENE.lat + 0.0003, SCENE.lon)
    assert radio.unit.status is UnitStatus.ON_SCENE
    assert radio.side.proposals.first is None


def test_that_a_text_stands_in_the_narrative_as_the_units(make) -> None:
    radio = make()
    incident = radio.is_sent()
    radio.sends(DeviceText(device="4002", text="smoke showing", at=NOW))
    line = radio.desk.board.incidents[incident].narrative[-1]
    assert (line.text, line.unit, line.operator) == ("smoke showing", "E1", "radio E1")


def test_that_a_position_carries_its_time_and_its_sources_patience(make) -> None:
    radio = make()
    radio.side.book.adopt("meshtastic:!a1", "M1")
    fix = AvlFix(device="!a1", lat=-29.9, lon=-71.2, fixed_at=NOW - 9000, valid=True, source="meshtastic")
    radio.side.take([Heard("usb", "meshtastic", NOW, fix)])
    assert radio.desk.board.units["M1"].position == Position(-29.9, -71.2, NOW - 9000, stale_s=1800)


def test_that_several_positions_of_a_unit_go_in_order() -> None:
    first, second, third = (Position(n, 0, n) for n in (1, 2, 3))
    batches = layers([("E1", first), ("M1", first), ("E1", second), ("E1", third)])
    assert batches == [{"E1": first, "M1": first}, {"E1": second}, {"E1": third}]


def test_that_messages_are_remembered_and_bounded(make) -> None:
    radio = make()
    for number in range(300):
        radio.sends(DeviceText(device="4002", text=f"message {number}", at=NOW))
    assert len(radio.side.lines) == 200
    assert radio.side.lines[-1].sentence == "E1 says: message 299"
    assert len(radio.side.proposals.items) <= 100


def test_that_an_answer_is_remembered_and_a_missing_one_shown(make) -> None:
    radio = make()
    radio.sends(DeviceAck(device="4002", accepted=True, at=NOW))
    assert radio.side.lines[-1].sentence == "E1's radio has received what was sent."
    assert radio.side.proposals.first is None
    radio.sends(DeviceAck(device="4002", accepted=False, at=NOW))
    assert "did not receive" in radio.side.proposals.first.sentence
