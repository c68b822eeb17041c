"""Finding the way back to a server: knocking, and noticing that a network has come."""

import asyncio
import socket

from sync.link.http import Address
from sync.link.reaching import changed_way, knock, way_to


def test_that_a_port_that_opens_is_noticed_and_one_that_refuses_at_once() -> None:
    async def main() -> tuple[bool, bool]:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        opens = await knock(Address("127.0.0.1", port))
        server.close()
        await server.wait_closed()
        return opens, await knock(Address("127.0.0.1", port))

    assert asyncio.run(main()) == (True, False)


def test_that_a_port_behind_lost_packets_is_knocked_at_again_and_again() -> None:
    """A full backlog answers no packet, as a line that loses all of them."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = Address(*listening.getsockname(), tls=False)
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex((address.host, address.port))
        assert not asyncio.run(knock(address, every_s=0.05, lasts_s=0.3))
        for each in waiting:
            each.close()


def test_that_another_way_ends_the_waiting() -> None:
    ways = iter(["10.0.0.2", "10.0.0.2", "", "", "192.168.1.7"])
    asyncio.run(changed_way("10.0.0.1", 0.001, lambda _: next(ways)))
    assert next(ways, None) is None


def test_that_the_way_to_this_machine_is_itself_and_to_a_name_unknown() -> None:
    assert way_to("127.0.0.1") == "127.0.0.1"
    assert way_to("no address") == ""
