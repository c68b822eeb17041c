"""How desks prove themselves to each other without a server: by cards that the agency signed, and by their own keys.

The post proves that its certificate is its own by signing it with the desk's key. Whoever enters signs the post's
certificate and a number it has just been given. A guest that no agency vouches for comes in by a code instead, of the
same form as at the server (sync.protocol.pairing_code).
"""

from hashlib import sha256

from msgspec import Struct

from core.errors import Refused
from core.merge import keys
from sync.link.trust import Trust
from sync.protocol.messages import DeskCard

POST = "/sync/post"  # GET, anybody: PostGreeting
ENTER = "/sync/post/enter"  # POST Enter: Entered
JOIN = "/sync/post/join"  # POST JoinByCode: JoinedByCode
_PASS = b"foredesk post 1\n"
_ENTRY = b"foredesk entry 1\n"


class PostPass(Struct, array_like=True, frozen=True):
    """The host's card, the certificate (PEM) that its post is served under, and the desk's signature over that."""

    card: DeskCard
    certificate: bytes
    signature: bytes


class PostGreeting(Struct, array_like=True, frozen=True):
    """`number` is to be signed by whoever enters; it is good once."""

    pass_: PostPass
    number: bytes


class Enter(Struct, array_like=True, frozen=True):
    """`cards` are all that this desk knows, so that the post can check what it relays."""

    card: DeskCard
    number: bytes
    signature: bytes
    cards: list[DeskCard]


class Entered(Struct, array_like=True, frozen=True):
    token: str


class JoinByCode(Struct, array_like=True, frozen=True):
    secret: str
    desk: str
    name: str
    prefix: str
    public_key: bytes


class JoinedByCode(Struct, array_like=True, frozen=True):
    """`card` is vouched for by the host; its prefix is one that nobody else at the post has."""

    agency: str
    agency_key: bytes
    card: DeskCard
    host: DeskCard
    token: str


def pass_bytes(certificate: bytes) -> bytes:
    """What the host signs."""
    return _PASS + sha256(certificate).digest()


def entry_bytes(certificate: bytes, number: bytes) -> bytes:
    """What a desk signs to enter the post with that certificate."""
    return _ENTRY + sha256(certificate).digest() + number


def check_pass(shown: PostPass, trust: Trust) -> None:
    """Raises Refused for a post that is not one of this agency's desks."""
    name = shown.card.name or shown.card.id
    if not trust.is_vouched(shown.card):
        raise Refused(f"The field post of {name} is not of this agency.")
    known = trust.cards.get(shown.card.id)
    if shown.card.revoked_at or (known is not None and known.revoked_at):
        raise Refused(f"The field post is that of {name}, whose key was taken away.")
    if not keys.verifies(shown.card.public_key, shown.signature, pass_bytes(shown.certificate)):
        raise Refused(f"The field post only claims to be {name}'s.")


def check_entry(asked: Enter, certificate: bytes, trust: Trust) -> None:
    """Raises Refused for a desk that may not come in."""
    name = asked.card.name or asked.card.id
    known = trust.cards.get(asked.card.id)
    if asked.card.revoked_at or (known is not None and known.revoked_at):
        raise Refused(f"The key of {name} was taken away.")
    if trust.cards.get(asked.card.id) != asked.card and not trust.accept((asked.card,)):
        raise Refused(
            f"{name} is not a desk of this agency.", do="Let it in with a code: this desk's screen shows one."
        )
    if not keys.verifies(asked.card.public_key, asked.signature, entry_bytes(certificate, asked.number)):
        raise Refused(f"That is not {name}: its key is another.")
