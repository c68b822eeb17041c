"""Which desks may come in and what each may do: all that the log asks of accounts and pairing."""

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import Protocol

from msgspec import Struct

from sync.protocol.messages import DeskCard

# What a desk may do beyond signing on.
DISPATCH = "dispatch"
ROSTER = "roster"
ROADS = "roads"
EVERYTHING = frozenset({DISPATCH, ROSTER, ROADS})


class DeskPass(Struct, frozen=True):
    """A paired desk. `revoked_at` is UTC ms, 0 for one in good standing."""

    id: str
    name: str
    prefix: str
    public_key: bytes
    revoked_at: int = 0
    may: frozenset[str] = EVERYTHING


class DeskRoll(Protocol):
    async def card(self, desk: str) -> DeskPass | None:
        """Asked for every run: answers from memory where it can."""
        ...

    async def enter(self, desk: str, token: str) -> DeskPass | None:
        """The desk whose token this is, None for a wrong one. A revoked desk's pass says so."""
        ...

    async def cards(self) -> list[DeskCard]:
        """All desks there ever were, as the agency vouches for them."""
        ...

    async def mark_cloned(self, desk: str) -> None:
        """Two machines write as this desk."""
        ...

    async def seen(
        self,
        desk: str,
        *,
        clock_offset_ms: int | None = None,
        unsent: int | None = None,
        version: str = "",
        address: str = "",
    ) -> None:
        """The desk was heard; all that is told is what it says of itself, None and "" what it did not say now."""
        ...


class FixedRoll:
    """Desks that are known from the start: a field post's, a simulation's."""

    def __init__(self, passes: Iterable[DeskPass] = (), tokens: dict[str, str] | None = None) -> None:
        self.passes = {desk.id: desk for desk in passes}
        self.cloned: set[str] = set()
        self._hashes = {desk: sha256(token.encode()).digest() for desk, token in (tokens or {}).items()}

    def now(self, desk: str) -> DeskPass | None:
        return self.passes.get(desk)

    def admit(self, desk: DeskPass, token: str = "") -> None:
        self.passes[desk.id] = desk
        if token:
            self._hashes[desk.id] = sha256(token.encode()).digest()

    async def card(self, desk: str) -> DeskPass | None:
        return self.passes.get(desk)

    async def enter(self, desk: str, token: str) -> DeskPass | None:
        known = self._hashes.get(desk)
        if known is None or not hmac.compare_digest(known, sha256(token.encode()).digest()):
            return None
        return self.passes.get(desk)

    async def cards(self) -> list[DeskCard]:
        return [
            DeskCard(desk.id, desk.name, desk.prefix, desk.public_key, b"", desk.revoked_at)
            for desk in self.passes.values()
        ]

    async def mark_cloned(self, desk: str) -> None:
        self.cloned.add(desk)

    async def seen(
        self,
        desk: str,
        *,
        clock_offset_ms: int | None = None,
        unsent: int | None = None,
        version: str = "",
        address: str = "",
    ) -> None:
        """Nobody asks a field post."""
