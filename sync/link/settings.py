"""What a link needs to know: which server, who this desk is to it, and how sparing to be."""

from urllib.parse import urlsplit

from msgspec import Struct

from core.errors import Refused
from sync.link.http import Address

DEFAULT_PORT = 8787  # as the server listens where nothing else is said


class LinkSettings(Struct, frozen=True):
    """Kept sealed in the store; `token` is a secret. `server` names it in the store's marks, whatever its address."""

    url: str  # scheme, name and port; without TLS for tests and the same machine only
    desk: str
    token: str
    ca_pem: str = ""
    agency_key: bytes = b""  # Ed25519: who is a desk of this agency
    server: str = "centre"
    certificate_name: str = ""  # what the server's certificate carries, where that is not the host
    metered: bool = False
    is_post: bool = False


def address_of(url: str, certificate_name: str = "") -> Address:
    """Raises Refused for what is no address of a server."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    try:
        port = parts.port or DEFAULT_PORT
    except ValueError:
        port = 0
    if parts.scheme not in {"https", "http"} or not parts.hostname or not 0 < port < 65536:
        raise Refused(
            f"'{url}' is not the address of a server.", do="Give a host name, for example https://centre.example:8787."
        )
    return Address(parts.hostname, port, parts.scheme == "https", certificate_name)
