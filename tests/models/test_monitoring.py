"""What is watched, from when it warns, and that chance raises no alarm."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.drift import counted, drift, psi
from core.models.limits import WATCHES, Measured, alerts, too_few
from core.models.monitoring import DAY_MS, beside, ece, measure, series
from core.models.overview import Seen, watch_severity
from core.models.rates import rate
from core.models.record import Kind
from core.models.registry import Registry
from core.severity.record import Estimate, SuggestionRecord

NOW = 1_760_000_000_000
Records = list[SuggestionRecord]


@dataclass(frozen=True)
class Spread:
    name: str
    edges: tuple[float, ...]
    choices: tuple[str, ...]
    shares: tuple[float, ...]


AGES = Spread("age", (20.0, 40.0, 60.0), (), (0.25, 0.25, 0.25, 0.25, 0.0))
TYPES = Spread("type", (), ("ems-chest", "ems-fall"), (0.5, 0.4, 0.1, 0.0))


def record(at: int = NOW, **given_: object) -> SuggestionRecord:
    estimate = Estimate("m", (0.1, 0.9), 0.1, "moderate", words=10, unknown=1)
    usual = {"incident": f"i{at}", "at": at, "level": "moderate", "champion": estimate, "latency_ms": 1.0}
    return SuggestionRecord(**{**usual, **given_})  # type: ignore[arg-type]


def severe(probability: float, level: str, words: int = 10, unknown: int = 0) -> Estimate:
    return Estimate("m", (probability, 1 - probability), probability, level, words, unknown)


def test_that_the_same_shares_are_no_drift() -> None:
    assert psi((0.25, 0.25, 0.5), (250, 250, 500)) == 0.0


def test_that_another_population_is_drift() -> None:
    assert psi((0.25, 0.25, 0.5), (500, 400, 100)) > 0.25


def test_that_the_index_is_the_sum_it_is_defined_as() -> None:
    expected, actual, count = np.array([0.5, 0.5]), np.array([0.6, 0.4]), 100_000
    wanted = float(np.sum((actual - expected) * np.log(actual / expected)))
    assert psi((0.5, 0.5), actual * count) == pytest.approx(wanted - 1 / count)


@given(st.lists(st.integers(0, 500), min_size=3, max_size=8), st.integers(0, 2**32 - 1))
def test_that_drift_is_never_negative_nor_infinite(counts: list[int], seed: int) -> None:
    shares = np.random.default_rng(seed).dirichlet(np.ones(len(counts)))
    found = psi(tuple(shares), counts)
    assert 0 <= found < 100


def test_that_samples_of_the_same_population_are_calm() -> None:
    rng = np.random.default_rng(3)
    found = [drift(AGES, rng.uniform(0, 80, 200).tolist()) for _ in range(200)]
    assert np.mean([value < 0.1 for value in found]) > 0.99


def test_that_values_fall_into_the_bins_of_the_training() -> None:
    assert counted(AGES, [0, 20, 39.9, 60, None, "", float("nan"), "x", 200]).tolist() == [1, 2, 0, 2, 4]
    assert counted(TYPES, ["EMS-CHEST", "ems-fall ", "FIRE", None, ""]).tolist() == [1, 1, 1, 2]


def test_that_an_override_is_a_severity_that_a_person_changed() -> None:
    records = [record(own="") for _ in range(6)] + [record(own="moderate"), record(own="high"), record(own="low")]
    records.append(record(level="", own="high"))  # nothing was suggested, so nothing was changed
    assert measure(records)["override"].value == pytest.approx(2 / 9)


def test_that_missed_outcomes_are_counted_against_what_was_suggested() -> None:
    records = [record(level="low", outcome="critical"), record(level="high", outcome="high")]
    records += [record(level="critical", outcome="low"), record(level="low", outcome="low"), record(level="low")]
    found = measure(records)
    assert found["under_triage"].value == 0.5
    assert found["over_triage"].value == 0.5
    assert found["under_triage"].cases == 2


def test_that_probabilities_that_come_true_have_no_error() -> None:
    rng = np.random.default_rng(0)
    sure = rng.uniform(0, 1, 20_000)
    truth = (rng.uniform(0, 1, 20_000) < sure).astype(float)
    assert ece(sure, truth) < 0.02
    assert ece(sure, np.zeros(20_000)) == pytest.approx(0.5, abs=0.01)
    assert ece(np.zeros(0), np.zeros(0)) == 0.0


def test_that_unknown_words_and_missing_estimates_are_counted() -> None:
    records = [record(champion=severe(0.2, "low", 8, 2)), record(champion=severe(0.0, "", 2, 2)), record(champion=None)]
    found = measure(records)
    assert found["unknown_words"].value == pytest.approx(0.4)
    assert found["no_estimate"].value == 0.5


def test_that_drift_is_measured_for_what_the_records_have() -> None:
    records = [record(fields={"age": float(age % 80)}) for age in range(400)]
    found = measure(records, [AGES, TYPES])
    assert found["psi age"].value < 0.05
    assert "psi type" not in found


def test_that_nothing_is_measured_of_nothing() -> None:
    assert measure([]) == {}
    assert series([], window_ms=DAY_MS) == {}
    assert beside([record()]) is None


def test_that_the_shadow_is_held_against_the_same_calls() -> None:
    records = [
        record(champion=severe(0.9, "high"), shadow=severe(0.2, "low"), outcome="critical"),
        record(champion=severe(0.1, "low"), shadow=severe(0.1, "low"), outcome="low"),
        record(champion=severe(0.1, "low"), shadow=severe(0.1, "low")),
        record(champion=severe(0.1, "low")),
    ]
    found = beside(records)
    assert found is not None
    assert found.calls == 3
    assert found.agree == pytest.approx(2 / 3)
    assert found.champion_missed == 0.0
    assert found.shadow_missed == 1.0


def test_that_lines_end_with_the_newest_case_and_leave_out_thin_weeks() -> None:
    records = [record(NOW + n * DAY_MS // 4, own="high" if n >= 200 else "") for n in range(400)]
    line = series(records, window_ms=28 * DAY_MS)["override"]
    assert line[-1].at == records[-1].at
    assert [point.at for point in line] == sorted(point.at for point in line)
    assert line[0].value == 0.0
    assert line[-1].value == 1.0
    assert series(records[:10], window_ms=28 * DAY_MS) == {}


def test_that_a_rate_is_alarming_only_where_chance_does_not_explain_it() -> None:
    by_chance = alerts(Kind.SEVERITY, {"under_triage": rate(6, 35)})
    assert [alert.level for alert in by_chance] == [1]
    surely = alerts(Kind.SEVERITY, {"under_triage": rate(90, 300)})
    assert [alert.level for alert in surely] == [2]
    assert "30.0 % over 300 cases; at least 15.0 % is an alarm" in surely[0].reason
    assert surely[0].do


def test_that_few_cases_are_not_judged_but_said() -> None:
    measured = {"under_triage": rate(5, 10)}
    assert alerts(Kind.SEVERITY, measured) == ()
    assert any("10 of the 30 cases" in sentence for sentence in too_few(Kind.SEVERITY, measured))


def test_that_the_worst_alert_comes_first() -> None:
    measured = {"override": Measured(0.3, 500), "ece": Measured(0.2, 500), "latency_ms": Measured(1.0, 500)}
    assert [alert.name for alert in alerts(Kind.SEVERITY, measured)] == ["ece", "override"]


def test_that_too_little_gain_is_what_is_bad_about_gain() -> None:
    def levels(value: float) -> list[int]:
        return [alert.level for alert in alerts(Kind.RESPONSE, {"gain_on_roads": Measured(value, 400)})]

    assert levels(0.2) == []
    assert levels(0.01) == [1]
    assert levels(-0.1) == [2]


@pytest.mark.parametrize("kind", list(Kind))
def test_that_every_watch_says_why_and_what_to_do(kind: Kind) -> None:
    for watch in WATCHES[kind]:
        assert watch.why
        assert watch.do.endswith(".")
        assert watch.group
        assert (watch.alarm < watch.warn) == watch.low_is_bad


def test_that_a_new_champion_is_not_judged_by_what_the_old_one_said(registry: Registry, add: Any) -> None:
    old, new = add("one"), add("two")
    by_old = [record(NOW - n, champion=Estimate(old.sha256, (), 0.1, "low"), own="high") for n in range(60)]
    by_new = [record(NOW - n, champion=Estimate(new.sha256, (), 0.1, "low")) for n in range(40)]
    registry.approve(new.number, who="Dr. Silva", reason="Better")
    watched = watch_severity(registry, Seen([*by_old, *by_new]), NOW)
    assert watched.measured["override"].value == 0.0
    assert watched.measured["override"].cases == 40
