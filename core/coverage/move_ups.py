"""Which free unit at which station restores most coverage, all pairs weighed in milliseconds.

With a wish for k teams, moving u to s gains the nodes with k - 1 teams that s reaches and u did not, and loses those
with k teams that u reached and s does not. All pairs are weighed by what both u and s reach, a bit for each station.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from core.coverage.counting import mark, take, weight_at, weight_by_bit
from core.coverage.coverage_map import CoverageMap
from core.coverage.demand import Demand
from core.coverage.reaches import Start
from core.coverage.teams import ANY, Team
from core.roads.segments import Ints
from core.roads.snap import Snap

_BITS = 64


@dataclass(frozen=True, slots=True)
class MoveUp:
    """Send `callsign` to `station`: the share of demand covered, 0 to 1, without and with that."""

    callsign: str
    station: str
    before: float
    after: float


def best_move_up(
    coverage: CoverageMap,
    stations: Mapping[str, Snap],
    demand: Demand,
    capability: str = ANY,
    *,
    away: Collection[str] = (),
    at_least: int = 1,
    most: int = 3,
) -> list[MoveUp]:
    """The moves of one free unit to one station that raise the share most, best first; none that do not raise it.

    `away` are units about to be sent: they count no more and do not move. Units count as arrived, with their own
    turnout time. Nothing in `coverage` is changed.
    """
    return _MoveUps(coverage, stations, demand, capability, frozenset(away), at_least).best(most)


class _MoveUps:
    def __init__(
        self,
        coverage: CoverageMap,
        stations: Mapping[str, Snap],
        demand: Demand,
        capability: str,
        away: frozenset[str],
        at_least: int,
    ) -> None:
        self._coverage = coverage
        self._stations = dict(stations)
        self._at_least = at_least
        self._total = demand.total
        self._weights = coverage.weights_by_place(demand)
        self._layer = coverage.layer(capability).copy()
        counting = coverage.counting_teams(capability)
        self._before = coverage.without(away, demand, capability, at_least).after
        for callsign, (_, ranges) in counting.items():
            if callsign in away:
                take(self._layer, ranges)
        self._teams = {callsign: kept for callsign, kept in counting.items() if callsign not in away}

    def best(self, most: int) -> list[MoveUp]:
        if not self._total or not self._stations:
            return []
        groups: dict[tuple[int, bool], list[tuple[Team, Ints]]] = {}
        for team, ranges in self._teams.values():
            groups.setdefault((self._coverage.limit_ms(team), team.siren), []).append((team, ranges))
        moves = [move for key, teams in groups.items() for move in self._moves(key, teams)]
        moves.sort(key=lambda move: (-move.after, move.callsign, move.station))
        return moves[:most]

    def _moves(self, key: tuple[int, bool], teams: list[tuple[Team, Ints]]) -> list[MoveUp]:
        names = list(self._stations)
        starts = [Start(self._stations[name], key[1], key[0]) for name in names]
        reaches = self._coverage.reaches.of(starts, self._coverage.spread)
        found = []
        for first in range(0, len(names), _BITS):
            found += self._weigh(names[first : first + _BITS], reaches[first : first + _BITS], teams)
        return found

    def _weigh(self, names: list[str], reaches: list[Ints], teams: list[tuple[Team, Ints]]) -> list[MoveUp]:
        bits = np.zeros(len(self._layer), np.uint64)
        for bit, ranges in enumerate(reaches):
            mark(bits, ranges, bit)
        gains = [weight_at(self._layer, self._weights, ranges, self._at_least - 1) for ranges in reaches]
        found = []
        for team, ranges in teams:
            lost = weight_at(self._layer, self._weights, ranges, self._at_least)
            kept = weight_by_bit(self._layer, self._weights, bits, ranges, self._at_least)
            stays = weight_by_bit(self._layer, self._weights, bits, ranges, self._at_least - 1)
            for bit, name in enumerate(names):
                rise = (gains[bit] - float(stays[bit]) + float(kept[bit]) - lost) / self._total
                if rise > 1e-12:
                    found.append(MoveUp(team.callsign, name, self._before, self._before + rise))
        return found
