"""The work behind live coverage: one question in plain values, one answer; nothing of Qt and nothing of the screen.

A survey belongs to one thread, which is not the window's. Consecutive questions cost what changed between them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.coverage.coverage_map import Change, CoverageMap
from core.coverage.demand import Demand, demand_by_road, demand_by_zones
from core.coverage.move_ups import MoveUp, best_move_up
from core.coverage.reaches import Spread, in_turn
from core.coverage.sheet import Origin
from core.coverage.teams import ANY, teams_of
from core.domain.agency import Agency
from core.domain.board import Board
from core.errors import Unavailable
from core.roads.engine import RoadEngine
from core.roads.graph import RoadGraph
from core.roads.snap import Snap
from core.roads.unit_snaps import UnitSnaps
from widgets.coverage_export import export_coverage
from widgets.map.look import MOST, NOBODY, SOON

WORST_ZONES = 8
BEST_MOVES = 3
LEAST_RISE = 0.002  # of demand: what a crew is not sent across the town for


@dataclass(frozen=True, slots=True)
class Question:
    """`board` is a copy of the units. `away` are units that may be sent; `costs` pairs of callsign and capability."""

    board: Board
    agency: Agency
    engine: RoadEngine
    zones_path: Path | None
    target_s: int
    capability: str
    teams: int
    away: tuple[str, ...] = ()
    away_capability: str = ANY
    costs: tuple[tuple[str, str], ...] = ()
    measure: bool = True  # figures too, not only the states for the map
    counts: bool = True  # False: the states tell only whether there are teams enough, so that they seldom change


@dataclass(frozen=True, slots=True)
class WeakZone:
    """A zone with much that nobody reaches in time, and the middle of that."""

    name: str
    lat: float
    lon: float
    demand: float
    uncovered: float


@dataclass(frozen=True, slots=True)
class Figures:
    """`shares` of demand, 0 to 1, that 0, 1, 2 and 3 or more teams reach. `note` says what is odd about them."""

    shares: tuple[float, ...]
    teams: int
    unit: str
    zones: tuple[WeakZone, ...] = ()
    moves: tuple[MoveUp, ...] = ()
    note: str = ""

    @property
    def covered(self) -> float:
        """By at least as many teams as are wanted."""
        return sum(self.shares[self.teams :])


@dataclass(frozen=True, slots=True)
class Advice:
    """What sending does: for each unit alone, for all of `away` together, and the move that makes up for it best."""

    costs: Mapping[tuple[str, str], Change] = field(default_factory=dict)
    away: tuple[str, ...] = ()
    together: Change | None = None
    remedy: MoveUp | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`states`: a byte per node for the map, None where nothing changed. `figures` and `advice` if they were asked."""

    question: Question
    states: bytes | None
    figures: Figures | None = None
    advice: Advice | None = None


