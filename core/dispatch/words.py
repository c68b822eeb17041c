"""The sentences of a recommendation."""

from typing import TYPE_CHECKING

from core.domain.agency import Agency
from core.domain.board import Incident, Unit
from core.domain.statuses import UnitStatus
from core.domain.values import PositionSource

if TYPE_CHECKING:
    from core.coverage.coverage_map import Change

_NOTHING = 1e-9  # what adding up millions of weights may leave of a share
FAR_S = 900  # an ETA beyond this is far, where the agency sets no standard for en route


def label(capability: str) -> str:
    """A capability's code as it is read: short codes are abbreviations."""
    return capability.upper() if len(capability) <= 4 else capability


def labels(capabilities: tuple[str, ...]) -> str:
    """Several codes, each once, in a list."""
    return ", ".join(dict.fromkeys(label(capability) for capability in capabilities))


def quickest(rank: int, capability: str, besides: tuple[str, ...] = ()) -> str:
    """Why a unit stands where it stands: `rank` counts from 0 the free units with that capability by ETA.

    By time and not by distance. `besides` are callsigns that are quicker, but go for another need.
    """
    if besides:
        return f"Quickest {label(capability)} by road besides {', '.join(besides)}."
    ordinal = f"{_place(rank + 1)} quickest" if rank else "Quickest"
    return f"{ordinal} {label(capability)} by road."


def _place(number: int) -> str:
    teen = 10 < number % 100 < 14
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def minutes(seconds: float) -> str:
    """A duration to the minute, as it is said."""
    return "under 1 min" if seconds < 60 else f"{round(seconds / 60)} min"


def position_warnings(unit: Unit, agency: Agency, now_ms: int) -> list[str]:
    """What makes the unit's position, and so its ETA, less than sure."""
    position = unit.position
    if position is None:
        return [f"No position was reported: taken to be at {unit.station}."] if unit.station else []
    if position.source is PositionSource.STATION:
        return [f"No position was reported: taken to be at {unit.station or 'its station'}."]
    warnings = []
    if position.source is PositionSource.TYPED:
        warnings.append("The position was typed.")
    elif position.source is PositionSource.PREDICTED:
        warnings.append("The position is predicted.")
    age_s = position.age_s(now_ms)
    if age_s > agency.standards.stale_after_s(position.stale_s):
        warnings.append(f"The position is {minutes(age_s)} old.")
    return warnings


def far_warning(eta_s: float, agency: Agency) -> list[str]:
    """Said of an ETA beyond what the agency allows a unit to be en route."""
    standard_s = agency.standards.status_s.get(UnitStatus.EN_ROUTE, FAR_S)
    return [f"Far: {minutes(eta_s)} by road, over the standard of {minutes(standard_s)}."] if eta_s > standard_s else []


def kind_warning(needs: tuple[str, ...]) -> list[str]:
    """Said of a unit that has nothing of what the type asks for."""
    return [f"Wrong kind: it has none of what is asked for ({labels(needs)})."]


def drops(capability: str, change: "Change") -> str:
    """What sending does to coverage, in per cent of those who count."""
    what = f"{label(capability)} coverage" if capability else "coverage"
    what = what[0].upper() + what[1:]
    if per_cent(change.before) == per_cent(change.after):
        return f"{what} stays at {per_cent(change.before)} %."
    return f"{what} of the area drops from {per_cent(change.before)} to {per_cent(change.after)} %."


def per_cent(share: float) -> str:
    """A share of 0 to 1 to a tenth of a per cent, and never rounded up to all or down to nothing."""
    shown = round(share * 1000)
    shown = min(shown, 999) if share < 1.0 - _NOTHING else shown
    return f"{max(shown, 1 if share > _NOTHING else 0) / 10:.1f}"


def named(incident: Incident) -> str:
    """An incident's number and priority, as in 26-A-01041 (P3)."""
    return f"{incident.number} ({incident.priority.name})"
