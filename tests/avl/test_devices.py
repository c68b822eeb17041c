"""Devices and units: adoption, the tray of strangers, rank, and what buttons and texts ask of the desk."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.avl.devices import MOST_STRANGERS, DeviceBook, Heard, device_key, suggested_unit
from core.avl.follow import Follower
from core.avl.proposals import EXPIRES_MS, Proposal, Proposals
from core.avl.radio import Mode, act_on, meaning_of
from core.avl.reports import AvlFix, DeviceEmergency, DeviceName, DeviceStatus, DeviceText
from core.domain.agency import RadioRules
from core.domain.agency_file import read_agency
from core.domain.board import Board, Unit
from core.domain.commands import AddNarrative, Contact, RaiseEmergency, SetStatus
from core.domain.statuses import UnitStatus
from resources import resource_path

NOW = 1_790_000_000_000
AGENCY = read_agency(resource_path("agency", "demo.toml"))
RULES = RadioRules(statuses={"1": "en route", "02": "on scene", "9": "emergency", "7": "contact"})


class Settings(dict[str, str]):
    """The store's settings, in memory."""

    def get_setting(self, key: str) -> str | None:
        return self.get(key)

    def put_setting(self, key: str, value: str) -> None:
        self[key] = value


def fix(device: str = "4002", **changed: object) -> AvlFix:
    facts = {"device": device, "lat": -29.9, "lon": -71.25, "fixed_at": NOW, "valid": True, "source": "kenwood"}
    return AvlFix(**(facts | changed))


def heard(report: object, port: str = "usb:1", protocol: str = "kenwood", at: int = NOW) -> Heard:
    return Heard(port, protocol, at, report)


def board(*callsigns: str) -> Board:
    units = {c: Unit(c, AGENCY.roster[0].kind, frozenset(), AGENCY.roster[0].station) for c in callsigns}
    return Board(units=units)


def test_that_a_device_is_known_by_its_identity_and_else_by_its_port() -> None:
    assert device_key(heard(fix("4002"))) == "kenwood:4002"
    assert device_key(heard(fix(""), port="usb:1546:01a8:77")) == "port:usb:1546:01a8:77"


def test_that_a_stranger_waits_in_the_tray_until_it_is_adopted() -> None:
    settings = Settings()
    book = DeviceBook(settings)
    assert book.note(heard(fix())) is None
    assert book.note(heard(DeviceName(device="4002", name="Truck 12", at=NOW))) is None
    stranger = book.strangers["kenwood:4002"]
    assert (stranger.count, stranger.name, stranger.lat) == (2, "Truck 12", -29.9)
    book.adopt("kenwood:4002", "E12")
    assert book.strangers == {}
    assert book.note(heard(fix())).unit == "E12"
    assert DeviceBook(settings).note(heard(fix())).unit == "E12", "it is kept"


def test_that_an_ignored_device_stays_out_of_the_tray() -> None:
    book = DeviceBook(Settings())
    book.note(heard(fix()))
    book.ignore("kenwood:4002")
    assert book.note(heard(fix())).unit == ""
    assert book.strangers == {}
    book.release("kenwood:4002")
    assert book.note(heard(fix())) is None


def test_that_a_second_device_comes_after_the_first_until_it_is_preferred() -> None:
    book = DeviceBook(Settings())
    first, second = book.adopt("kenwood:1", "E12"), book.adopt("meshtastic:!a", "E12")
    assert (first.rank, second.rank, second.stale_s) == (1, 2, 1800)
    book.prefer("meshtastic:!a")
    assert [d.key for d in book.of_unit("E12")] == ["meshtastic:!a", "kenwood:1"]


def test_that_the_tray_is_bounded() -> None:
    book = DeviceBook(Settings())
    for number in range(MOST_STRANGERS + 50):
        book.note(heard(fix(str(number))))
    assert len(book.strangers) == MOST_STRANGERS
    assert "kenwood:349" in book.strangers


def test_that_a_callsign_in_the_identity_or_the_name_is_suggested() -> None:
    book = DeviceBook(Settings())
    for report in (fix("E-012"), fix("4002"), DeviceName(device="!a1", name="Ambulance M3", at=NOW), fix("100:12")):
        book.note(heard(report))
    known = board("E12", "M3", "12")
    found = [suggested_unit(stranger, known, book) for stranger in book.strangers.values()]
    assert found == ["E12", "", "M3", "12"]


