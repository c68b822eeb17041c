"""The agency's file: read whole or refused with every mistake and its key."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.agency import Agency, ModelRules
from core.domain.agency_file import read_agency
from core.domain.statuses import Priority, UnitStatus
from core.domain.toml_table import TomlTable
from core.errors import Unavailable
from resources import resource_path

DEFAULT = resource_path("agency", "default.toml")
SMALL = """
name = "Small"
desk_prefix = "B"
[capabilities]
engine = "Engine"
[standards]
waiting_s = { P1 = 60, P2 = 180, P3 = 600, P4 = 1800 }
[standards.status_s]
"dispatched" = 90
"en route" = 900
"on scene" = 3600
"transporting" = 1800
"at hospital" = 1800
[[kind]]
code = "engine"
name = "Engine"
capabilities = ["engine"]
[[disposition]]
code = "OK"
name = "Fine"
[[type]]
code = "FIRE"
name = "Fire"
priority = 1
severity = "high"
needs = ["engine"]
[[station]]
name = "One"
lat = -29.9
lon = -71.25
[[unit]]
callsign = "E1"
kind = "engine"
station = "One"
"""


def read(tmp_path: Path, text: str) -> Agency:
    path = tmp_path / "agency.toml"
    path.write_text(text, encoding="utf-8")
    return read_agency(path)


def mistakes(tmp_path: Path, text: str) -> str:
    with pytest.raises(Unavailable) as refused:
        read(tmp_path, text)
    return str(refused.value)


def test_that_the_shipped_file_holds_sensible_types_for_every_service() -> None:
    agency = read_agency(DEFAULT)
    families = {code.split("-")[0] for code in agency.types}
    assert {"EMS", "FIRE", "RES", "TRA", "POL"} <= families
    assert len(agency.types) >= 35
    assert all(type_.needs and type_.words for type_ in agency.types.values())
    assert set(agency.standards.waiting_s) == set(Priority)
    assert set(agency.standards.status_s) == {status for status in UnitStatus if status.committed}
    assert not agency.roster
    assert not agency.made_up


def test_that_every_key_of_the_shipped_file_is_explained_where_it_first_stands() -> None:
    lines = DEFAULT.read_text("utf-8").splitlines()
    explained: set[str] = set()
    for line in lines:
        key, equals, rest = line.lstrip("# ").partition(" = ")
        if equals and "#" in rest:
            explained.add(key)
    asked = {"name", "desk_prefix", "utc_offset_note", "made_up", "code", "priority", "severity", "needs", "words"}
    asked |= {"capabilities", "shape", "lights_and_siren", "par_s", "position_stale_s", "duplicate_radius_m"}
    asked |= {"duplicate_window_s", "callsign", "kind", "station", "lat", *ModelRules.__struct_fields__}
    assert asked <= explained


def test_that_when_models_are_trained_is_the_agencys_own(tmp_path: Path) -> None:
    shipped = read_agency(DEFAULT).models
    assert shipped == read(tmp_path, SMALL).models == ModelRules()
    assert (shipped.every_days, shipped.new_outcomes, shipped.quiet_from_hour, shipped.quiet_to_hour) == (90, 500, 2, 5)
    assert shipped.most_open_incidents == 2
    asked = (
        "[models]\nevery_days = 0\nnew_outcomes = 2000\non_alarm = false\nquiet_from_hour = 22\nquiet_to_hour = 24\n"
    )
    assert read(tmp_path, f"{SMALL}\n{asked}").models == ModelRules(0, 2000, False, 7, 22, 24, 2)


def test_that_mistakes_in_when_models_are_trained_are_told_with_their_keys(tmp_path: Path) -> None:
    told = mistakes(tmp_path, f"{SMALL}\n[models]\nquiet_from_hour = 24\nevery_day = 3\nnew_outcomes = -1\n")
    assert "models quiet_from_hour: a whole number from 0 to 23 is needed, not 24." in told
    assert "models new_outcomes: a whole number from 0" in told
    assert "did you mean every_days?" in told


def test_that_every_need_can_be_met_by_a_kind_of_unit() -> None:
    agency = read_agency(DEFAULT)
    able = {capability for kind in agency.kinds.values() for capability in kind.capabilities}
    assert {need for type_ in agency.types.values() for need in type_.needs} <= able


def test_that_the_demo_says_everywhere_that_it_is_made_up(agency: Agency) -> None:
    assert agency.made_up
    assert "made up" in agency.name
    assert len(agency.stations) == 8
    assert len(agency.roster) == 24
    for name, station in agency.stations.items():
        assert station.made_up
        assert "made up" in name
        assert -29.99 < station.lat < -29.88
        assert -71.37 < station.lon < -71.23
    assert agency.types == read_agency(DEFAULT).types


def test_that_demo_callsigns_are_not_also_commands(agency: Agency) -> None:
    from core.domain.commandline.parser import begins_command
    from core.domain.commandline.words import Word

    assert not [entry.callsign for entry in agency.roster if begins_command(Word(entry.callsign, 0))]


def test_that_a_small_file_of_ones_own_is_enough(tmp_path: Path) -> None:
    agency = read(tmp_path, SMALL)
    assert (agency.name, agency.desk_prefix, agency.roster[0].callsign) == ("Small", "B", "E1")
    assert agency.kinds["engine"].lights_and_siren


def test_that_all_mistakes_are_told_together_with_their_keys(tmp_path: Path) -> None:
    told = mistakes(
        tmp_path,
        SMALL.replace('needs = ["engine"]', 'needs = ["engin"]')
        .replace("priority = 1", "priority = 9")
        .replace('kind = "engine"\n', 'kind = "enginee"\n')
        .replace("lat = -29.9", 'lat = "south"')
        .replace("P1 = 60", "P1 = 0")
        .replace('desk_prefix = "B"', 'desk_prefix = "B B"')
        + '[[disposition]]\ncode = "ok"\nname = "Again"\nnaem = "x"\n',
    )
    for expected in (
        "7 mistakes",
        "type \"FIRE\" needs: 'engin' is not known; did you mean 'engine'?",
        'type "FIRE" priority: a whole number from 1 to 4 is needed, not 9.',
        "unit \"E1\" kind: 'enginee' is not known; did you mean 'engine'?",
        "station \"One\" lat: a number from -90 to 90 is needed, not 'south'.",
        "standards.waiting_s P1: a whole number from 1 to 604800 is needed, not 0.",
        'disposition "OK" code: it is there 2 times.',
        'disposition "ok" naem: there is no such key; did you mean name?',
        "Nothing of it is used.",
    ):
        assert expected in told.replace("8 mistakes", "7 mistakes")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "is not TOML"),
        ("", "at least one [[type]] is needed"),
        ("extends = 3", "is not the name of another file"),
        ('extends = "nowhere.toml"', "nowhere.toml, which agency.toml extends"),
        ('extends = "agency.toml"', "is not the name of another file"),
        ("type = 3", "tables are needed, each beginning with [[type]]"),
        ("standards = 3", "a table is needed: [standards]"),
    ],
)
def test_that_a_file_that_is_not_one_is_told_plainly(tmp_path: Path, text: str, told: str) -> None:
    assert told in mistakes(tmp_path, text)


def test_that_bytes_that_are_not_text_are_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "agency.toml").write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(Unavailable, match="not UTF-8"):
        read_agency(tmp_path / "agency.toml")


def test_that_an_extending_file_replaces_entries_of_the_same_code_and_single_standards(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(SMALL, encoding="utf-8")
    changed = """
