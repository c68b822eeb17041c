"""Who counts for coverage: each free unit as a team with a place on the road, and the board read as such teams."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.domain.agency import Agency
from core.domain.board import Board
from core.domain.statuses import Availability, UnitStatus
from core.roads.snap import Snap
from core.roads.unit_snaps import UnitSnaps

ANY = ""  # the layer in which every team counts, whatever it can do
AT_STATION = frozenset({UnitStatus.AVAILABLE})  # these turn out first; a returning unit is already driving


@dataclass(frozen=True, slots=True)
class Team:
    """One unit. It reaches a node after `turnout_ms` and the drive from `place`, with lights and siren or without."""

    callsign: str
    place: Snap
    capabilities: frozenset[str] = frozenset()
    turnout_ms: int = 0
    siren: bool = True
    free: bool = True  # others are kept, and do not count


def teams_of(
    board: Board, agency: Agency, snaps: UnitSnaps, turnout_s: Mapping[str, float] | None = None
) -> list[Team]:
    """Every unit of the board whose place on the road is known, free or not, by callsign.

    `turnout_s` tells the seconds from alarm to wheels turning by kind; it is added for units at rest. A unit without
    a position stands at its station; one that is on no road is left out.
    """
    return list(_teams(board, agency, snaps, turnout_s or {}))


def _teams(board: Board, agency: Agency, snaps: UnitSnaps, turnout_s: Mapping[str, float]) -> Iterable[Team]:
    for callsign, unit in sorted(board.units.items()):
        where = unit.position or agency.stations.get(unit.station)
        place = snaps.of(callsign, where.lat, where.lon) if where else None
        if not isinstance(place, Snap):
            continue
        kind = agency.kinds.get(unit.kind)
        turnout_ms = round(1000 * turnout_s.get(unit.kind, 0.0)) if unit.status in AT_STATION else 0
        yield Team(
            callsign,
            place,
            unit.capabilities,
            turnout_ms,
            kind is None or kind.lights_and_siren,
            unit.status.availability is Availability.FREE,
        )
