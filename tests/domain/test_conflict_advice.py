"""Which of two claims on a unit is advised, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.statuses import Priority, UnitStatus
from core.merge.advice import Standing, advise

EARLY = Standing("1041", Priority.P2, UnitStatus.DISPATCHED, at=1_000)
LATE = Standing("1052", Priority.P2, UnitStatus.DISPATCHED, at=2_000)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"status": UnitStatus.ON_SCENE}, "it is on scene there."),
        ({"status": UnitStatus.TRANSPORTING}, "it is transporting from there."),
        ({"priority": Priority.P1}, "1052 is more urgent, P1 against P2."),
        ({"status": UnitStatus.EN_ROUTE}, "the crew is already on its way there."),
    ],
)
def test_that_presence_urgency_and_movement_count_for_the_later_claim(changed: dict[str, object], why: str) -> None:
    advice = advise(EARLY, replace(LATE, **changed))
    assert (advice.keep, advice.why) == (1, why)


def test_that_being_there_counts_more_than_urgency() -> None:
    there = replace(LATE, status=UnitStatus.ON_SCENE)
    assert advise(replace(EARLY, priority=Priority.P1), there).keep == 1


def test_that_an_incident_with_no_other_unit_is_preferred() -> None:
    advice = advise(replace(EARLY, others=2), LATE)
    assert (advice.keep, advice.why) == (1, "1052 has no other unit, and 1041 has 2 other units.")


def test_that_severity_tells_two_of_the_same_priority_apart() -> None:
    advice = advise(replace(EARLY, severity="high"), replace(LATE, severity="critical"))
    assert (advice.keep, advice.why) == (1, "1052 is more severe, critical against high.")
    assert advise(replace(EARLY, severity="high"), LATE).keep == 0


def test_that_a_unit_of_the_wrong_kind_for_one_is_kept_on_the_other() -> None:
    advice = advise(replace(EARLY, asks_for="ALS", severity="critical"), replace(LATE, severity="high"))
    assert (advice.keep, advice.why) == (1, "it is of the wrong kind for 1041, which asks for ALS.")
    both = advise(replace(EARLY, asks_for="ALS"), replace(LATE, asks_for="BLS"))
    assert both.keep == 0


def test_that_a_minute_by_road_counts_and_less_does_not() -> None:
    near, nearer = replace(EARLY, eta_s=300), replace(LATE, eta_s=180)
    assert advise(near, nearer).why == "it is 2 min nearer by road."
    assert advise(near, replace(nearer, eta_s=250)).keep == 0


def test_that_the_first_is_kept_where_nothing_tells_them_apart() -> None:
    assert advise(EARLY, LATE).keep == 0
    assert "first" in advise(EARLY, LATE).why


standings = st.builds(
    Standing,
    st.sampled_from(["1041", "1052"]),
    st.sampled_from(Priority),
    st.sampled_from(UnitStatus),
    st.integers(0, 10),
    st.integers(0, 3),
    st.none() | st.floats(0, 2_000),
    st.sampled_from(["", "critical", "high"]),
    st.sampled_from(["", "ALS"]),
)


@given(standings, standings)
def test_that_the_order_of_the_sides_changes_nothing(one: Standing, other: Standing) -> None:
    if one.at == other.at:
        other = replace(other, at=other.at + 1)
    there, back = advise(one, other), advise(other, one)
    assert (there.keep, there.why) == (1 - back.keep, back.why)
