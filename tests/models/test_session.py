"""The models' life beside the window: outcomes, training asked for and stopped, the hourly look."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain.commands import CloseIncident, OpenIncident, ReopenIncident
from core.domain.events import IncidentOpened
from core.domain.values import Caller, Location
from core.errors import Refused
from core.models.record import Kind
from core.models.registry import MEMORY, TRAINING, Registry
from core.severity.record import SuggestionRecord
from core.store import Store
from workstation.models import session as session_module
from workstation.models.session import LOOK_EVERY_MS, ModelsSession


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
