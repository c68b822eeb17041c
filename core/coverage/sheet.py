"""Coverage as a table of road pieces with what a reader must know about it: the common ground of every export."""

from dataclasses import dataclass

import numpy as np
from msgspec import Struct

from core.coverage.coverage_map import CoverageMap
from core.coverage.etas import NEVER, team_etas_ms
from core.coverage.pieces import RoadPieces, road_pieces
from core.coverage.teams import ANY, Team
from core.roads.graph import RoadGraph
from core.roads.segments import Ints

MOST_TEAMS = 250  # more than any count that means anything to a reader


class Origin(Struct, frozen=True):
    """Where a sheet comes from. `computed_at` is an ISO date and time, `note` a sentence ("Made up.") or ""."""

    map_name: str
    attribution: str
    licence: str
    computed_at: str
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class CoverageSheet:
    """p pieces of road. `first_s` and `third_s` tell when that team is at the farthest point of each, -1 for never."""

    graph: RoadGraph
    pieces: RoadPieces
    first_s: Ints  # [p]
    third_s: Ints  # [p]
    threshold_s: float
    capability: str
    teams: tuple[Team, ...]  # those that count
    origin: Origin

    @property
    def counts(self) -> Ints:
        """How many teams reach all of each piece [p] in time."""
        return self.pieces.level

    def street(self, piece: int) -> str:
        """The name of the street, "" for none."""
        name = int(self.graph.road_name[self.pieces.way[piece]])
        return self.graph.names[name] if name >= 0 else ""

    def facts(self) -> dict[str, str]:
        """What is written into the metadata of a file, by short title."""
        return {
            "title": self.title,
            "map": self.origin.map_name,
            "minutes": f"{self.threshold_s / 60:g}",
            "capability": self.capability or "any",
            "units": str(len(self.teams)),
            "computed_at": self.origin.computed_at,
            "attribution": self.origin.attribution,
            "licence": self.origin.licence,
            "note": self.origin.note,
            "meaning": "teams: how many teams reach every point of the piece within the minutes, turnout included; "
            "first_s, third_s: seconds until the first and third team is at its farthest point, empty for never.",
        }

    @property
    def title(self) -> str:
        """One line for people."""
        who = f"units with {self.capability}" if self.capability else "units"
        return f"{self.origin.map_name}: {len(self.teams)} {who}, {self.threshold_s / 60:g} minutes"


def coverage_sheet(
    coverage: CoverageMap, origin: Origin, *, capability: str = ANY, etas_ms: Ints | None = None
) -> CoverageSheet:
    """The sheet of one capability; `etas_ms` [3 or more, n] of `team_etas_ms` where they are known already."""
    graph = coverage.engine.graph
    if etas_ms is None:
        etas_ms = team_etas_ms(coverage.engine, coverage.teams.values(), capability)
    pieces = road_pieces(graph, np.minimum(coverage.counts(capability), MOST_TEAMS))
    teams = tuple(team for team, _ in coverage.counting_teams(capability).values())
    first_s, third_s = (_whole_seconds(pieces.most(etas_ms[at])) for at in (0, 2))
    return CoverageSheet(graph, pieces, first_s, third_s, coverage.threshold_s, capability, teams, origin)


def _whole_seconds(ms: Ints) -> Ints:
    return np.where(ms == NEVER, -1, -(-ms.astype(np.int64) // 1000)).astype(np.int32)
