"""What the health strip says, as plain values: each part of the desk in a word, with its reasons and remedies.

Only what exists is told: a part that is not set up says so as a normal state or is left out. Later parts of the desk
add items by adding a function to the list that `HealthItems` walks.
"""

from collections.abc import Callable, Sequence

from core.desk import StoreStatus
from core.domain.values import PositionSource
from core.errors import Unavailable
from widgets.context import DeskContext
from widgets.health_item import HealthItem, HealthLevel, age, size
from widgets.models.health import models_item
from widgets.sync.control import LinkView
from widgets.sync.link_words import link_item

LOW_DISK_BYTES = 2_000_000_000
FULL_DISK_BYTES = 200_000_000
BACKUP_DUE_S = 86_400
CLOCK_OFF_S = 2.0
STATUS_EVERY_MS = 5_000


HealthProvider = Callable[[int], Sequence[HealthItem]]


def disk_item(status: StoreStatus) -> HealthItem:
    free = size(status.free_bytes)
    reasons = (f"The store holds {status.events:,} events in {status.path}.", f"{free} are free on its disk.")
    if status.free_bytes >= LOW_DISK_BYTES:
        return HealthItem("disk", "Disk", f"{free} free", HealthLevel.OK, reasons)
    remedies = ("Make room on this disk: empty the bin, move old exports away.",)
    if status.free_bytes >= FULL_DISK_BYTES:
        return HealthItem("disk", "Disk", f"{free} left", HealthLevel.WARN, reasons, remedies)
    note = ("When the disk is full, nothing new can be kept: write on paper until there is room.",)
    return HealthItem("disk", "Disk", f"only {free} left", HealthLevel.ALARM, reasons, remedies + note)


def backup_item(status: StoreStatus, now_ms: int) -> HealthItem:
    remedies = ("Run `foredesk backup FILE` with a file on another disk; the desk may stay open.",)
    if status.last_backup_at is None:
        reasons = ("No copy of the store has been made on this machine.",)
        return HealthItem("backup", "Backup", "none yet", HealthLevel.NEUTRAL, reasons, remedies)
    old_s = (now_ms - status.last_backup_at) / 1000
    reasons = (f"The last copy of the store was made {age(old_s)} ago.",)
    level = HealthLevel.OK if old_s < BACKUP_DUE_S else HealthLevel.WARN
    return HealthItem(
        "backup", "Backup", f"{age(old_s)} old", level, reasons, () if level is HealthLevel.OK else remedies
    )


def positions_item(context: DeskContext, now_ms: int) -> HealthItem:
    standards = context.desk.agency.standards
    limit_s = standards.position_stale_s
    reporting = [
        (unit.callsign, unit.position)
        for unit in context.desk.board.units.values()
        if unit.position is not None and unit.position.source is PositionSource.GPS
    ]
    stale = sorted(
        callsign
        for callsign, position in reporting
        if position.age_s(now_ms) > standards.stale_after_s(position.stale_s)
    )
    if not reporting:
        reasons = ("No unit reports its position. Positions are typed, or assumed at the station.",)
        return HealthItem("gps", "GPS", "no unit reports", HealthLevel.NEUTRAL, reasons)
    if not stale:
        reasons = (f"All {len(reporting)} reporting units were heard in time: within {limit_s} s for most devices.",)
        return HealthItem("gps", "GPS", f"{len(reporting)} fresh", HealthLevel.OK, reasons)
    named = ", ".join(stale[:8]) + (f" and {len(stale) - 8} more" if len(stale) > 8 else "")
    unheard = (
        f"Not heard in time (within {limit_s} s for most devices): {named}.",
        "The map shows them faded, with their age.",
    )
    remedies = ("Ask the unit for its place by radio before sending it far.",)
    return HealthItem("gps", "GPS", f"{len(stale)} stale", HealthLevel.WARN, unheard, remedies)


def ports_item(context: DeskContext, now_ms: int) -> HealthItem | None:
    """Sources of positions; left out where nothing is listened to."""
    rows = context.avl.open_rows() if context.avl else []
    if not rows:
        return None
    troubled = [row for row in rows if row.trouble]
    receiving = sum(row.state == "receiving" for row in rows)
    if not troubled:
        word = f"{receiving} of {len(rows)} receiving"
        reasons = tuple(f"{row.name}: {row.state}, {row.protocol or 'protocol not known yet'}." for row in rows[:8])
        return HealthItem("ports", "Ports", word, HealthLevel.OK if receiving else HealthLevel.NEUTRAL, reasons)
    told = [
        f"{row.name} is {row.state}, for {age((now_ms - row.since) / 1000)} now. {row.detail}".rstrip()
        for row in troubled[:6]
    ]
    remedies = tuple(dict.fromkeys(row.remedy for row in troubled if row.remedy))
    states = {row.state for row in troubled}
    word = f"{len(troubled)} of {len(rows)} {troubled[0].state if len(states) == 1 else 'in trouble'}"
    return HealthItem("ports", "Ports", word, HealthLevel.WARN, tuple(told), remedies)