class Survey:
    """Keeps the counts from question to question. `spread` shares the work of many moved units among cores."""

    def __init__(self, spread: Spread = in_turn) -> None:
        self._spread = spread
        self._coverage: CoverageMap | None = None
        self._snaps: UnitSnaps | None = None
        self._demand: Demand | None = None
        self._measured: RoadGraph | None = None  # what the demand was spread over
        self._note = ""
        self._states = b""

    def answer(self, asked: Question) -> Answer:
        coverage, snaps = self._prepared(asked)
        coverage.follow(teams_of(asked.board, asked.agency, snaps, asked.agency.turnout_s))
        demand = self._demand_of(asked)
        states = self._new_states(asked, coverage, demand)
        if not asked.measure:
            return Answer(asked, states)
        return Answer(asked, states, self._figures(asked, coverage, demand), self._advice(asked, coverage, demand))

    def export(self, asked: Question, path: Path, origin: Origin) -> Path:
        """Write what is asked for as a file, counted afresh; raises Refused and Unavailable."""
        coverage, snaps = self._prepared(asked)
        coverage.follow(teams_of(asked.board, asked.agency, snaps, asked.agency.turnout_s))
        export_coverage(coverage, path, origin, capability=asked.capability, at_least=asked.teams)
        return path

    def _prepared(self, asked: Question) -> tuple[CoverageMap, UnitSnaps]:
        known = self._coverage
        if self._snaps is None or self._snaps.engine.graph is not asked.engine.graph:
            self._snaps = UnitSnaps(asked.engine)
        if known is None or known.engine.graph is not asked.engine.graph or known.threshold_s != asked.target_s:
            known = self._coverage = CoverageMap(asked.engine, asked.target_s, spread=self._spread)
            self._states = b""
        elif known.engine is not asked.engine:
            known.drive_on(asked.engine)
        return known, self._snaps

    def _demand_of(self, asked: Question) -> Demand:
        graph = asked.engine.graph
        if self._demand is None or self._measured is not graph:
            self._note = ""
            self._demand = self._spread_out(asked)
            self._measured = graph
        return self._demand

    def _spread_out(self, asked: Question) -> Demand:
        if asked.zones_path is not None:
            try:
                by_zones = demand_by_zones(asked.engine, asked.zones_path)
            except Unavailable as trouble:
                self._note = f"{trouble.happened} {trouble.holds}"
            else:
                if by_zones.total > 0:
                    return by_zones
        return demand_by_road(asked.engine.graph)

    def _new_states(self, asked: Question, coverage: CoverageMap, demand: Demand) -> bytes | None:
        states = states_of(coverage, demand, asked).tobytes()
        if states == self._states:
            return None
        self._states = states
        return states

    def _figures(self, asked: Question, coverage: CoverageMap, demand: Demand) -> Figures:
        shares = tuple(coverage.shares(demand, asked.capability))
        zones = self._weak_zones(asked, coverage, demand)
        moves = best_move_up(
            coverage, self._stations(asked), demand, asked.capability, at_least=asked.teams, most=4 * BEST_MOVES
        )
        return Figures(shares, asked.teams, demand.unit, zones, _worth(moves, asked.board)[:BEST_MOVES], self._note)

    def _weak_zones(self, asked: Question, coverage: CoverageMap, demand: Demand) -> tuple[WeakZone, ...]:
        found = coverage.weak_zones(demand, asked.capability, asked.teams, WORST_ZONES)
        graph, counts = coverage.engine.graph, coverage.counts(asked.capability)
        places = []
        for zone in found:
            nodes = np.flatnonzero((demand.zone == demand.zone_names.index(zone.name)) & (counts < asked.teams))
            weights = demand.weights[nodes]
            lat = float(np.average(graph.node_lat[nodes], weights=weights))
            lon = float(np.average(graph.node_lon[nodes], weights=weights))
            places.append(WeakZone(zone.name, lat, lon, zone.demand, zone.uncovered))
        return tuple(places)

    def _advice(self, asked: Question, coverage: CoverageMap, demand: Demand) -> Advice:
        costs = {
            (callsign, capability): coverage.without([callsign], demand, capability)
            for callsign, capability in asked.costs
        }
        if not asked.away:
            return Advice(costs)
        together = coverage.without(asked.away, demand, asked.away_capability)
        moves = best_move_up(
            coverage, self._stations(asked), demand, asked.away_capability, away=asked.away, most=4 * BEST_MOVES
        )
        remedy = next(iter(_worth(moves, asked.board)), None)
        return Advice(costs, asked.away, together, remedy if together.after < together.before else None)

    def _stations(self, asked: Question) -> dict[str, Snap]:
        assert self._snaps is not None
        found = {n: self._snaps.of(f"station {n}", s.lat, s.lon) for n, s in asked.agency.stations.items()}
        return {name: place for name, place in found.items() if isinstance(place, Snap)}


def states_of(coverage: CoverageMap, demand: Demand, asked: Question) -> NDArray[np.uint8]:
    """A byte per node: how many teams reach it, up to `MOST`; `SOON` added where sending `away` opens a gap."""
    counts = coverage.counts(asked.capability)
    states = np.minimum(counts, MOST if asked.counts else asked.teams).astype(np.uint8)
    left, teams = counts.astype(np.int32), coverage.teams
    for callsign in asked.away:
        team = teams.get(callsign)
        if team and team.free and (asked.capability == ANY or asked.capability in team.capabilities):
            left[coverage.nodes_reached_by(callsign)] -= 1
    states[(counts >= asked.teams) & (left < asked.teams)] += SOON
    states[demand.weights <= 0] = NOBODY
    return states


def _worth(moves: list[MoveUp], board: Board) -> tuple[MoveUp, ...]:
    """Those that raise coverage by what is worth a drive, each unit once, and none that is under way already."""
    kept: dict[str, MoveUp] = {}
    for move in moves:
        unit = board.units.get(move.callsign)
        under_way = unit is not None and bool(unit.note)
        if move.after - move.before >= LEAST_RISE and not under_way:
            kept.setdefault(move.callsign, move)
    return tuple(kept.values())
