"""The desk's suggestions: loaded beside the window, the last good model kept, what came of them written down."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.clock import ManualClock
from core.desk import Desk
from core.domain.agency import SeverityRules
from core.domain.agency_file import read_agency
from core.domain.commands import OpenIncident, SetSeverity, SignOn
from core.domain.values import Location
from core.errors import ForedeskError
from core.models.record import Kind, Origin
from core.models.registry import FOLDER, Registry
from core.severity.bundle import BundleParts, Manifest, write_bundle
from core.store import Store, open_store
from resources import resource_path
from widgets.suggester import Shown
from workstation.models import loading
from workstation.models.suggesting import LOOK_AGAIN_MS, SuggestingSession


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[Store]:
    store = open_store(tmp_path / "desk.db", bytes(range(32)), clock)
    yield store
    store.close()


@pytest.fixture
def desk(store: Store, clock: ManualClock) -> Desk:
    desk = Desk(store, read_agency(resource_path("agency", "default.toml")), clock, desk_id="A")
    desk.do(SignOn("kim"))
    return desk


@pytest.fixture
def told() -> list[ForedeskError]:
    return []


@pytest.fixture
def session(
    desk: Desk, store: Store, tmp_path: Path, told: list[ForedeskError], monkeypatch: pytest.MonkeyPatch
) -> Iterator[SuggestingSession]:
    monkeypatch.setattr(loading, "shipped_model", lambda: None)
    session = SuggestingSession(desk, store, tmp_path, told.append)
    yield session
    session.close()


Approve = Callable[..., str]


@pytest.fixture
def approve(tmp_path: Path, clock: ManualClock, small_parts: tuple[Manifest, BundleParts]) -> Approve:
    """Registers a version of the small model as champion (or shadow), and gives its sha256."""
    registry = Registry(tmp_path / FOLDER, clock)

    def make(version: str, *, shadow: bool = False) -> str:
        manifest, parts = small_parts
        path = tmp_path / f"{version}.fdmodel"
        sha256 = write_bundle(path, replace(manifest, version=version), parts)
        model = registry.add(Kind.SEVERITY, path, name=version, made_by="kim", origin=Origin())
        if shadow:
            registry.put_in_shadow(model.number, who="kim", reason="to try it")
        else:
            registry.approve(model.number, who="kim", reason="it is good", override="a test")
        return sha256

    return make


def opened(desk: Desk, session: SuggestingSession, text: str, **shown: str) -> str:
    suggestion = session.suggest(text, "EMS-CHE")
    command = OpenIncident("EMS-CHE", Location("Prat 1"), narrative=text, severity=shown.get("own", ""))
    desk.do(replace(command, suggested=suggestion.level, suggested_why=suggestion.why))
    incident = next(reversed(desk.board.incidents))
    session.opened(incident, Shown(suggestion, text=text, **shown))
    return incident


def test_that_before_anything_is_loaded_the_types_default_is_suggested(session: SuggestingSession) -> None:
    assert session.suggest("not breathing", "EMS-CHE").why == "incident type"
    assert session.suggest("not breathing", "").level == ""


def test_that_rules_and_the_approved_model_come_in_and_are_told(session: SuggestingSession, approve: Approve) -> None:
    heard: list[bool] = []
    session.on_change.append(lambda: heard.append(True))
    champion, shadow = approve("1"), approve("2", shadow=True)
    asyncio.run(session.load())
    assert session.loaded.models == (champion, shadow)
    assert session.suggest("he is not breathing", "").why == "red flag: not breathing"
    assert session.suggest("80 year old woman vomiting and confused after fall", "").source == "model"
    assert session.suggest("", "").level == ""
    asyncio.run(session.load())
    assert heard == [True]


def test_that_a_champion_that_was_tampered_with_is_refused_and_the_last_good_one_kept(
    session: SuggestingSession, approve: Approve, tmp_path: Path, told: list[ForedeskError]
) -> None:
    first = approve("1")
    asyncio.run(session.load())
    second = approve("2")
    file = tmp_path / FOLDER / "files" / f"{second}.fdmodel"
    file.write_bytes(file.read_bytes()[:-50])
    asyncio.run(session.load())
    assert session.loaded.models[0] == first
    assert session.suggest("80 year old vomiting and confused after fall", "").source == "model"
    asyncio.run(session.load())
    assert len(told) == 1  # once on loss
    assert "not the one that was registered" in told[0].happened
    assert "goes on" in told[0].holds


def test_that_a_desk_that_starts_with_a_damaged_champion_takes_the_one_before_it(
    session: SuggestingSession, approve: Approve, tmp_path: Path
) -> None:
    first, second = approve("1"), approve("2")
    (tmp_path / FOLDER / "files" / f"{second}.fdmodel").write_bytes(b"no model")
    asyncio.run(session.load())
    assert session.loaded.models[0] == first


def test_that_another_approval_is_noticed_after_a_while(
    session: SuggestingSession, approve: Approve, clock: ManualClock
) -> None:
    approve("1")
    asyncio.run(session.load())
    assert not session.due(clock.now_ms())
    clock.advance(LOOK_AGAIN_MS / 1000)
    assert session.due(clock.now_ms())
    second = approve("2")
    asyncio.run(session.load())
    assert session.loaded.models[0] == second


def test_that_an_agencys_rules_with_a_mistake_leave_the_shipped_ones_in_force(
    session: SuggestingSession, desk: Desk, tmp_path: Path, told: list[ForedeskError]
) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[[flag]]\ncode = 3\n", "utf-8")
    desk.agency = replace(desk.agency, severity=SeverityRules(red_flags=str(own)))
    asyncio.run(session.load())
    assert session.suggest("not breathing", "").why == "red flag: not breathing"
    assert "line 1" in told[0].happened
    own.write_text('[[flag]]\ncode = "alud"\nname = "avalanche"\nlevel = "critical"\nes = ["alud"]\n', "utf-8")
    asyncio.run(session.load())
    assert session.suggest("un alud", "").why == "red flag: avalanche"
    own.write_text("broken [", "utf-8")
    asyncio.run(session.load())
    assert session.suggest("un alud", "").why == "red flag: avalanche"  # the last good rules


def test_that_what_was_suggested_is_kept_with_both_models_answers(
    session: SuggestingSession, approve: Approve, desk: Desk, store: Store, clock: ManualClock
) -> None:
    champion, shadow = approve("1"), approve("2", shadow=True)
    asyncio.run(session.load())
    text = "80 year old woman vomiting and confused after fall"
    incident = opened(desk, session, text, own="low", first="moderate")
    (record,) = store.suggestions(0, clock.now_ms())
    assert (record.incident, record.type, record.own, record.own_first) == (incident, "EMS-CHE", "low", "moderate")
    assert (record.champion.model, record.shadow.model) == (champion, shadow)
    assert record.champion.probabilities == record.shadow.probabilities
    assert record.champion.severe > 0.5
    assert (record.fields["age"], record.fields["sex"], record.fields["type"]) == (80, "female", "EMS-CHE")
    assert text not in str(record)


def test_that_a_severity_set_later_is_what_the_person_made_of_it(
    session: SuggestingSession, desk: Desk, store: Store
) -> None:
    asyncio.run(session.load())
    incident = opened(desk, session, "not breathing")
    desk.do(SetSeverity(incident, "moderate"))
    assert store.suggestion_of(incident).own == "moderate"
    desk.do(SetSeverity(incident, ""))
    assert store.suggestion_of(incident).own == ""


def test_that_a_core_that_fails_is_replaced_by_the_fallback(
    session: SuggestingSession, approve: Approve, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve("1")
    asyncio.run(session.load())

    def fail(*_arrays: object) -> None:
        raise RuntimeError("invoke failed")

    monkeypatch.setattr(session.loaded.champion, "_core", fail)
    assert session.suggest("80 year old vomiting and confused after fall", "").source == "model"
    assert session.loaded.champion.engine == "NumPy"


def test_that_a_suggestion_that_takes_long_waits_for_a_pause_until_it_is_quick_again(
    session: SuggestingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(session.load())
    times = iter([0.0, 0.020, 1.0, 1.0002])
    monkeypatch.setattr("workstation.models.suggesting.perf_counter", lambda: next(times))
    session.suggest("he fell", "")
    assert session.busy
    session.suggest("he fell", "")
    assert not session.busy


def test_that_the_shipped_model_is_read_again_only_when_its_file_is_another(
    session: SuggestingSession,
    tmp_path: Path,
    clock: ManualClock,
    small_parts: tuple[Manifest, BundleParts],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest, parts = small_parts
    path = tmp_path / "shipped.fdmodel"
    write_bundle(path, manifest, parts)
    monkeypatch.setattr(loading, "shipped_model", lambda: path)
    asyncio.run(session.load())
    first = session.loaded.champion
    assert first is not None
    for _ in range(3):
        asyncio.run(session.load())
        assert session.loaded.champion is first
    write_bundle(path, replace(manifest, version="another version"), parts)
    asyncio.run(session.load())
    assert session.loaded.champion is not first
