"""Joining a field post as a guest: a desk that no agency has let in, with the code on the post's screen."""

import asyncio

from msgspec import Struct

from core.errors import Refused, Unavailable
from sync.link.http import Address
from sync.link.membership import Membership
from sync.link.trouble import LinkTrouble
from sync.post.choice import Announced
from sync.post.entering import join_by_code
from sync.post.neighbours import NetworkNeighbours
from sync.protocol.messages import DeskCard

LISTEN_S = 4.0


class Guest(Struct, frozen=True):
    """What a guest keeps: whom it belongs to while it has no server, and the cards it has to know. `prefix` is for the
    numbers of its incidents.
    """

    member: Membership
    cards: tuple[DeskCard, ...]
    prefix: str


def posts_nearby(listen_s: float = LISTEN_S) -> list[Announced]:
    """Field posts of whatever agency on this network. Raises Unavailable where there is no network."""

    async def listen() -> list[Announced]:
        neighbours = NetworkNeighbours(b"", of_any_agency=True)
        try:
            await neighbours.listen()
            await asyncio.sleep(listen_s)
            return [seen for seen in neighbours.seen() if seen.hosting_since]
        finally:
            await neighbours.stop()

    try:
        return asyncio.run(listen())
    except OSError as error:
        raise Unavailable(f"This machine is on no network ({error.strerror or error}).") from error


def join_post(post: Announced, code: str, *, desk: str, name: str, prefix: str, public_key: bytes) -> Guest:
    """Come in. Raises Refused for a wrong code, Unavailable where the post does not answer."""
    address = Address(post.address, post.port)
    asking = join_by_code(address, code, desk=desk, name=name, prefix=prefix, public_key=public_key)
    try:
        joined, _ = asyncio.run(asking)
    except LinkTrouble as trouble:
        raise Unavailable(trouble.sentence, "Nothing was changed.") from trouble
    if joined.card.public_key != public_key or joined.card.id != desk:
        raise Refused("The field post answered for another desk.")
    member = Membership("", "", "", joined.agency, joined.agency_key, joined.card)
    return Guest(member, (joined.host, joined.card), joined.card.prefix)
