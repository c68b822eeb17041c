"""Passes last values from replica to replica through the database every second, and notices what holds it back.

The table is unlogged: a crash of PostgreSQL empties it, and within seconds it is full again.
"""

import asyncio
import logging
from collections.abc import Callable

import msgspec

from core.errors import Unavailable
from sync.protocol.messages import Fix, Watching
from sync.server.live import Live
from sync.server.postgres_log import PostgresLog

_EVERY_S = 1.0
_RENEW_EVERY_MS = 20_000
_HELD_MS, _WARN_EVERY_MS = 10_000, 60_000
_FIX, _WATCHING = "fix", "watching"

_log = logging.getLogger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_fix_of = msgspec.msgpack.Decoder(Fix).decode
_watching_of = msgspec.msgpack.Decoder(Watching).decode


class Sharing:
    """`run` is its task."""

    def __init__(self, log: PostgresLog, live: Live, now_ms: Callable[[], int]) -> None:
        self._log = log
        self._live = live
        self._now_ms = now_ms
        self._seen_at = 0
        self._renewed_at = 0
        self._warned_at = 0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self.exchange()
                await self._look_for_a_hold()
            except Unavailable as error:
                _log.warning("Positions are not shared between replicas now: %s", error.happened)

    async def _look_for_a_hold(self) -> None:
        """Whatever program writes to this PostgreSQL for long holds back what desks are shown."""
        hidden, now_ms = await self._log.hidden_since(), self._now_ms()
        if hidden is not None and now_ms - hidden > _HELD_MS and now_ms - self._warned_at > _WARN_EVERY_MS:
            self._warned_at = now_ms
            seconds = (now_ms - hidden) // 1000
            _log.warning("A transaction that has run for more than %d s holds back what desks are shown", seconds)

    async def exchange(self) -> None:
        """Give the others what was heard here, take what they have heard."""
        lasts, now_ms = self._live.lasts, self._now_ms()
        if not 0 <= now_ms - self._renewed_at < _RENEW_EVERY_MS:
            self._renewed_at = now_ms
            lasts.renew(self._live.desks, now_ms)
        fixes, watching = lasts.heard_here()
        rows = [(_FIX, fix.unit, _encode(fix)) for fix in fixes]
        rows += [(_WATCHING, one.desk, _encode(one)) for one in watching]
        self._seen_at, others = await self._log.exchange_lasts(rows, self._seen_at)
        lasts.place([_fix_of(value) for kind, value in others if kind == _FIX], here=False)
        for kind, value in others:
            if kind == _WATCHING:
                lasts.watch(_watching_of(value), here=False)
