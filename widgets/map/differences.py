"""Finds what changed since the page was last told, so that a moving fleet costs a few kilobytes a second."""

from array import array
from collections.abc import Iterable
from math import nan

from widgets.map.rows import MapUnit

Look = tuple[str, str, str, str, int, str, bool]
_NO_HEADING = nan


def _look(row: MapUnit) -> Look:
    """Everything about a marker but where it is and where it heads."""
    return (row.callsign, row.shape, row.availability, row.source, row.age, row.age_text, row.selected)


class UnitDifferences:
    """Gives every callsign a slot that it keeps. Looks go out as differences, positions as one binary block.

    The block is float32: origin latitude and longitude (whole degrees, so exact), 0, then for each slot the offsets
    from the origin in degrees and the heading, NaN where there is none.
    """

    def __init__(self) -> None:
        self._slots: dict[str, int] = {}
        self._free: list[int] = []
        self._looks: dict[str, Look] = {}
        self._rows: dict[str, MapUnit] = {}
        self._sent_positions = b""
        self.version = 0

    def take(self, rows: Iterable[MapUnit]) -> dict[str, object] | None:
        """The message that brings the page up to date, or None when no marker looks different."""
        self._rows = {row.callsign: row for row in rows}
        dropped = [self._forget(callsign) for callsign in self._slots.keys() - self._rows.keys()]
        put = [[slot, *look] for slot, look in map(self._changed, self._rows.values()) if look is not None]
        if not put and not dropped:
            return None
        return {"kind": "units", "put": put, "drop": dropped}

    def everything(self) -> dict[str, object]:
        """The message for a page that knows nothing."""
        return {"kind": "units", "drop": [], "put": [[self._slots[name], *look] for name, look in self._looks.items()]}

    def moved(self) -> bool:
        """Whether any position or heading differs from the block that was last asked about."""
        block = self.positions()
        if block == self._sent_positions:
            return False
        self._sent_positions = block
        self.version += 1
        return True

    def positions(self) -> bytes:
        """The binary block for the rows taken last."""
        origin_lat, origin_lon = self._origin()
        count = max(self._slots.values(), default=-1) + 1
        block = array("f", [nan]) * (3 + 3 * count)
        block[0], block[1], block[2] = origin_lat, origin_lon, 0.0
        for callsign, row in self._rows.items():
            at = 3 + 3 * self._slots[callsign]
            block[at] = row.lat - origin_lat
            block[at + 1] = row.lon - origin_lon
            block[at + 2] = _NO_HEADING if row.heading is None else row.heading
        return block.tobytes()

    def _origin(self) -> tuple[int, int]:
        first = next(iter(self._rows.values()), None)
        return (round(first.lat), round(first.lon)) if first else (0, 0)

    def _forget(self, callsign: str) -> int:
        slot = self._slots.pop(callsign)
        del self._looks[callsign]
        self._free.append(slot)
        return slot

    def _changed(self, row: MapUnit) -> tuple[int, Look | None]:
        slot = self._slots.get(row.callsign)
        if slot is None:
            slot = self._slots[row.callsign] = self._free.pop() if self._free else len(self._slots)
        look = _look(row)
        if self._looks.get(row.callsign) == look:
            return slot, None
        self._looks[row.callsign] = look
        return slot, look
