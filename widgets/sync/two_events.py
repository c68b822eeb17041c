"""Pairs of incidents that an operator here said are two events: they are not offered for merging again."""

import msgspec

from core.desk import DeskStore

SETTING = "two events"
MOST_KEPT = 200


class TwoEvents:
    def __init__(self, store: DeskStore) -> None:
        self._store = store
        kept = store.get_setting(SETTING)
        self._pairs: list[tuple[str, str]] = msgspec.json.decode(kept, type=list[tuple[str, str]]) if kept else []

    def known(self, one: str, other: str) -> bool:
        return _pair(one, other) in self._pairs

    def keep(self, one: str, other: str) -> None:
        """Remember it. Raises Unavailable when the disk refuses."""
        pairs = [*self._pairs, _pair(one, other)][-MOST_KEPT:]
        self._store.put_setting(SETTING, msgspec.json.encode(pairs).decode())
        self._pairs = pairs


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)
