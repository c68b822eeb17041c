"""Which unit fills which need of an incident: a small assignment, solved exactly."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain.agency import Agency
from core.domain.board import Board, Incident
from core.domain.statuses import IncidentState

_UNFILLED = 1e12  # ms: an empty need outweighs any sum of ETAs


def fill_needs(needs: Sequence[str], eta_ms: Sequence[int], capabilities: Sequence[frozenset[str]]) -> list[int | None]:
    """For each need the position of the unit that fills it, or None; one unit fills at most one need.

    As many needs as possible are filled, and then the sum of the ETAs is least. The quickest unit for any one of the
    needs is always among those sent, for otherwise putting it in place of another would lessen the sum. Giving every
    need its nearest unit in turn would leave a need empty, or fill it late, when one unit is nearest for two. Of two
    units that could change places, the quicker fills the need that the agency lists first.
    """
    from scipy.optimize import linear_sum_assignment  # half a second to import: not before the window stands

    costs = np.full((len(needs), len(eta_ms) + len(needs)), _UNFILLED)
    for row, need in enumerate(needs):
        for column, (ms, able) in enumerate(zip(eta_ms, capabilities, strict=True)):
            if need in able:
                costs[row, column] = ms
    rows, columns = linear_sum_assignment(costs)
    filled: list[int | None] = [None] * len(needs)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if costs[row, column] < _UNFILLED:
            filled[row] = column
    return _quickest_first(filled, costs)


def _quickest_first(filled: list[int | None], costs: NDArray[np.float64]) -> list[int | None]:
    for first in range(len(filled)):
        for second in range(first + 1, len(filled)):
            one, other = filled[first], filled[second]
            if one is None or other is None or max(costs[first, other], costs[second, one]) == _UNFILLED:
                continue
            if costs[second, other] < costs[first, one]:
                filled[first], filled[second] = other, one
    return filled


def needs_of(incident: Incident, agency: Agency) -> tuple[str, ...]:
    """What the incident's type asks for: a capability per unit."""
    kind = agency.types.get(incident.type)
    return kind.needs if kind else ()


def open_needs(incident: Incident, board: Board, agency: Agency) -> tuple[str, ...]:
    """The needs that no unit already on the incident fills; each of those fills one. Served incidents need nobody."""
    if incident.state is IncidentState.SERVED:
        return ()
    needs = needs_of(incident, agency)
    present = [board.units[a.unit] for a in incident.active_assignments if a.unit in board.units]
    filled = fill_needs(needs, [0] * len(present), [unit.capabilities for unit in present])
    return tuple(need for need, by in zip(needs, filled, strict=True) if by is None)
