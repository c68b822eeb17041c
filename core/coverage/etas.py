"""How long the first, second, third ... team needs to each node, from alarm to arrival."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.coverage.teams import ANY, Team
from core.roads.arrivals import arrivals_ms
from core.roads.customise import CLOSED_MS
from core.roads.engine import RoadEngine
from core.roads.segments import Floats, Ints

NEVER = CLOSED_MS  # ms of a team that does not come


def team_etas_ms(engine: RoadEngine, teams: Iterable[Team], capability: str = ANY, k: int = 3) -> Ints:
    """Ms from alarm to arrival of the 1st to k-th free team with the capability at each node [k, n], NEVER for none.

    Turnout time counts. Nodes behind forbidden turns are reached along any road that leads to them.
    """
    counting = [team for team in teams if team.free and capability in {*team.capabilities, ANY}]
    found = [np.full((k, engine.graph.nodes), NEVER, np.int32)]
    for siren in (False, True):
        group = [team for team in counting if team.siren is siren]
        if group:
            places, ready_ms = [team.place for team in group], [team.turnout_ms for team in group]
            found.append(arrivals_ms(engine, places, ready_ms, siren, k))
    if len(found) == 1:
        return found[0]
    return found[1] if len(found) == 2 else np.ascontiguousarray(np.sort(np.concatenate(found), axis=0)[:k])


def weighted_quantile(values: NDArray[np.int32], weights: Floats, share: float) -> int:
    """The least of the values within which `share`, 0 to 1, of the weight lies; NEVER where there is no weight."""
    order = np.argsort(values, kind="stable")
    summed = np.cumsum(weights[order])
    if not len(summed) or summed[-1] <= 0:
        return NEVER
    at = int(np.searchsorted(summed, share * summed[-1]))
    return int(values[order[min(at, len(order) - 1)]])
