"""Finds the way to a server that does not answer: a knock every other second, so that nobody waits for an old timeout.

A connection that began while packets were lost waits ever longer between its tries. New ones are begun beside it, and
the first that opens shows that the way is there. A knock costs a packet.
"""

import asyncio
import socket
from collections.abc import Callable

from sync.link.http import Address

KNOCK_EVERY_S = 1.5
KNOCK_LASTS_S = 9.0


async def knock(address: Address, *, every_s: float = KNOCK_EVERY_S, lasts_s: float = KNOCK_LASTS_S) -> bool:
    """Whether the server's port opened within `lasts_s`; at once False when it is refused or there is no route."""
    tries: set[asyncio.Task[bool]] = set()
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + lasts_s
    try:
        while (left_s := ends_at - loop.time()) > 0:
            tries.add(asyncio.create_task(_opens(address)))
            done, tries = await asyncio.wait(tries, timeout=min(every_s, left_s), return_when=asyncio.FIRST_COMPLETED)
            if done:
                return any(attempt.result() for attempt in done)
        return False
    finally:
        for attempt in tries:
            attempt.cancel()


async def _opens(address: Address) -> bool:
    try:
        _, writer = await asyncio.open_connection(address.host, address.port)
    except OSError:
        return False
    writer.transport.abort()
    return True


def way_to(host: str) -> str:
    """By which of its own addresses this machine would reach `host` (an IP address) now, "" for no way. Sends nothing.

    When the answer changes, a network has come back (or another one), and waiting any longer makes no sense.
    """
    try:
        found = socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
    except OSError:
        return ""
    family, kind, protocol, _, target = found[0]
    with socket.socket(family, kind, protocol) as probe:
        try:
            probe.connect(target)
        except OSError:
            return ""
        return str(probe.getsockname()[0])


async def changed_way(host: str, look_every_s: float = 0.5, look: Callable[[str], str] = way_to) -> None:
    """Comes back when there is another way to `host` than at the beginning, and there is one."""
    before = look(host)
    while True:
        await asyncio.sleep(look_every_s)
        now = look(host)
        if now and now != before:
            return
        before = now
