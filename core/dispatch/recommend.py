"""The recommendation: for one incident, every unit that could go, ranked, with its reasons and its costs.

ETAs are driving times by road from the newest position; a straight line is never one. Free units come before committed
ones, whatever their ETA: taking a unit from somebody is an operator's decision. Among the free, every priority gets the
quickest, and priority 1 always will; for it, a committed unit that would be clearly quicker is pointed out.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.dispatch.candidates import Candidate, candidates_for, measure, scene_of
from core.dispatch.leaves import Leaves
from core.dispatch.needs import fill_needs, needs_of, open_needs
from core.dispatch.words import (
    drops,
    far_warning,
    kind_warning,
    label,
    labels,
    minutes,
    named,
    position_warnings,
    quickest,
)
from core.domain.agency import URGENT, Agency
from core.domain.board import Board, Incident
from core.domain.commands import Quote
from core.domain.statuses import IncidentState, Priority
from core.domain.values import PositionSource
from core.roads.engine import RoadEngine
from core.roads.snap import NotOnRoad, Snap
from core.roads.unit_snaps import UnitSnaps

if TYPE_CHECKING:
    from core.coverage.coverage_map import Change
    from core.response.correct import Corrected

SHOWN = 9  # digits select options, so what sending leaves behind is worked out for this many
QUICKER_S = 60  # a committed unit that would be this much quicker is pointed out for priority 1


@dataclass(frozen=True, slots=True)
class Option:
    """One unit that could go. `eta_s` and `route_m` are by road, None where there is no way to tell them."""

    unit: str
    eta_s: float | None
    route_m: float | None
    capability: str  # the need it fills if chosen, else the first of the type's needs that it has; "" for none
    chosen: bool
    position_age_s: float | None
    position_source: PositionSource | None
    reason: str
    warnings: tuple[str, ...] = ()
    leaves: str = ""
    preempts: str = ""  # id of the incident it would be taken from
    coverage: "Change | None" = None  # the share of demand covered without and with sending it; None: not known
    cost: str = ""  # the same in a sentence
    expected: "Corrected | None" = None  # by experience, where a response-time model was approved


Covers = Callable[[str, str], "Change | None"]  # by callsign and capability


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`chosen` fill the open needs in their order; `unfilled` are the needs that no free unit can fill.

    `options` begin with the chosen ones, then other free units by ETA, then those that would be pre-empted, then units
    that have nothing the type asks for, then those without an ETA. `notes` are sentences about the whole.
    """

    incident: str
    options: tuple[Option, ...]
    chosen: tuple[str, ...]
    unfilled: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lights_and_siren: bool = False

    def option(self, callsign: str) -> Option | None:
        return next((option for option in self.options if option.unit == callsign), None)

    def quotes(self, callsigns: Sequence[str]) -> tuple[Quote, ...]:
        """What was said of those units, to be kept with their assignment."""
        found = (self.option(callsign) for callsign in callsigns)
        return tuple(Quote(option.unit, option.eta_s, option.route_m) for option in found if option)


@dataclass(frozen=True, slots=True)
class _Case:
    """One incident with what was found out about it. `fills` maps the callsigns chosen to the needs they fill."""

    incident: Incident
    agency: Agency
    now_ms: int
    needs: tuple[str, ...]  # of the type
    candidates: list[Candidate]
    fills: dict[str, str]
    unfilled: tuple[str, ...]
    free_order: dict[str, list[tuple[int, str]]] = field(default_factory=dict)  # capability to free units by ETA
    covers: Covers | None = None

    def rank_among_free(self, candidate: Candidate, capability: str) -> int:
        """How many free units with that capability are quicker; of two as quick, the one that is listed first."""
        if capability not in self.free_order:
            able = (c for c in self.candidates if c.free and c.reachable and capability in c.unit.capabilities)
            self.free_order[capability] = sorted((c.eta_ms, c.unit.callsign) for c in able)
        return bisect_left(self.free_order[capability], (candidate.eta_ms, candidate.unit.callsign))

    def capability(self, candidate: Candidate) -> str:
        """The need that it fills, or the first that it could."""
        able = candidate.unit.capabilities
        return self.fills.get(candidate.unit.callsign) or next((need for need in self.needs if need in able), "")


def recommend(
    incident: Incident,
    board: Board,
    agency: Agency,
    engine: RoadEngine | None,
    now_ms: int,
    snaps: UnitSnaps | None = None,
    covers: Covers | None = None,
) -> Recommendation:
    """Whom to send to `incident`. With no engine, or a scene that is on no road, units are listed without ETAs.

    Give the same `snaps` each time, so that only units that moved are looked up again. `covers` tells what sending a
    free unit does to coverage, where that is known.
    """
    candidates = candidates_for(incident, board, agency)
    scene = scene_of(incident, engine)
    needs = needs_of(incident, agency)
    if engine is None or isinstance(scene, NotOnRoad):
        note = scene.sentence if isinstance(scene, NotOnRoad) else ""
        case = _Case(incident, agency, now_ms, needs, candidates, {}, ())
        return _recommendation(case, (f"There are no travel times. {note}",), None)
    snaps = snaps or UnitSnaps(engine)
    measure(candidates, scene, incident.priority, agency, snaps)
    wanted = open_needs(incident, board, agency)
    case = _chosen(_Case(incident, agency, now_ms, needs, candidates, {}, (), covers=covers), wanted)
    free = [(c.unit, c.place) for c in candidates if c.free and isinstance(c.place, Snap)]
    about_scene = ("The scene is on roads that do not connect with the main network.",) if scene.island else ()
    return _recommendation(case, (*about_scene, *_notes(case, wanted)), Leaves(agency, free, snaps))


