"""Passes last values from replica to replica through the database, a statement each way every second.

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

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self.exchange()
            except Unavailable as error:
                _log.warning("Positions are not shared between replicas now: %s", error.happened)

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
