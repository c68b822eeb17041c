"""When a candidate is trained: for a reason, at a quiet time, not every hour, and never approved by itself."""

import pytest
from msgspec.structs import replace

from core.domain.agency import ModelRules
from core.errors import Refused
from core.models.limits import Alert
from core.models.record import Kind
from core.models.registry import AUTOMATIC, Registry
from core.models.retraining import Standing, decide

NOW = 1_760_000_000_000
DAY = 86_400_000
QUIET = Standing(
    kind=Kind.SEVERITY,
    now_ms=NOW,
    local_hour=3,
    open_incidents=0,
    trained_at=NOW - 30 * DAY,
    tried_at=0,
    new_outcomes=10,
)
ALARM = Alert(Kind.SEVERITY, "ece", 2, "Error of the probabilities", "It is high.", "Train.")


def test_that_without_a_reason_nothing_is_trained() -> None:
    decision = decide(ModelRules(), QUIET)
    assert not decision.due
    assert "10 of 500 new outcomes" in decision.reason


@pytest.mark.parametrize(
    ("standing", "says"),
    [
        (replace(QUIET, new_outcomes=500), "500 new outcomes"),
        (replace(QUIET, trained_at=NOW - 91 * DAY), "91 days old"),
        (replace(QUIET, alerts=(ALARM,)), "There is an alarm: Error"),
        (replace(QUIET, trained_at=0, new_outcomes=800), "800 new outcomes"),
    ],
)
def test_that_schedule_outcomes_and_alarms_are_reasons(standing: Standing, says: str) -> None:
    decision = decide(ModelRules(), standing)
    assert decision.now
    assert says in decision.reason


def test_that_a_warning_is_no_reason() -> None:
    assert not decide(ModelRules(), replace(QUIET, alerts=(replace(ALARM, level=1),))).due


@pytest.mark.parametrize(
    ("standing", "says"),
    [
        (replace(QUIET, new_outcomes=900, local_hour=14), "quiet hours, 02:00 to 05:00"),
        (replace(QUIET, new_outcomes=900, open_incidents=5), "5 incidents are open"),
    ],
)
def test_that_a_busy_desk_waits(standing: Standing, says: str) -> None:
    decision = decide(ModelRules(), standing)
    assert decision.due
    assert not decision.now
    assert says in decision.reason


def test_that_quiet_hours_may_span_midnight() -> None:
    rules = ModelRules(quiet_from_hour=22, quiet_to_hour=4)
    busy = [hour for hour in range(24) if not decide(rules, replace(QUIET, new_outcomes=900, local_hour=hour)).now]
    assert busy == list(range(4, 22))


def test_that_a_failed_attempt_is_not_repeated_at_once() -> None:
    standing = replace(QUIET, new_outcomes=900, tried_at=NOW - DAY)
    assert not decide(ModelRules(), standing).due
    assert decide(ModelRules(), replace(standing, tried_at=NOW - 8 * DAY)).now


def test_that_reasons_can_be_turned_off() -> None:
    never = ModelRules(every_days=0, new_outcomes=0, on_alarm=False)
    standing = replace(QUIET, new_outcomes=9999, trained_at=NOW - 999 * DAY, alerts=(ALARM,))
    assert not decide(never, standing).due


def test_that_retraining_cannot_approve_what_it_made(registry: Registry, add) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Refused, match="Only a person"):
        registry.approve(add("one").number, who=AUTOMATIC, reason="It is newer")
