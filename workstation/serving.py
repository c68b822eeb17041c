"""The command `foredesk serve`: the central server in one process, from the first run's keys to the clean stop."""

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

import uvicorn
from msgspec import Struct

from core.domain.agency import Agency
from core.errors import Unavailable
from sync.server.app import create_app
from sync.server.authority import DatabaseRoll
from sync.server.certificates import (
    Authority,
    TlsFiles,
    certificate_authority,
    check_own_files,
    own_names,
    write_server_certificate,
)
from sync.server.database import opened
from sync.server.first_run import FirstRun, first_run, make_keys
from sync.server.office import Office
from sync.server.settings import KEEP_ALIVE_S, ServerSettings
from sync.server.upgrade import bring_up
from workstation.clock import SteadyClock
from workstation.compose import find_agency
from workstation.instance import take_lock
from workstation.server_alive import Serving, forget_serving, note_serving
from workstation.server_folder import Listening, remember_address, remember_database, remember_listening

Say = Callable[[str], None]
_STOP_WITHIN_S = 10
_EVERY_ADDRESS = {"0.0.0.0", "::", ""}


class Prepared(Struct, frozen=True):
    """What is known of the server before it listens. `first` is None from the second start on."""

    authority: Authority
    where: str
    first: FirstRun | None


def serve(settings: ServerSettings, say: Say, recalled: str = "") -> int:
    """Serve until SIGTERM or Ctrl+C; 0 then. `recalled`: options of an earlier start that hold again.

    Raises Unavailable and Refused where it cannot begin.
    """
    clock = SteadyClock()
    agency = find_agency(settings.agency, settings.folder)
    with ExitStack() as held:
        held.enter_context(_ended_at_once())
        listener = _listen(settings.host, settings.port)
        held.callback(listener.close)
        if not settings.database:
            held.callback(take_lock(settings.folder, clock, what="server").release)
        prepared = asyncio.run(_prepare(settings, clock.now_ms()))
        remember_database(settings.folder, settings.database)
        tls = _certificate(settings, prepared.authority, clock.now_ms()) if settings.tls else None
        port = listener.getsockname()[1]
        address = _address(settings, port)
        remember_address(settings.folder, address)
        remember_listening(settings.folder, Listening(settings.host, settings.port, settings.names))
        own = _url(settings, "127.0.0.1" if settings.host in _EVERY_ADDRESS else settings.host, port)
        certificate = str(tls.certificate.absolute()) if tls else ""
        note_serving(settings.folder, Serving(address, own, certificate, clock.now_ms()))
        held.callback(forget_serving, settings.folder)
        lines = list(_told(settings, prepared, address, recalled))
        server = _Server(_configured(settings, agency, tls, clock), lambda: say("\n".join(lines)))
        server.run(sockets=[listener])
    if not server.started:
        raise Unavailable("The server could not begin.", "Nothing was served.", "The lines above say why.")
    say("The server has stopped. Everything that it acknowledged is kept.")
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """A socket that nobody else can have taken meanwhile. Raises Unavailable."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048, dualstack_ipv6=host == "::")
    except OSError as error:
        raise _not_listening(host, port, error) from error


def _not_listening(host: str, port: int, error: OSError) -> Unavailable:
    if error.errno == errno.EADDRINUSE:
        what = f"Port {port} is in use already: another server may be running on this machine."
        do = "Stop that one, or choose another port with --port."
    elif error.errno in {errno.EACCES, errno.EPERM}:
        what, do = f"This user may not listen on port {port}.", "Choose a port above 1023 with --port."
    elif error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        what, do = f"{host} is no address of this machine.", "Leave --host away to listen on all of them."
    else:
        what, do = f"The server cannot listen on {host}:{port}: {error.strerror or error}.", "Check --host and --port."
    return Unavailable(what, "The server was not started.", do)


async def _prepare(settings: ServerSettings, now_ms: int) -> Prepared:
    """Bring the database up to date and make what the first run makes."""
    async with opened(settings.database, settings.folder) as database:
        await bring_up(database)
        await database.run(lambda connection: make_keys(connection, now_ms))
        first = await database.run(lambda connection: first_run(connection, now_ms))
        authority = await database.run(lambda connection: certificate_authority(connection, now_ms))
        return Prepared(authority, database.where, first)


def _certificate(settings: ServerSettings, authority: Authority, now_ms: int) -> TlsFiles:
    if settings.certificate is not None and settings.key is not None:
        files = TlsFiles(settings.certificate, settings.key)
        check_own_files(files)
        return files
    names = own_names(settings.names, settings.host)
    return write_server_certificate(authority, names, settings.folder / "tls", now_ms)


def _address(settings: ServerSettings, port: int) -> str:
    """By which desks reach the server: the best name that is known."""
    return _url(settings, _names(settings)[0], port)


def _url(settings: ServerSettings, name: str, port: int) -> str:
    return f"{'https' if settings.tls else 'http'}://{f'[{name}]' if ':' in name else name}:{port}"


def _names(settings: ServerSettings) -> tuple[str, ...]:
    if settings.host in _EVERY_ADDRESS:
        return own_names(settings.names, settings.host)
    return *settings.names, settings.host


def _told(settings: ServerSettings, prepared: Prepared, address: str, recalled: str) -> Iterator[str]:
    """What stands on the terminal while the server runs."""
    names = _names(settings)
    others = [name for name in names[1:] if name not in {"localhost", "127.0.0.1", "::1"}]
    yield "Foredesk server"
    yield ""
    yield f"  Address        {address}" + (f"   also {', '.join(others)}" if others else "")
    yield f"  Data           {prepared.where}" + ("" if settings.database else "   (embedded)")
    if recalled:
        yield f"  Remembered     {recalled}   (from an earlier start; options given replace them)"
    if not settings.tls:
        yield "  TLS            off: let nothing but a balancer that does it reach this port"
    if prepared.first is not None:
        yield from _told_first(prepared.first, address)
    else:
        yield "  Another desk   foredesk server code"
    yield "  State          foredesk server status"
    yield ""
    yield "Ctrl+C stops it."


def _told_first(first: FirstRun, address: str) -> Iterator[str]:
    until = datetime.fromtimestamp(first.code.expires_at / 1000).astimezone()
    yield f"  Administrator  {first.administrator}"
    yield f"  Password       {first.password}   shown this once; foredesk server user password makes another"
    yield f"  Pairing code   {first.code.text}   for one desk, until {until:%H:%M}"
    yield f"  On the desk    foredesk desk join {address} {first.code.text}"


def _configured(settings: ServerSettings, agency: Agency, tls: TlsFiles | None, clock: SteadyClock) -> uvicorn.Config:
    office = Office(agency)
    app = create_app(settings, DatabaseRoll, [office], now_ms=clock.now_ms)
    return uvicorn.Config(
        office.counting(app),
        lifespan="on",
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        ws_max_size=1 << 20,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
    )


@contextmanager
def _ended_at_once() -> Iterator[None]:
    """Ctrl+C before it serves: an exception in the middle of a start may be swallowed, and nothing can be lost yet."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Server(uvicorn.Server):
    """Tells that it serves once it does; stops on SIGTERM and Ctrl+C, and ends normally after that."""

    def __init__(self, config: uvicorn.Config, tell: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._tell()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
