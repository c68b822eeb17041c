"""Values of which only the last one counts: where units are and who looks at what. They never delay an event."""

from collections.abc import Iterable

from sync.protocol.messages import Fix, Watching

_MOST_UNITS = 20_000
_MOST_NAME = 64


class Lasts:
    """Kept in memory: a unit's position is told again within seconds, and who looks at what as well."""

    def __init__(self) -> None:
        self._fixes: dict[str, Fix] = {}
        self._watching: dict[str, Watching] = {}
        self._new_fixes: set[str] = set()
        self._new_watching: dict[str, Watching] = {}

    def place(self, fixes: Iterable[Fix]) -> None:
        """Take positions; of two for a unit the later fix counts, whichever came last."""
        for fix in fixes:
            known = self._fixes.get(fix.unit)
            if not _possible(fix) or (known is None and len(self._fixes) >= _MOST_UNITS):
                continue
            if known is None or fix.fixed_at > known.fixed_at:
                self._fixes[fix.unit] = fix
                self._new_fixes.add(fix.unit)

    def watch(self, watching: Watching) -> None:
        self._watching[watching.desk] = watching
        self._new_watching[watching.desk] = watching

    def left(self, desk: str) -> None:
        if self._watching.pop(desk, None) is not None:
            self._new_watching[desk] = Watching(desk, "")

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


def _possible(fix: Fix) -> bool:
    return 0 < len(fix.unit) <= _MOST_NAME and -90 <= fix.lat <= 90 and -180 <= fix.lon <= 180
