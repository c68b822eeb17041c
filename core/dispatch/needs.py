"""Which unit fills which need of an incident: a small assignment, solved exactly."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from core.domain.agency import Agency
from core.domain.board import Board, Incident

# Costs are whole ms in float64, so sums stay exact: an unfilled need outweighs any first ETA, and one ms of the first
# need outweighs any sum of the others.
_LONGEST_MS = 10_000_000  # nearly 3 h; ETAs beyond count as this much
_FIRST_WEIGHT = 1_000_000.0
_UNFILLED = 1e14


def fill_needs(needs: Sequence[str], eta_ms: Sequence[int], capabilities: Sequence[frozenset[str]]) -> list[int | None]:
    """For each need the position of the unit that fills it, or None; one unit fills at most one need.

    As many needs as possible are filled; then the first need, which an agency lists first because it matters most, gets
    the quickest unit that it can; then the sum of the other ETAs is least. Giving every need its nearest unit in turn
    would leave a need empty, or fill it late, when one unit is nearest for two.
    """
    if not needs or not eta_ms:
        return [None] * len(needs)
    costs = np.full((len(needs), len(eta_ms) + len(needs)), _UNFILLED)
    for row, need in enumerate(needs):
        for column, (ms, able) in enumerate(zip(eta_ms, capabilities, strict=True)):
            if need in able:
                costs[row, column] = min(ms, _LONGEST_MS) * (_FIRST_WEIGHT if row == 0 else 1.0)
    rows, columns = linear_sum_assignment(costs)
    filled: list[int | None] = [None] * len(needs)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if costs[row, column] < _UNFILLED:
            filled[row] = column
    return filled


def needs_of(incident: Incident, agency: Agency) -> tuple[str, ...]:
    """What the incident's type asks for: a capability per unit."""
    kind = agency.types.get(incident.type)
    return kind.needs if kind else ()


def open_needs(incident: Incident, board: Board, agency: Agency) -> tuple[str, ...]:
    """The needs that no unit already on the incident fills; each of those fills one."""
    needs = needs_of(incident, agency)
    present = [board.units[a.unit] for a in incident.active_assignments if a.unit in board.units]
    filled = fill_needs(needs, [0] * len(present), [unit.capabilities for unit in present])
    return tuple(need for need, by in zip(needs, filled, strict=True) if by is None)