def map_item(context: DeskContext) -> HealthItem:
    if context.map_trouble is not None:
        trouble = context.map_trouble
        held = (trouble.happened, trouble.holds, "Calls, units and the narrative work all the same.")
        word = "cannot be opened" if context.pack is None else "no addresses"
        return HealthItem("map", "Map", word, HealthLevel.WARN, held, (trouble.do,))
    if context.pack is None and context.map_coming:
        coming = ("The map is being opened. Addresses, roads and travel times follow in a moment.",)
        return HealthItem("map", "Map", "loading", HealthLevel.NEUTRAL, coming)
    if context.pack is None:
        reasons = ("No map pack is open: no addresses, no travel times, no streets on the map.",)
        remedies = ("Build one with `foredesk map build`, then start with it. Locations can be typed all the same.",)
        return HealthItem("map", "Map", "no pack", HealthLevel.WARN, reasons, remedies)
    name = context.pack.info.name
    if context.engine is None:
        loading = (f"{name} is open; its roads are being loaded. Travel times follow in a moment.",)
        return HealthItem("map", "Map", "loading roads", HealthLevel.NEUTRAL, loading)
    return HealthItem("map", "Map", name, HealthLevel.OK, (f"{name} is open, with addresses and roads.",))


def clock_item(context: DeskContext) -> HealthItem | None:
    """Told only where the clock knows how far it is off; a clock that was set back is held and says by how much."""
    offset_s = getattr(context.desk.clock, "offset_s", None)
    if not isinstance(offset_s, int | float):
        return None
    if abs(offset_s) <= CLOCK_OFF_S:
        return HealthItem(
            "clock", "Clock", "steady", HealthLevel.OK, ("This machine's clock has run evenly since the start.",)
        )
    jumped = (
        f"This machine's clock is {age(abs(offset_s))} behind: it was set back.",
        "Foredesk's own time goes on as before, so that no event is dated before the one that came first.",
    )
    remedies = ("Set the machine's clock right, then start Foredesk again at a quiet moment.",)
    return HealthItem("clock", "Clock", f"{age(abs(offset_s))} off", HealthLevel.WARN, jumped, remedies)


class HealthItems:
    """The provider for the strip; asks the store at most every five seconds."""

    def __init__(self, context: DeskContext) -> None:
        self._context = context
        self._status: StoreStatus | None = None
        self._asked_at = 0
        self._trouble: Unavailable | None = None

    def report(self, trouble: Unavailable | None) -> None:
        """The store refused a write (or took one again, with None); stands on the strip until then."""
        self._trouble = trouble

    def __call__(self, now_ms: int) -> list[HealthItem]:
        items = [positions_item(self._context, now_ms), map_item(self._context)]
        ports, clock = ports_item(self._context, now_ms), clock_item(self._context)
        if ports is not None:
            items.insert(1, ports)
        if clock is not None:
            items.append(clock)
        if (models := models_item(self._context)) is not None:
            items.append(models)
        return [*self._store_items(now_ms), *items]

    def _store_items(self, now_ms: int) -> list[HealthItem]:
        if self._status is None or now_ms - self._asked_at >= STATUS_EVERY_MS:
            self._asked_at = now_ms
            try:
                self._status = self._context.desk.store.status()
            except Unavailable as trouble:
                self._status = None
                return [_trouble_item(trouble)]
        link = self._context.sync.view() if self._context.sync else LinkView()
        items = [link_item(link, self._status, now_ms), disk_item(self._status), backup_item(self._status, now_ms)]
        return [_trouble_item(self._trouble), *items] if self._trouble else items


def _trouble_item(trouble: Unavailable) -> HealthItem:
    reasons = tuple(part for part in (trouble.happened, trouble.holds) if part)
    return HealthItem("store", "Store", "cannot write", HealthLevel.ALARM, reasons, (trouble.do,) if trouble.do else ())
