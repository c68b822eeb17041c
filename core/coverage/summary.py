"""What a coverage map says in a few figures: shares by number of teams, times of the first and third, weak zones."""

from dataclasses import dataclass

from core.coverage.coverage_map import CoverageMap, ZoneCover
from core.coverage.demand import Demand
from core.coverage.etas import team_etas_ms, weighted_quantile
from core.coverage.teams import ANY
from core.roads.segments import Ints

TEAMS = 3  # times are told up to this team


@dataclass(frozen=True, slots=True)
class ArrivalTimes:
    """Ms from alarm to arrival within which half and nine tenths of the demand is reached, NEVER where it is not."""

    median_ms: int
    most_ms: int


@dataclass(frozen=True, slots=True)
class Summary:
    """`shares` 0 to 1 of demand reached in time by exactly 0, 1, 2 and by 3 or more; `arrivals` of the 1st to 3rd."""

    shares: list[float]
    arrivals: list[ArrivalTimes]
    weak_zones: list[ZoneCover]


def summarise(
    coverage: CoverageMap, demand: Demand, capability: str = ANY, at_least: int = 1, etas_ms: Ints | None = None
) -> Summary:
    """The figures of a map; `etas_ms` [3, n] of `team_etas_ms` where they are known already."""
    if etas_ms is None:
        etas_ms = team_etas_ms(coverage.engine, coverage.teams.values(), capability, TEAMS)
    asked = demand.weights > 0
    weights = demand.weights[asked]
    arrivals = [
        ArrivalTimes(weighted_quantile(row[asked], weights, 0.5), weighted_quantile(row[asked], weights, 0.9))
        for row in etas_ms
    ]
    zones = coverage.weak_zones(demand, capability, at_least)
    return Summary(coverage.shares(demand, capability, TEAMS), arrivals, zones)