def _chosen(case: _Case, wanted: tuple[str, ...]) -> _Case:
    ready = [c for c in case.candidates if c.free and c.reachable]
    filled = fill_needs(wanted, [c.eta_ms for c in ready], [c.unit.capabilities for c in ready])
    pairs = list(zip(wanted, filled, strict=True))
    fills = {ready[at].unit.callsign: need for need, at in pairs if at is not None}
    unfilled = tuple(need for need, at in pairs if at is None)
    return replace(case, fills=fills, unfilled=unfilled)


def _notes(case: _Case, wanted: tuple[str, ...]) -> tuple[str, ...]:
    notes = []
    if case.incident.state is IncidentState.SERVED:
        notes.append("Its units have finished. Close it, or tick units to send more.")
    elif case.unfilled:
        notes.append(f"No free unit can fill: {labels(case.unfilled)}.")
    elif case.incident.type not in case.agency.types:
        notes.append(f"The agency file has no type {case.incident.type}, so nothing says which units it needs.")
    elif not case.needs:
        notes.append("The incident's type asks for no unit.")
    elif not wanted:
        notes.append("All that the type asks for is on it.")
    if case.incident.priority is Priority.P1:
        notes += [note for c in case.candidates if (note := _quicker(case, c))]
    return tuple(notes)


def _quicker(case: _Case, candidate: Candidate) -> str:
    """Said of a committed unit that could fill what stays empty, or be clearly quicker than a chosen one."""
    if candidate.held_by is None or not candidate.reachable:
        return ""
    callsign, able = candidate.unit.callsign, candidate.unit.capabilities
    missing = tuple(need for need in case.unfilled if need in able)
    if missing:
        return f"{callsign} could fill {label(missing[0])}, but is on {named(candidate.held_by)}."
    etas = [c.eta_ms for c in case.candidates if case.fills.get(c.unit.callsign) in able]
    gain_s = (max(etas, default=0) - candidate.eta_ms) / 1000
    if gain_s < QUICKER_S:
        return ""
    return f"{callsign} would be {minutes(gain_s)} quicker, but is on {named(candidate.held_by)}."


def _recommendation(case: _Case, notes: tuple[str, ...], leaves: Leaves | None) -> Recommendation:
    order = list(case.fills)
    ranked = sorted(case.candidates, key=lambda c: _rank(case, order, c))
    options = tuple(_option(case, c, leaves if at < SHOWN else None) for at, c in enumerate(ranked))
    siren = case.incident.priority in URGENT
    return Recommendation(case.incident.id, options, tuple(order), case.unfilled, notes, siren)


def _rank(case: _Case, order: list[str], candidate: Candidate) -> tuple[int, int, str]:
    callsign, able = candidate.unit.callsign, bool(case.capability(candidate))
    if callsign in case.fills:
        return (0, order.index(callsign), callsign)
    if not candidate.reachable:
        return (4 if able else 5, 0, callsign)
    group = 2 if candidate.held_by else 1 if able or not case.needs else 3
    return (group, candidate.eta_ms, callsign)


def _option(case: _Case, candidate: Candidate, leaves: Leaves | None) -> Option:
    unit, capability = candidate.unit, case.capability(candidate)
    measured = leaves is not None and candidate.free
    leaving = capability or next(iter(sorted(unit.capabilities)), "")
    change = case.covers(unit.callsign, leaving) if case.covers and measured else None
    return Option(
        unit=unit.callsign,
        eta_s=candidate.eta_ms / 1000 if candidate.reachable else None,
        route_m=candidate.route_m,
        capability=capability,
        chosen=unit.callsign in case.fills,
        position_age_s=unit.position.age_s(case.now_ms) if unit.position else None,
        position_source=unit.position.source if unit.position else None,
        reason=_reason(case, candidate),
        warnings=_warnings(case, candidate),
        leaves=leaves.sentence(unit, leaving, case.fills) if leaves and measured else "",
        preempts=candidate.held_by.id if candidate.held_by else "",
        coverage=change,
        cost=drops(leaving, change) if change else "",
    )


def _reason(case: _Case, candidate: Candidate) -> str:
    if candidate.place is None:
        return "No travel time."
    if isinstance(candidate.place, NotOnRoad):
        return candidate.place.sentence
    if not candidate.reachable:
        return f"No road leads from it to the scene. {candidate.place.note}".rstrip()
    if candidate.held_by is not None:
        return f"{candidate.unit.status.capitalize()}, on {named(candidate.held_by)}: would be pre-empted."
    capability = case.capability(candidate)
    if not capability:
        return "By road." if not case.needs else "Another kind of unit."
    rank, sooner = case.rank_among_free(candidate, capability), _chosen_sooner(case, candidate, capability)
    if rank == len(sooner):
        return quickest(0, capability, besides=sooner)
    return quickest(rank, capability)


def _chosen_sooner(case: _Case, candidate: Candidate, capability: str) -> tuple[str, ...]:
    """The quicker units with that capability that go for another need, if the candidate is chosen."""
    if candidate.unit.callsign not in case.fills:
        return ()
    own = (candidate.eta_ms, candidate.unit.callsign)
    going = (c for c in case.candidates if c.unit.callsign in case.fills)
    sooner = (c for c in going if (c.eta_ms, c.unit.callsign) < own)
    return tuple(c.unit.callsign for c in sooner if capability in c.unit.capabilities)


def _warnings(case: _Case, candidate: Candidate) -> tuple[str, ...]:
    warnings = position_warnings(candidate.unit, case.agency, case.now_ms)
    if candidate.reachable:
        warnings += far_warning(candidate.eta_ms / 1000, case.agency)
    if case.needs and not case.capability(candidate):
        warnings += kind_warning(case.needs)
    return tuple(warnings)