def test_that_presets_set_or_propose_as_the_agency_wants() -> None:
    unit = board("E12").units["E12"]
    sent = DeviceStatus(device="4002", code="002", at=NOW)
    act = act_on(sent, unit, RULES)
    assert (act.mode, act.command, act.by) == (Mode.SET, SetStatus("E12", UnitStatus.ON_SCENE), "radio E12")
    assert act_on(sent, unit, replace(RULES, presets="propose")).mode is Mode.PROPOSE
    assert act_on(sent, unit, replace(RULES, presets="off")) is None
    unit.status = UnitStatus.ON_SCENE
    assert act_on(sent, unit, RULES) is None, "it is on scene already"


def test_that_emergencies_and_contacts_are_understood() -> None:
    unit = board("E12").units["E12"]
    button = act_on(DeviceEmergency(device="4002", text="man down", at=NOW), unit, replace(RULES, presets="off"))
    assert (button.mode, button.command) == (Mode.SET, RaiseEmergency("E12", "man down"))
    assert act_on(DeviceStatus(device="4002", code="9", at=NOW), unit, RULES).command == RaiseEmergency("E12")
    assert act_on(DeviceStatus(device="4002", code="7", at=NOW), unit, RULES).command == Contact("E12")


def test_that_an_unknown_code_is_told_and_changes_nothing() -> None:
    act = act_on(DeviceStatus(device="4002", code="5", at=NOW, text="lunch"), board("E12").units["E12"], RULES)
    assert act.mode is Mode.TELL
    assert "5 (lunch)" in act.sentence
    assert meaning_of("", RULES) == ""


def test_that_a_text_goes_into_the_narrative_of_the_units_incident() -> None:
    unit = board("E12").units["E12"]
    text = DeviceText(device="4002", text=" two patients ", at=NOW)
    assert act_on(text, unit, RULES).mode is Mode.TELL
    unit.incident = "i1"
    assert act_on(text, unit, RULES).command == AddNarrative("i1", "two patients", "E12")
    assert act_on(DeviceText(device="4002", text="  ", at=NOW), unit, RULES) is None


def test_that_a_batch_moves_units_and_counts_what_was_refused() -> None:
    follower = Follower(DeviceBook(Settings()))
    follower.book.adopt("kenwood:4002", "E12")
    batch = [heard(fix()), heard(fix(valid=False)), heard(fix("77")), heard(fix(fixed_at=NOW - 500))]
    found = follower.take(batch, board("E12"), AGENCY, NOW)
    assert [callsign for callsign, _ in found.moves] == ["E12", "E12"]
    assert found.strangers == 1
    count = follower.counts["usb:1"]
    assert (count.accepted, dict(count.refused)) == (2, {"invalid": 1})
    assert count.last_refusal.startswith("E12: ")


def test_that_a_unit_that_left_the_roster_is_passed_over() -> None:
    follower = Follower(DeviceBook(Settings()))
    follower.book.adopt("kenwood:4002", "GONE")
    found = follower.take(
        [heard(fix()), heard(DeviceEmergency(device="4002", text="", at=NOW))], board("E12"), AGENCY, NOW
    )
    assert (found.moves, found.acts) == ([], [])


def test_that_proposals_go_when_they_are_old_or_done() -> None:
    proposals, known = Proposals(), board("E12", "M3")
    set_ = SetStatus("E12", UnitStatus.ON_SCENE)
    proposals.add(Proposal("a", "E12", "E12 stands at the scene.", NOW, set_, incident="i1"))
    proposals.add(Proposal("b", "M3", "M3 says: hello", NOW))
    known.units["E12"].incident = "i1"
    assert not proposals.tidy(known, NOW + 1)
    known.units["E12"].status = UnitStatus.ON_SCENE
    assert proposals.tidy(known, NOW + 1)
    assert [p.key for p in proposals.items] == ["b"]
    assert proposals.tidy(known, NOW + EXPIRES_MS + 1)
    assert proposals.first is None


@given(st.lists(st.tuples(st.sampled_from(["adopt", "ignore", "release", "note"]), st.sampled_from("abc"))))
def test_that_what_is_kept_is_what_is_known(steps: list[tuple[str, str]]) -> None:
    settings = Settings()
    book = DeviceBook(settings)
    for act, name in steps:
        key = f"kenwood:{name}"
        if act == "adopt":
            book.adopt(key, "E12")
        elif act == "note":
            book.note(heard(fix(name)))
        else:
            getattr(book, act)(key)
        assert DeviceBook(settings).devices == book.devices
        assert not book.strangers.keys() & {d.key for d in book.devices}
