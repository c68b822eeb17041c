"""Whether the server of a folder lives: it notes where it answers, and whoever wants to know asks it there."""

import http.client
import ssl
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from core.store.trouble import of_os_error

_NOTE = "serving.json"
_HEALTH = "/api/v1/health"
_PATIENCE_S = 3.0


class Serving(Struct, frozen=True):
    """`address` is for desks, `own` for this machine; `certificate` is the file that proves it, "" without TLS."""

    address: str
    own: str
    certificate: str
    since: int  # UTC ms


def note_serving(folder: Path, serving: Serving) -> None:
    """Say from now on where the server answers. Raises Unavailable."""
    try:
        (folder / _NOTE).write_bytes(msgspec.json.encode(serving))
    except OSError as error:
        raise of_os_error(folder, error) from error


def forget_serving(folder: Path) -> None:
    """The server stops. One that is killed leaves its note, and does not answer."""
    try:
        (folder / _NOTE).unlink(missing_ok=True)
    except OSError as error:
        raise of_os_error(folder, error) from error


def standing(folder: Path) -> tuple[bool, str]:
    """Whether the folder's server answers now, and that as words that follow "Server". Takes 3 s at most."""
    try:
        serving = msgspec.json.decode((folder / _NOTE).read_bytes(), type=Serving)
    except (OSError, msgspec.DecodeError):
        return False, "not running on this machine; foredesk serve starts it"
    since = datetime.fromtimestamp(serving.since / 1000).astimezone()
    when = f"{since:%H:%M}" if since.date() == datetime.now(since.tzinfo).date() else f"{since:%Y-%m-%d %H:%M}"
    trouble = _trouble(serving)
    if trouble:
        return False, f"not running: started at {when}, it does not answer at {serving.own} ({trouble})"
    return True, f"running since {when} at {serving.address}"


def _trouble(serving: Serving) -> str:
    """Why it does not answer, "" where it does."""
    parts = urlsplit(serving.own)
    try:
        tls = _context(serving.certificate) if serving.certificate else None
        connection = (
            http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE_S)
            if tls is None
            else http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=_PATIENCE_S, context=tls)
        )
        try:
            connection.request("GET", _HEALTH)
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        return str(getattr(error, "strerror", None) or type(error).__name__)
    return "" if status == 200 else f"it answers with {status}"


def _context(certificate: str) -> ssl.SSLContext:
    """Trusts this server's own certificate and nothing else, whatever name it is asked by."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cafile=certificate)
    return context
