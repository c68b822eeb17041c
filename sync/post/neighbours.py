"""Who else is on the local network: every desk says by multicast DNS who it is and whether it takes the server's part.

What is announced proves nothing; it only says whom to ask (sync.post.passes says what does). RFC 6762 and RFC 6763.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from sync.post.choice import Announced

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

SERVICE = "_foredesk._tcp.local."
HOST_TTL_S = 20  # a desk that ends without a word is forgotten after so long
RESOLVE_MS = 3000
_TAG_DIGITS = 16

log = logging.getLogger(__name__)


class Neighbours(Protocol):
    """Other desks of the same agency as they announce themselves; the tests have them without a network."""

    async def start(self, me: Announced) -> None: ...
    async def announce(self, me: Announced) -> None: ...
    def moved(self) -> bool:
        """Whether this machine is on other networks than at the start."""
        ...

    def seen(self) -> list[Announced]: ...
    async def stop(self) -> None: ...


def agency_tag(agency_key: bytes) -> str:
    """What desks of one agency announce in common; tells a stranger nothing."""
    return sha256(b"foredesk agency " + agency_key).hexdigest()[:_TAG_DIGITS]


class NetworkNeighbours:
    """Raises OSError from `start` where the machine has no network at all."""

    def __init__(self, agency_key: bytes, *, interfaces: list[str] | None = None, of_any_agency: bool = False) -> None:
        self._tag = "" if of_any_agency else agency_tag(agency_key)
        self._interfaces = interfaces
        self._seen: dict[str, Announced] = {}
        self._zeroconf: AsyncZeroconf | None = None
        self._browser: AsyncServiceBrowser | None = None
        self._info: AsyncServiceInfo | None = None
        self._me = ""
        self._addresses: list[str] = []
        self._asking: set[asyncio.Task[None]] = set()

    async def start(self, me: Announced) -> None:
        await self.listen()
        assert self._zeroconf is not None
        self._me = me.desk
        self._info = self._told(me)
        await self._zeroconf.async_register_service(self._info, allow_name_change=True)

    async def listen(self) -> None:
        """Hear the others without a word of one's own. Raises OSError."""
        from zeroconf import InterfaceChoice
        from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

        self._addresses = own_addresses()
        self._zeroconf = AsyncZeroconf(interfaces=self._interfaces or InterfaceChoice.All)
        self._browser = AsyncServiceBrowser(self._zeroconf.zeroconf, [SERVICE], handlers=[self._on_change])

    async def announce(self, me: Announced) -> None:
        if self._zeroconf is not None and self._info is not None:
            name, self._info = self._info.name, self._told(me)
            self._info.name = name
            await self._zeroconf.async_update_service(self._info)

    def moved(self) -> bool:
        return self._interfaces is None and own_addresses() != self._addresses

    def seen(self) -> list[Announced]:
        return list(self._seen.values())

    async def stop(self) -> None:
        for task in self._asking:
            task.cancel()
        self._seen.clear()
        if self._browser is not None:
            await self._browser.async_cancel()
        if self._zeroconf is not None:
            await self._zeroconf.async_unregister_all_services()
            await self._zeroconf.async_close()
        self._zeroconf = self._browser = self._info = None

    def _told(self, me: Announced) -> "AsyncServiceInfo":
        from zeroconf.asyncio import AsyncServiceInfo

        properties = {
            "agency": self._tag,
            "desk": me.desk,
            "name": me.name,
            "wished": str(me.wished_at),
            "since": str(me.hosting_since),
            "centre": "1" if me.has_centre else "0",
        }
        return AsyncServiceInfo(
            SERVICE,
            f"{me.desk}.{SERVICE}",
            port=me.port or 9,
            properties=properties,
            server=f"foredesk-{me.desk}.local.".lower(),
            addresses=[socket.inet_aton(address) for address in self._interfaces or own_addresses()],
            host_ttl=HOST_TTL_S,
            other_ttl=HOST_TTL_S,
        )

    def _on_change(
        self, zeroconf: "Zeroconf", service_type: str, name: str, state_change: "ServiceStateChange"
    ) -> None:
        from zeroconf import ServiceStateChange

        if state_change is ServiceStateChange.Removed:
            self._seen.pop(name, None)
            return
        task = asyncio.ensure_future(self._ask(zeroconf, service_type, name))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, zeroconf: "Zeroconf", service_type: str, name: str) -> None:
        from zeroconf.asyncio import AsyncServiceInfo

        info = AsyncServiceInfo(service_type, name)
        if not await info.async_request(zeroconf, RESOLVE_MS):
            return
        told = read(info.decoded_properties, info.parsed_addresses(), info.port or 0, self._tag)
        if told is None or told.desk == self._me:
            self._seen.pop(name, None)
        else:
            self._seen[name] = told


def read(properties: "dict[str, str | None]", addresses: list[str], port: int, tag: str) -> Announced | None:
    """What a neighbour announces; None for what makes no sense, and for another agency's desk unless `tag` is ""."""
    told = {key: value or "" for key, value in properties.items()}
    numbers = [told.get("wished", "0"), told.get("since", "0")]
    usable = [address for address in addresses if ":" not in address]
    if (
        (tag and told.get("agency") != tag)
        or not told.get("desk")
        or not usable
        or not all(map(str.isdecimal, numbers))
    ):
        return None
    wished, since = map(int, numbers)
    return Announced(told["desk"], told.get("name", ""), wished, since, told.get("centre") == "1", usable[0], port)


def own_addresses() -> list[str]:
    """This machine's IPv4 addresses on its networks."""
    import ifaddr

    found = [str(each.ip) for adapter in ifaddr.get_adapters() for each in adapter.ips if each.is_IPv4]
    return [address for address in found if not address.startswith("127.")] or ["127.0.0.1"]


MakeNeighbours = Callable[[], Neighbours]
