"""Needs are filled exactly: as many as can be, soonest in sum, and nobody quicker is left standing."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from core.dispatch.needs import fill_needs

codes = st.sampled_from(["als", "bls", "engine"])
fleet = st.lists(st.tuples(st.integers(0, 50), st.frozensets(codes)), max_size=5)


def best_by_trying_all(needs, units):
    """The most needs filled, and the least sum of ETAs for that."""
    best = (0, 0)
    slots = [*range(len(units)), *[None] * len(needs)]
    for chosen in set(permutations(slots, len(needs))):
        pairs = [(need, at) for need, at in zip(needs, chosen, strict=True) if at is not None]
        if all(need in units[at][1] for need, at in pairs):
            best = min(best, (-len(pairs), sum(units[at][0] for _, at in pairs)))
    return best


@given(st.lists(codes, max_size=3), fleet)
def test_that_the_choice_is_the_best_of_all(needs, units):
    filled = fill_needs(needs, [eta for eta, _ in units], [able for _, able in units])
    used = [at for at in filled if at is not None]
    assert len(used) == len(set(used))
    assert all(at is None or need in units[at][1] for need, at in zip(needs, filled, strict=True))
    assert (-len(used), sum(units[at][0] for at in used)) == best_by_trying_all(needs, units)


@given(st.lists(codes, min_size=1, max_size=4), fleet)
def test_that_the_quickest_unit_for_each_need_is_always_sent(needs, units):
    filled = fill_needs(needs, [eta for eta, _ in units], [able for _, able in units])
    sent = {units[at][0] for at in filled if at is not None}
    for need in needs:
        able = [eta for eta, can in units if need in can]
        assert not able or min(sent) <= min(able)


def test_that_the_nearest_unit_for_two_needs_goes_where_nobody_else_can():
    medic, ambulance, far_medic = (100, frozenset({"als", "bls"})), (200, frozenset({"bls"})), (900, frozenset({"als"}))
    units = [medic, ambulance, far_medic]
    assert fill_needs(["bls", "als"], [eta for eta, _ in units], [able for _, able in units]) == [1, 0]


def test_that_the_quicker_of_two_alike_fills_the_need_that_is_listed_first():
    both = frozenset({"als", "bls"})
    assert fill_needs(["als", "bls"], [300, 100], [both, both]) == [1, 0]
    assert fill_needs(["bls", "als"], [300, 100], [both, both]) == [1, 0]


def test_that_no_needs_and_no_units_are_no_trouble():
    assert fill_needs([], [1], [frozenset()]) == []
    assert fill_needs(["als"], [], []) == [None]
