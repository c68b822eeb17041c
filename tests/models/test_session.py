"""The models' life beside the window: outcomes, training asked for and stopped, the hourly look."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain.agency import ModelRules
from core.domain.commands import CloseIncident, OpenIncident, ReopenIncident
from core.domain.events import IncidentOpened
from core.domain.values import Caller, Location
from core.errors import Refused
from core.models.record import Kind, Origin
from core.models.registry import MEMORY, TRAINING, Registry
from core.severity.record import SuggestionRecord
from core.store import Store
from workstation.models import session as session_module
from workstation.models.session import LOOK_EVERY_MS, ModelsSession

KEY = bytes(range(32))


def open_incident(desk: Desk) -> str:
    events = desk.do(OpenIncident("EMS-CHE", Location("Balmaceda 1"), Caller()))
    return next(event.body.incident for event in events if isinstance(event.body, IncidentOpened))


@pytest.fixture
def incident(desk: Desk) -> str:
    opened = open_incident(desk)
    assert isinstance(desk.store, Store)
    desk.store.save_suggestion(SuggestionRecord(incident=opened, at=desk.clock.now_ms(), level="high"))
    return opened


def outcome_of(desk: Desk, incident: str) -> str:
    assert isinstance(desk.store, Store)
    found = desk.store.suggestion_of(incident)
    assert found is not None
    return found.outcome


def test_that_a_closing_tells_how_severe_it_was(session: ModelsSession, desk: Desk, incident: str) -> None:
    desk.do(CloseIncident(incident, "TREAT"))
    assert outcome_of(desk, incident) == "moderate"
    desk.do(ReopenIncident(incident, "New call"))
    assert outcome_of(desk, incident) == ""


def test_that_a_disposition_that_does_not_tell_leaves_it_open(
    session: ModelsSession, desk: Desk, incident: str
) -> None:
    desk.do(CloseIncident(incident, "TRANS"))
    assert outcome_of(desk, incident) == ""


def test_that_training_without_history_ends_with_the_reason(
    qtbot: QtBot, session: ModelsSession, registry: Registry
) -> None:
    session.train(Kind.RESPONSE)
    assert session.training
    with pytest.raises(Refused, match="trained already"):
        session.train(Kind.RESPONSE)
    qtbot.waitUntil(lambda: not session.training, timeout=30_000)
    assert session.trouble
    assert registry.readings(Kind.RESPONSE, TRAINING)
    assert registry.models() == ()


def test_that_the_hourly_look_notes_the_memory(
    session: ModelsSession, clock: ManualClock, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "resident_mb", lambda: 321.0)
    session.tick(clock.now_ms())
    assert registry.readings(Kind.SEVERITY, MEMORY) == ()
    clock.advance(LOOK_EVERY_MS / 1000)
    session.tick(clock.now_ms())
    session.tick(clock.now_ms())
    assert [reading.value for reading in registry.readings(Kind.SEVERITY, MEMORY)] == [321.0]


def test_that_without_an_approved_response_model_nothing_is_expected(
    qtbot: QtBot, session: ModelsSession, tmp_path: Path
) -> None:
    session.expectations.look()
    qtbot.waitUntil(lambda: not session.expectations._busy, timeout=20_000)
    assert session.expectations.expects is None


@pytest.mark.parametrize(("every_days", "attempts"), [(0, 0), (1, 1)])
def test_that_the_open_desk_trains_when_the_agency_says(
    qtbot: QtBot,
    desk: Desk,
    clock: ManualClock,
    registry: Registry,
    tmp_path: Path,
    every_days: int,
    attempts: int,
) -> None:
    """The attempt is noted, and comes to nothing, as the desk has no history to learn from."""
    rules = ModelRules(every_days=every_days, new_outcomes=0, quiet_from_hour=0, quiet_to_hour=0)
    desk.agency = replace(desk.agency, models=rules)
    model = tmp_path / "made.fdmodel"
    model.write_text("one")
    registry.add(Kind.RESPONSE, model, name="one", made_by="Kim", origin=Origin())
    session = ModelsSession(desk, tmp_path, KEY, retrain_by_itself=True)
    clock.advance(8 * 86_400)
    session.tick(clock.now_ms())
    qtbot.waitUntil(lambda: session.overview is not None and not session.training, timeout=20_000)
    session.shut()
    assert len(registry.readings(Kind.RESPONSE, TRAINING)) == attempts
