"""Pairs this desk with a server in one step: the server is proved by the code before the code is told to it."""

import http.client
import ssl
from collections.abc import Callable
from socket import gaierror

from core.errors import ForedeskError, Refused, Unavailable
from sync.link.http import Address
from sync.link.settings import address_of
from sync.link.tls import pinned_context
from sync.protocol import pairing_code
from sync.protocol.joining import AUTHORITY, PAIR, Paired, PairRequest
from sync.protocol.messages import Trouble
from sync.protocol.packing import pack, unpack
from sync.protocol.routes import MEDIA_TYPE, VERSION, VERSION_HEADER

PATIENCE_S = 10.0
AS_BEFORE = "This desk was not joined; it works as before."
_MOST_BYTES = 65_536
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def pair(url: str, code: str, *, public_key: bytes, name: str, prefix: str = "", version: str = "") -> Paired:
    """Takes some seconds at most; any thread. Raises Refused (code, server, address) and Unavailable (no way there)."""
    address = address_of(url)
    if not address.tls and address.host not in _LOOPBACK:
        raise Refused(f"{address.host} would be spoken to in the open.", AS_BEFORE, _with_tls(address))
    secret, check = pairing_code.read(code)
    proved = _der(_authority(address), address)
    if not pairing_code.is_authority(proved, check):
        raise Refused(
            f"The code may be mistyped, or {address.host} is not the server that this code was made for.",
            f"The code was not told to it. {AS_BEFORE}",
            "Type the code again, letter by letter, and check the address. If it stays so, tell the administrator: "
            "somebody may be in between.",
        )
    asked = pack(PairRequest(secret, public_key, name, prefix, version))
    headers = {"Content-Type": MEDIA_TYPE, VERSION_HEADER: str(VERSION)}
    # Trusted is what the code has proved, not the text it came in: another certificate may stand behind it there.
    tls = pinned_context(ssl.DER_cert_to_PEM_cert(proved)) if address.tls else None
    status, body = _ask(address, tls, "POST", PAIR, asked, headers)
    if status != 200:
        raise _told(body, address)
    try:
        return unpack(body, Paired, _MOST_BYTES)
    except Refused as error:
        raise _foreign(address) from error


def _authority(address: Address) -> str:
    """The certificate that the server shows for its authority, PEM: not to be trusted before the code has proved it."""
    unproved = ssl.create_default_context()
    unproved.check_hostname = False
    unproved.verify_mode = ssl.CERT_NONE
    status, body = _ask(address, unproved if address.tls else None, "GET", AUTHORITY)
    if status != 200:
        raise _told(body, address)
    return body.decode("ascii", "replace")


def _der(certificate: str, address: Address) -> bytes:
    try:
        return ssl.PEM_cert_to_DER_cert(certificate)
    except ValueError as error:
        raise _foreign(address) from error


def _ask(
    address: Address,
    tls: ssl.SSLContext | None,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes]:
    connection = _connection(address, tls)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(_MOST_BYTES)
    except ssl.SSLCertVerificationError as error:
        raise Refused(
            f"{address.host} cannot prove that it is the server that this code was made for ({error.verify_message}).",
            f"The code was not told to it. {AS_BEFORE}",
            "Tell the server's administrator.",
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise _no_way(address, error) from error
    finally:
        connection.close()


def _connection(address: Address, tls: ssl.SSLContext | None) -> http.client.HTTPConnection:
    if tls is None:
        return http.client.HTTPConnection(address.host, address.port, timeout=PATIENCE_S)
    return http.client.HTTPSConnection(address.host, address.port, timeout=PATIENCE_S, context=tls)


def _no_way(address: Address, error: Exception) -> ForedeskError:
    sentences: tuple[tuple[type[Exception], Callable[[Exception], str]], ...] = (
        (gaierror, lambda _: f"Nothing here knows the name {address.host}."),
        (TimeoutError, lambda _: f"{address.host} does not answer."),
        (ConnectionRefusedError, lambda _: f"{address.host} answers, but no server listens at port {address.port}."),
        (ssl.SSLError, lambda e: f"{address.host} does not speak TLS at port {address.port} ({_reason(e)})."),
        (http.client.HTTPException, lambda _: f"What listens at {address.host_port} is no Foredesk server."),
        (OSError, lambda _: f"There is no line to {address.host}."),
    )
    said = next(say(error) for kind, say in sentences if isinstance(error, kind))
    return Unavailable(said, AS_BEFORE, _with_tls(address) or "Check the address and the network, then try again.")


def _with_tls(address: Address) -> str:
    return "" if address.tls else f"Give the address with https in front: https://{address.host_port}."


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or getattr(error, "reason", None) or error)


def _told(body: bytes, address: Address) -> ForedeskError:
    """The server's own words, where they are a Foredesk server's."""
    try:
        trouble = unpack(body, Trouble, _MOST_BYTES)
    except Refused:
        return _foreign(address)
    kind = Unavailable if trouble.code == "unavailable" else Refused
    wait = f"Try again in {round(trouble.retry_s)} s." if trouble.retry_s else ""
    return kind(trouble.happened, trouble.holds or AS_BEFORE, trouble.do or wait)


def _foreign(address: Address) -> Refused:
    return Refused(
        f"What answers at {address.host_port} is no Foredesk server.",
        AS_BEFORE,
        _with_tls(address) or "Check the address and the port.",
    )
