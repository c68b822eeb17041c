"""Coming into another desk's field post: by this desk's card, or as a guest by the code on its screen."""

import ssl
from collections.abc import Callable

from core.errors import Refused
from sync.link.http import Address, HttpClient
from sync.link.tls import pinned_context
from sync.link.trouble import RefusalKind, RefusedByServer, ServerTrouble
from sync.link.trust import Trust
from sync.post import passes as p
from sync.post.certificate import der_of
from sync.protocol import pairing_code
from sync.protocol.messages import DeskCard, Trouble
from sync.protocol.packing import pack, unpack

PATIENCE_S = 8.0
_MOST_BYTES = 1 << 20


async def greeted(address: Address) -> p.PostGreeting:
    """What a post says of itself. Nothing is proved by it but that its certificate is the one it shows.

    Raises LinkTrouble, and Refused where it shows one and uses another.
    """
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    client = HttpClient(address, unchecked)
    try:
        answer = await client.ask("GET", p.POST, patience_s=PATIENCE_S)
        if answer.status != 200:
            raise ServerTrouble(f"What answers at {address.host} is no field post.")
        greeting = unpack(answer.body, p.PostGreeting, _MOST_BYTES)
        if der_of(greeting.pass_.certificate) != client.certificate:
            raise Refused(f"What answers at {address.host} only claims to be a field post.")
    except ValueError as error:
        raise Refused(f"What answers at {address.host} is no field post.") from error
    finally:
        client.close()
    return greeting


async def enter(
    address: Address, trust: Trust, card: DeskCard, sign: Callable[[bytes], bytes]
) -> tuple[str, p.PostPass]:
    """A token for the post and what it proved itself with. Raises LinkTrouble and Refused."""
    greeting = await greeted(address)
    shown = greeting.pass_
    p.check_pass(shown, trust)
    signature = sign(p.entry_bytes(shown.certificate, greeting.number))
    asked = p.Enter(card, greeting.number, signature, list(trust.cards.values()))
    entered = unpack(await _post(address, shown, p.ENTER, pack(asked)), p.Entered, _MOST_BYTES)
    return entered.token, shown


async def join_by_code(
    address: Address, code: str, *, desk: str, name: str, prefix: str, public_key: bytes
) -> tuple[p.JoinedByCode, p.PostPass]:
    """Come in as a guest. Raises LinkTrouble, and Refused for a code that is not this post's."""
    secret, check = pairing_code.read(code)
    shown = (await greeted(address)).pass_
    if not pairing_code.is_authority(der_of(shown.certificate), check):
        raise Refused("The code is not that of this field post.", do="Read it again from the post's screen.")
    asked = p.JoinByCode(secret, desk, name, prefix, public_key)
    joined = unpack(await _post(address, shown, p.JOIN, pack(asked)), p.JoinedByCode, _MOST_BYTES)
    return joined, shown


async def _post(address: Address, shown: p.PostPass, path: str, body: bytes) -> bytes:
    client = HttpClient(address, pinned_context(shown.certificate.decode("ascii")))
    try:
        answer = await client.ask("POST", path, body, patience_s=PATIENCE_S)
    finally:
        client.close()
    if answer.status == 200:
        return answer.body
    told = unpack(answer.body, Trouble, _MOST_BYTES)
    raise RefusedByServer(told.happened, RefusalKind.UNKNOWN_DESK, told.do)
