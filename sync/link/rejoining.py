"""Asks the server for another identity, when two disks turned out to have this one."""

from ssl import SSLContext

from core.errors import Refused
from sync.link.http import Address, HttpClient
from sync.link.server import trouble_of
from sync.link.settings import LinkSettings
from sync.link.trouble import ServerTrouble
from sync.protocol import routes
from sync.protocol.joining import PAIR_AGAIN, PairAgain, Paired
from sync.protocol.packing import pack, unpack

PATIENCE_S = 20.0
_MOST_BYTES = 65_536


async def pair_again(address: Address, tls: SSLContext | None, settings: LinkSettings, public_key: bytes) -> Paired:
    """With the token that both disks have. Raises LinkTrouble."""
    headers = {
        "Authorization": routes.authorization(settings.desk, settings.token),
        routes.VERSION_HEADER: str(routes.VERSION),
    }
    client = HttpClient(address, tls, headers)
    try:
        answer = await client.ask("POST", PAIR_AGAIN, pack(PairAgain(public_key)), patience_s=PATIENCE_S)
    finally:
        client.close()
    if answer.status != 200:
        raise trouble_of(answer)
    try:
        return unpack(answer.body, Paired, _MOST_BYTES)
    except Refused as refused:
        raise ServerTrouble(f"The server's answer cannot be read. {refused.happened}") from refused
