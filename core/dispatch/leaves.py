"""What sending a unit leaves behind at its station, and who would then be the next to reach it, by road."""

from collections.abc import Collection, Sequence

from core.dispatch.words import label, minutes
from core.domain.agency import Agency
from core.domain.board import Unit
from core.roads.snap import Snap
from core.roads.unit_snaps import UnitSnaps


class Leaves:
    """Answers for one recommendation. `free` are the units that could be sent, with where they lie on the road."""

    def __init__(self, agency: Agency, free: Sequence[tuple[Unit, Snap]], snaps: UnitSnaps) -> None:
        self._agency = agency
        self._free = free
        self._snaps = snaps
        self._answers: dict[tuple[str, str, frozenset[str]], str] = {}

    def sentence(self, unit: Unit, capability: str, sent: Collection[str]) -> str:
        """What remains of `capability` at the unit's station once it and all of `sent` are gone; "" for no station."""
        if not unit.station or not capability:
            return ""
        key = (unit.station, capability, frozenset({*sent, unit.callsign}))
        if key not in self._answers:
            self._answers[key] = self._sentence(*key)
        return self._answers[key]

    def _sentence(self, station: str, capability: str, gone: frozenset[str]) -> str:
        others = [(u, s) for u, s in self._free if capability in u.capabilities and u.callsign not in gone]
        staying = sorted(u.callsign for u, _ in others if u.station == station)
        what = label(capability)
        if staying:
            return f"Leaves {station} with {len(staying)} {what} ({', '.join(staying)})."
        if not others:
            return f"Leaves {station} with no {what}; no other {what} is free."
        begin = f"Leaves {station} with no {what}"
        place = self._agency.stations.get(station)
        at = self._snaps.of(f"station {station}", place.lat, place.lon) if place else None
        if not isinstance(at, Snap):
            return f"{begin}; {len(others)} free elsewhere."
        found = self._snaps.engine.nearest_to(at, [s for _, s in others], siren=True)
        if found is None:
            return f"{begin}; no free {what} can reach it by road."
        nearest, ms = found
        return f"{begin}; the next {what}, {others[nearest][0].callsign}, is {minutes(ms / 1000)} from there."
