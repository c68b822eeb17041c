"""In whatever order and in whatever portions events arrive: the board is the fold of all of them in order of place."""

import random
from collections.abc import Iterable
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.board import Board
from core.domain.conflict import DOUBLE_DISPATCH
from core.domain.events import IncidentOpened
from core.domain.fold import strands_of
from core.domain.strands.unit import find_unit
from core.merge.keeper import BoardKeeper, UnitBase, fold_all, shared
from core.merge.placed import Placed
from tests.merge.made_logs import made_log


class MemoryPast:
    """A log in memory with kept boards, as the keeper asks for it."""

    def __init__(self) -> None:
        self.events: list[Placed] = []
        self.kept: list[tuple[int, Board]] = []
        self.refused: set[str] = set()

    def _truth(self) -> Iterable[Placed]:
        return (entry for entry in self.events if entry.event.id not in self.refused)

    def strand_of_incident(self, incident: str) -> Iterable[Placed]:
        return [entry for entry in self._truth() if strands_of(entry.event.body)[0] == incident]

    def strand_of_unit(self, callsign: str, after_place: str) -> Iterable[Placed]:
        strand = (entry for entry in self._truth() if strands_of(entry.event.body)[1] == callsign)
        return [entry for entry in strand if entry.place > after_place]

    def strand_of_rest(self) -> Iterable[Placed]:
        return [entry for entry in self._truth() if strands_of(entry.event.body) == ("", "")]

    def base_of_unit(self, callsign: str, before_place: str) -> UnitBase | None:
        for seq, board in reversed(self.kept):
            unit = find_unit(board, callsign)
            if unit is None or unit.folded >= before_place:
                continue
            later = (entry for entry in self.events[seq:] if strands_of(entry.event.body)[1] == callsign)
            if all(entry.place > unit.folded for entry in later):
                own = (c for c in board.conflicts.values() if c.kind == DOUBLE_DISPATCH and c.unit == callsign)
                mayday, is_retired = board.emergencies.get(callsign), callsign in board.retired
                return UnitBase(deepcopy(unit), mayday, tuple(own), is_retired)
        return None

    def keep(self, board: Board) -> None:
        self.kept.append((len(self.events), deepcopy(board)))


LOGS = {seed: made_log(seed) for seed in range(12)}


@given(
    seed=st.sampled_from(sorted(LOGS)), order=st.randoms(use_true_random=False), budget=st.sampled_from([1, 20, 2000])
)
@settings(max_examples=120)
def test_that_any_order_of_arrival_makes_the_same_board(seed: int, order: random.Random, budget: int) -> None:
    log, past = list(LOGS[seed]), MemoryPast()
    jumble = order.choice((3, 30, len(log)))
    log = [entry for _, entry in sorted(enumerate(log), key=lambda at: at[0] + order.uniform(0, jumble))]
    keeper = BoardKeeper(Board(), past)
    while log:
        portion = log[: order.randint(1, 25)]
        log = log[len(portion) :]
        past.events += portion
        keeper.take(portion, budget)
        if not keeper.left and order.random() < 0.3:
            past.keep(keeper.board)
    while keeper.left:
        keeper.refold(budget)
    assert shared(keeper.board) == shared(fold_all(past.events))


@given(seed=st.sampled_from(sorted(LOGS)), order=st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_that_what_is_moved_or_refused_afterwards_leaves_the_board_as_if_it_had_come_so(
    seed: int, order: random.Random
) -> None:
    past = MemoryPast()
    past.events = list(LOGS[seed])
    keeper = BoardKeeper(Board(), past)
    keeper.take(past.events)
    chosen = [e for e in order.sample(past.events, 4) if not isinstance(e.event.body, IncidentOpened)]
    for entry in chosen[:2]:
        past.refused.add(entry.event.id)
        keeper.forget([entry])
    for entry in chosen[2:]:
        moved = Placed(entry.event, entry.n, order.choice(past.events).place[:20] + "0" * 12, "")
        past.events[past.events.index(entry)] = moved
        keeper.forget([entry, moved])
    while keeper.left:
        keeper.refold()
    truth = [entry for entry in past.events if entry.event.id not in past.refused]
    assert shared(keeper.board) == shared(fold_all(truth))


@pytest.mark.parametrize("seed", range(40))
def test_that_a_unit_is_committed_exactly_while_its_assignments_say_so(seed: int) -> None:
    """Whatever desks did behind each other's backs, incidents and units tell the same story."""
    board = fold_all(made_log(seed, steps=90))
    live: dict[str, set[str]] = {}
    for incident in [*board.incidents.values(), *board.withdrawn.values()]:
        for assignment in incident.active_assignments:
            live.setdefault(assignment.unit, set()).add(assignment.id)
            assert incident.closed_at is None
    for unit in board.units.values():
        assert {claim.assignment for claim in unit.claims} == live.pop(unit.callsign, set()), unit.callsign
        assert unit.status.committed == bool(unit.claims)
        assert unit.incident == (unit.claims[0].incident if unit.claims else "")
    assert not live