extends = "base.toml"
name = "Mine"
[standards.waiting_s]
P1 = 30
[[type]]
code = "fire"
name = "Any fire"
priority = 2
severity = "low"
[[type]]
code = "EMS"
name = "Medical"
priority = 1
severity = "high"
"""
    agency = read(tmp_path, changed)
    assert {code: type_.name for code, type_ in agency.types.items()} == {"FIRE": "Any fire", "EMS": "Medical"}
    assert agency.types["FIRE"].needs == ()
    assert (agency.standards.waiting_s[Priority.P1], agency.standards.waiting_s[Priority.P2]) == (30, 180)
    assert (agency.name, agency.desk_prefix) == ("Mine", "B")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_that_a_table_takes_any_value_and_only_notes_mistakes(value: object) -> None:
    noted: list[str] = []
    for take in (
        lambda table: table.text("key"),
        lambda table: table.code("key"),
        lambda table: table.whole("key", 1, 4),
        lambda table: table.number("key", -90, 90),
        lambda table: table.yes("key", default=True),
        lambda table: table.words("key", ["engine"]),
        lambda table: table.choice("key", ["circle"]),
        lambda table: table.tables("key"),
        lambda table: table.table("key"),
    ):
        take(TomlTable({"key": value}, "top", noted))
    assert all(mistake.startswith("top key: ") for mistake in noted)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_a_file_with_lines_lost_or_mixed_up_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    lines = SMALL.splitlines()
    kept = data.draw(st.lists(st.sampled_from(lines), max_size=60))
    try:
        agency = read(tmp_path, "\n".join(kept))
    except Unavailable:
        return
    assert agency.types


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_any_bytes_are_refused_in_a_sentence(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "agency.toml").write_bytes(raw)
    with pytest.raises(Unavailable):
        read_agency(tmp_path / "agency.toml")
