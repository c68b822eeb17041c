"""Which fixes move a unit: each check by itself, their order, and that one wrong fix cannot hold a unit for ever."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.avl.checks import AGREEING, CHECKS, FixJudge, Limits, Outcome, Seen, Situation, judge
from core.avl.reports import AvlFix

NOW = 1_790_000_000_000
HERE = (-29.9027, -71.2519)
GOOD = AvlFix(device="", lat=HERE[0], lon=HERE[1], fixed_at=NOW - 2000, valid=True, source="nmea")
LAST = Seen(HERE[0] + 0.001, HERE[1], NOW - 12_000, "taip:7")


def verdict(last: Seen | None = LAST, rank: int = 1, **changed: object):
    situation = Situation(NOW, "taip:7" if rank == 1 else "nmea:2", rank, last, Limits())
    return judge(replace(GOOD, **changed), situation)


def test_that_a_good_fix_is_accepted() -> None:
    assert verdict().accepted
    assert verdict(last=None).accepted
    assert verdict(fixed_at=None).accepted


@pytest.mark.parametrize(
    ("check", "changed"),
    [
        ("no fix", {"lat": None, "lon": None}),
        ("no fix", {"lat": None, "lon": None, "valid": False}),
        ("invalid", {"valid": False, "quality": "no fix"}),
        ("impossible", {"lat": 91.0}),
        ("impossible", {"lon": math.nan}),
        ("factory default", {"lat": 0.0, "lon": 0.0}),
        ("factory default", {"lat": 0.0003, "lon": -0.002}),
        ("factory default", {"lat": 24.0, "lon": 121.0}),
        ("future", {"fixed_at": NOW + 61_000}),
        ("clock lost", {"fixed_at": NOW - 1024 * 7 * 86_400_000}),
        ("duplicate", {"lat": LAST.lat, "lon": LAST.lon, "fixed_at": LAST.fixed_at}),
        ("jump", {"lat": HERE[0] + 0.1}),
        ("accuracy", {"accuracy_m": 900.0}),
    ],
)
def test_that_a_bad_fix_is_refused_by_the_check_for_it(check: str, changed: dict[str, object]) -> None:
    found = verdict(**changed)
    assert (found.outcome, found.check) == (Outcome.REFUSED, check)
    assert found.reason.endswith(".")


@pytest.mark.parametrize(
    ("check", "fixed_at"), [("stale", NOW - 2 * 3600 * 1000), ("out of order", LAST.fixed_at - 1000)]
)
def test_that_a_late_fix_completes_the_track_only(check: str, fixed_at: int) -> None:
    found = verdict(fixed_at=fixed_at)
    assert (found.outcome, found.check) == (Outcome.TRACK_ONLY, check)


def test_that_a_worse_source_waits_while_a_better_one_is_fresh() -> None:
    assert verdict(rank=2).check == "source priority"
    assert verdict(rank=2, last=replace(LAST, fixed_at=NOW - 200_000)).accepted
    assert verdict(rank=1, last=replace(LAST, device="aprs:x", rank=2)).accepted


def test_that_every_check_has_one_purpose() -> None:
    names = [name for name, _, _ in CHECKS]
    assert len(set(names)) == len(names) == 12
    for _, check, _ in CHECKS:
        assert check(GOOD, Situation(NOW, "taip:7", 1, LAST, Limits())) == ""


def drive(judge_: FixJudge, *places: tuple[float, float]) -> list[str]:
    """Fixes ten seconds apart; the name of the check that decided each, "" for accepted."""
    return [
        judge_.take("E1", replace(GOOD, lat=lat, lon=lon, fixed_at=NOW + at), NOW + at, device="nmea:1").check
        for at, (lat, lon) in zip(range(0, 10_000 * len(places), 10_000), places, strict=True)
    ]


def test_that_one_wrong_fix_among_right_ones_is_left_out() -> None:
    assert drive(FixJudge(), HERE, (HERE[0] + 1, HERE[1]), HERE, HERE) == ["", "jump", "", ""]


def test_that_a_wrong_first_fix_does_not_hold_the_unit() -> None:
    wrong = (HERE[0] + 1, HERE[1])
    assert drive(FixJudge(), wrong, HERE, HERE, HERE, HERE) == ["", "jump", "jump", "", ""]
    assert AGREEING == 3


def test_that_jumps_that_disagree_are_never_believed() -> None:
    places = [(HERE[0] + n % 2 + n * 0.3, HERE[1]) for n in range(1, 9)]
    assert set(drive(FixJudge(), HERE, *places)[1:]) == {"jump"}


def test_that_a_unit_with_another_device_starts_anew() -> None:
    judge_ = FixJudge()
    drive(judge_, HERE)
    judge_.forget("E1")
    assert drive(judge_, (HERE[0] + 1, HERE[1])) == [""]


REAL = st.none() | st.floats()
FIXES = st.builds(
    AvlFix,
    device=st.text(max_size=3),
    lat=REAL | st.floats(-90, 90),
    lon=REAL | st.floats(-180, 180),
    fixed_at=st.none() | st.integers(-(2**40), 2**42) | st.integers(NOW - 100_000, NOW + 100_000),
    valid=st.booleans(),
    source=st.just("nmea"),
    speed_mps=REAL,
    accuracy_m=REAL,
)


@given(st.lists(st.tuples(FIXES, st.integers(1, 3)), max_size=12))
def test_that_whatever_comes_only_possible_places_are_drawn(fixes: list[tuple[AvlFix, int]]) -> None:
    judge_ = FixJudge()
    for step, (fix, rank) in enumerate(fixes):
        found = judge_.take("E1", fix, NOW + step, device=f"nmea:{rank}", rank=rank)
        assert bool(found.reason) == (not found.accepted)
        if found.outcome is not Outcome.REFUSED:
            assert fix.valid
            assert -90 <= fix.lat <= 90
            assert -180 <= fix.lon <= 180
        if found.accepted and fix.fixed_at is not None:
            assert NOW - 3_600_000 <= fix.fixed_at <= NOW + step + 60_000
