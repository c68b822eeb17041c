"""Values of which only the last one counts: where units are and who looks at what. They never delay an event."""

from collections.abc import Iterable

from sync.protocol.messages import Fix, Watching

GONE_AFTER_MS = 60_000  # a desk that another replica has not spoken of for so long looks at nothing any more
_MOST_UNITS = 20_000
_MOST_NAME = 64


class Lasts:
    """Kept in memory: a unit's position is told again within seconds, and who looks at what as well.

    `changed` is for the sockets of this process, `heard_here` for other replicas.
    """

    def __init__(self) -> None:
        self._fixes: dict[str, Fix] = {}
        self._watching: dict[str, Watching] = {}
        self._new_fixes: set[str] = set()
        self._new_watching: dict[str, Watching] = {}
        self._own_fixes: set[str] = set()
        self._own_watching: dict[str, Watching] = {}

    def place(self, fixes: Iterable[Fix], *, here: bool = True) -> None:
        """Take positions; of two for a unit the later fix counts, whichever came last."""
        for fix in fixes:
            known = self._fixes.get(fix.unit)
            if not _possible(fix) or (known is None and len(self._fixes) >= _MOST_UNITS):
                continue
            if known is None or fix.fixed_at > known.fixed_at:
                self._fixes[fix.unit] = fix
                self._new_fixes.add(fix.unit)
                if here:
                    self._own_fixes.add(fix.unit)

    def watch(self, watching: Watching, *, here: bool = True) -> None:
        """Take what a desk looks at; no operator: the desk has left."""
        known = self._watching.get(watching.desk)
        if here:
            self._own_watching[watching.desk] = watching
        elif known is not None and known.at >= watching.at:
            return
        if watching.operator:
            self._watching[watching.desk] = watching
        elif self._watching.pop(watching.desk, None) is None:
            return
        if known is None or _unlike(known, watching):
            self._new_watching[watching.desk] = watching

    def left(self, desk: str, at: int) -> None:
        self.watch(Watching(desk, "", at=at))

    def renew(self, desks: Iterable[str], now_ms: int) -> None:
        """Desks that are connected here still look at what they looked at; who was not spoken of has left."""
        here = set(desks)
        for desk, known in list(self._watching.items()):
            if desk in here:
                self.watch(Watching(desk, known.operator, known.incident, known.note, now_ms))
            elif known.at < now_ms - GONE_AFTER_MS:
                self.watch(Watching(desk, "", at=now_ms), here=False)

    def all_fixes(self) -> list[Fix]:
        return list(self._fixes.values())

    def all_watching(self) -> list[Watching]:
        return list(self._watching.values())

    def changed(self) -> tuple[list[Fix], list[Watching]]:
        """What is new since this was last asked."""
        fixes = [self._fixes[unit] for unit in self._new_fixes]
        watching = list(self._new_watching.values())
        self._new_fixes.clear()
        self._new_watching.clear()
        return fixes, watching

    def heard_here(self) -> tuple[list[Fix], list[Watching]]:
        """What desks of this process have told since this was last asked."""
        fixes = [self._fixes[unit] for unit in self._own_fixes]
        watching = list(self._own_watching.values())
        self._own_fixes.clear()
        self._own_watching.clear()
        return fixes, watching


def _unlike(one: Watching, other: Watching) -> bool:
    return (one.operator, one.incident, one.note) != (other.operator, other.incident, other.note)


def _possible(fix: Fix) -> bool:
    return 0 < len(fix.unit) <= _MOST_NAME and -90 <= fix.lat <= 90 and -180 <= fix.lon <= 180
