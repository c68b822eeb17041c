"""What a desk and the server say when they are paired, and how the agency vouches for a desk to other desks.

One step for people, three for the desk: GET AUTHORITY over a connection that is not checked; compare the certificate
with the code (sync.protocol.pairing_code); POST PAIR over a connection that trusts this authority alone. The authority
signs nothing but this server, so that whoever pins it need not check the server's name.
"""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from core.merge import keys
from sync.protocol.messages import DeskCard

AUTHORITY = "/sync/authority"  # GET, anybody: the authority's certificate, PEM
PAIR = "/sync/pair"  # POST, with PairRequest: 200 with Paired
PAIR_AGAIN = "/sync/pair/again"  # POST, with PairAgain and the old credentials: after "cloned", 200 with Paired

_CARD = "foredesk desk card 1"


class PairRequest(Struct, array_like=True, frozen=True):
    """`secret` is the first half of the code. `prefix` is the desk's so far: it keeps it where nobody else has it."""

    secret: str
    public_key: bytes
    name: str
    prefix: str = ""
    version: str = ""


class PairAgain(Struct, array_like=True, frozen=True):
    """From a desk that shares its identity with a clone, and has made itself a new key."""

    public_key: bytes


class Paired(Struct, array_like=True, frozen=True):
    """What a desk keeps: who it is now, its token (told once), and whom it trusts."""

    desk: str
    prefix: str
    token: str
    authority: bytes  # the certificate that the server's connections must be proved by, PEM
    agency_key: bytes  # Ed25519: signs the cards of this agency's desks
    card: DeskCard
    agency: str = ""  # its name, for people


def vouched(card: DeskCard, agency_private_key: bytes) -> DeskCard:
    """The card with the agency's signature."""
    return msgspec.structs.replace(card, signature=keys.sign(agency_private_key, _content(card)))


def vouched_by(card: DeskCard, sign: Callable[[bytes], bytes]) -> DeskCard:
    """The card with the signature that `sign` gives: a desk's own, for a guest of its field post."""
    return msgspec.structs.replace(card, signature=sign(_content(card)))


def is_vouched(card: DeskCard, agency_key: bytes) -> bool:
    """Whether the agency signed exactly this card."""
    return keys.verifies(agency_key, card.signature, _content(card))


def _content(card: DeskCard) -> bytes:
    return msgspec.msgpack.encode((_CARD, card.id, card.name, card.prefix, card.public_key, card.revoked_at))
