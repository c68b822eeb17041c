"""Live coverage: for every node how many free teams reach it in time, kept current as units move and change status.

    coverage = CoverageMap(engine, 480)
    coverage.follow(teams_of(board, agency, snaps))   # each tick; only units that changed cost anything
    coverage.counts("als")                            # by node
    coverage.share(demand, "als")                     # of the demand that at least one such team reaches in time
    coverage.without(["M3"], demand, "als")           # before and after sending it

A map belongs to one thread. What it returns is the caller's own.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from core.coverage.counting import Counts, add, shift, take, weight_at, weight_by_count
from core.coverage.demand import Demand
from core.coverage.reaches import Reaches, Spread, Start, in_turn
from core.coverage.teams import ANY, Team
from core.roads.engine import RoadEngine
from core.roads.segments import Floats, Ints

_MANY = 60  # reaches that change in one layer, from which on it is quicker to go through all places once


@dataclass(frozen=True, slots=True)
class Change:
    """The share of demand covered, 0 to 1, before and after something is done."""

    before: float
    after: float


@dataclass(frozen=True, slots=True)
class ZoneCover:
    """How a zone stands: its demand, and how much of that nobody reaches in time."""

    name: str
    demand: float
    uncovered: float

    @property
    def share(self) -> float:
        """Of its demand covered, 0 to 1; 1 where there is no demand."""
        return 1.0 - self.uncovered / self.demand if self.demand > 0 else 1.0


@dataclass(slots=True, eq=False)
class _Kept:
    team: Team
    ranges: Ints

    @property
    def layers(self) -> frozenset[str]:
        return self.team.capabilities | {ANY} if self.team.free else frozenset()


class CoverageMap:
    """Counts for one threshold. With `strict` a node reached in exactly `threshold_s` is not covered.

    `spread` shares the work of many teams among cores: give the `map` of a thread pool, the kernels release the GIL.
    """

    def __init__(
        self, engine: RoadEngine, threshold_s: float, *, strict: bool = False, spread: Spread = in_turn
    ) -> None:
        self.threshold_s = threshold_s
        self.strict = strict
        self.version = 0  # grows with every change of the counts
        self._limit_ms = round(threshold_s * 1000) - strict
        self.spread = spread
        self._kept: dict[str, _Kept] = {}
        self._reaches = Reaches(engine)
        self._layers: dict[str, Counts] = {ANY: np.zeros(engine.graph.nodes, np.uint16)}
        self._weights: WeakKeyDictionary[Demand, Floats] = WeakKeyDictionary()

    @property
    def engine(self) -> RoadEngine:
        return self._reaches.engine

    @property
    def reaches(self) -> Reaches:
        return self._reaches

    @property
    def teams(self) -> Mapping[str, Team]:
        """By callsign."""
        return {callsign: kept.team for callsign, kept in self._kept.items()}

    @property
    def capabilities(self) -> list[str]:
        """Those seen so far, sorted."""
        return sorted(set(self._layers) - {ANY})

    def follow(self, teams: Iterable[Team]) -> frozenset[str]:
        """Make these the teams, all and no others; the callsigns of those that changed."""
        wanted = list(teams)
        gone = set(self._kept) - {team.callsign for team in wanted}
        self.remove(gone)
        return self.put(wanted) | gone

    def put(self, teams: Iterable[Team]) -> frozenset[str]:
        """Add teams, or take their new place, status and capabilities; the callsigns of those that changed."""
        changed = {team.callsign: team for team in teams if not self._stands(team)}
        moved = [team for team in changed.values() if not self._reach_stays(team)]
        reaches = self._reaches.of([self._start(team) for team in moved], self.spread)
        ranges = {team.callsign: found for team, found in zip(moved, reaches, strict=True)}
        before = [kept for callsign in changed if (kept := self._kept.get(callsign))]
        for callsign, team in changed.items():
            self._kept[callsign] = _Kept(team, ranges[callsign] if callsign in ranges else self._kept[callsign].ranges)
        self._swap(before, [self._kept[callsign] for callsign in changed])
        self.version += bool(changed)
        return frozenset(changed)

    def remove(self, callsigns: Collection[str]) -> None:
        """Forget those teams; unknown callsigns are left alone."""
        gone = [self._kept.pop(callsign) for callsign in set(callsigns) if callsign in self._kept]
        self._swap(gone, [])
        self.version += bool(gone)

    def drive_on(self, engine: RoadEngine) -> None:
        """Count again on the same graph with other times: another hour, snow, a closed bridge.

        See `RoadEngine.weighted`. All teams stay where they are.
        """
        teams = list(self.teams.values())
        self._reaches = Reaches(engine)
        self._kept.clear()
        self._weights = WeakKeyDictionary()
        for layer in self._layers.values():
            layer[:] = 0
        self.version += 1
        self.put(teams)

    def counts(self, capability: str = ANY) -> Counts:
        """How many free teams with the capability reach each node [n] in time."""
        counts = np.zeros(self.engine.graph.nodes, np.uint16)
        if capability in self._layers:
            counts[self._reaches.node_at] = self._layers[capability]
        return counts

    def nodes_reached_by(self, callsign: str) -> NDArray[np.int32]:
        """The nodes that a team reaches in time, whether it is free or not. Raises KeyError."""
        ranges = self._kept[callsign].ranges
        places = [np.arange(begin, end) for begin, end in ranges.tolist()]
        return np.sort(self._reaches.node_at[np.concatenate([np.zeros(0, np.int64), *places])])

    def shares(self, demand: Demand, capability: str = ANY, most: int = 3) -> list[float]:
        """Shares of demand, 0 to 1, reached by exactly 0, 1, 2, ... teams; the last by `most` or more."""
        covered = weight_by_count(self.layer(capability), self.weights_by_place(demand), most)
        total = covered.sum()
        return [float(share) for share in covered / total] if total > 0 else [0.0] * (most + 1)

    def share(self, demand: Demand, capability: str = ANY, at_least: int = 1) -> float:
        """The share of demand, 0 to 1, that `at_least` so many teams reach in time; 0 where there is no demand."""
        return sum(self.shares(demand, capability, at_least)[at_least:])

    def without(self, callsigns: Collection[str], demand: Demand, capability: str = ANY, at_least: int = 1) -> Change:
        """What share is covered now, and would be if those teams were gone. Nothing is changed."""
        before = self.share(demand, capability, at_least)
        weights, layer = self.weights_by_place(demand), self.layer(capability)
        going = [kept for name in callsigns if (kept := self._kept.get(name)) and capability in kept.layers]
        if not demand.total or not going:
            return Change(before, before)
        lost = 0.0
        for kept in going:
            lost += weight_at(layer, weights, kept.ranges, at_least)
            take(layer, kept.ranges)
        for kept in going:
            add(layer, kept.ranges)
        return Change(before, max(0.0, before - lost / demand.total))

    def weak_zones(
        self, demand: Demand, capability: str = ANY, at_least: int = 1, most: int | None = None
    ) -> list[ZoneCover]:
        """Zones with demand that fewer than `at_least` teams reach in time, the most of it first."""
        counted = demand.zone >= 0
        zone, weights = demand.zone[counted], demand.weights[counted]
        zones = len(demand.zone_names)
        total = np.bincount(zone, weights, zones)
        missing = np.bincount(zone, np.where(self.counts(capability)[counted] < at_least, weights, 0.0), zones)
        order = np.argsort(-missing, kind="stable")[:most]
        return [ZoneCover(demand.zone_names[z], float(total[z]), float(missing[z])) for z in order if missing[z] > 0]

    def limit_ms(self, team: Team) -> int:
        """How long the team may drive."""
        return self._limit_ms - team.turnout_ms

    def layer(self, capability: str = ANY) -> Counts:
        """The counts by place (see `Reaches.node_at`) as they are kept; do not change them."""
        layer = self._layers.get(capability)
        return np.zeros_like(self._layers[ANY]) if layer is None else layer

    def weights_by_place(self, demand: Demand) -> Floats:
        """The demand's weights by place."""
        if demand not in self._weights:
            self._weights[demand] = demand.weights[self._reaches.node_at]
        return self._weights[demand]

    def counting_teams(self, capability: str = ANY) -> dict[str, tuple[Team, Ints]]:
        """The free teams with the capability, by callsign, each with the ranges of places that it reaches."""
        return {name: (kept.team, kept.ranges) for name, kept in self._kept.items() if capability in kept.layers}

    def _stands(self, team: Team) -> bool:
        kept = self._kept.get(team.callsign)
        return kept is not None and (kept.team is team or kept.team == team)

    def _reach_stays(self, team: Team) -> bool:
        kept = self._kept.get(team.callsign)
        return kept is not None and self._start(kept.team) == self._start(team)

    def _start(self, team: Team) -> Start:
        return Start(team.place, team.siren, self.limit_ms(team))

    def _swap(self, before: list[_Kept], after: list[_Kept]) -> None:
        for name in frozenset().union(*(kept.layers for kept in (*before, *after))):
            layer = self._layers.setdefault(name, np.zeros_like(self._layers[ANY]))
            fewer = [kept.ranges for kept in before if name in kept.layers]
            more = [kept.ranges for kept in after if name in kept.layers]
            if len(more) + len(fewer) > _MANY:
                shift(layer, _all_of(more), _all_of(fewer))
                continue
            for ranges in fewer:
                take(layer, ranges)
            for ranges in more:
                add(layer, ranges)


def _all_of(reaches: list[Ints]) -> Ints:
    return np.concatenate([np.zeros((0, 2), np.int32), *reaches])
