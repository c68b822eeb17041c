"""HTTP/1.1 for a thin line: one connection kept open, few bytes of header, and patience that follows the line.

httpx sends some 230 bytes of header with each request and takes about a millisecond of Python for it; on a line of
2,400 bit/s that is most of a second. This sends what the server needs, and httptools (C) reads the answers.
"""

import asyncio
import logging
from asyncio import AbstractEventLoop, Future, Transport
from collections.abc import Callable, Mapping
from ssl import SSLCertVerificationError, SSLContext, SSLError
from typing import cast

import httptools
from msgspec import Struct

from sync.link.trouble import LineTrouble, Unreachable, no_way

log = logging.getLogger(__name__)

Sink = Callable[[bytes], None]
MOST_BODY = 64_000_000  # bytes of an answer kept in memory


class Address(Struct, frozen=True):
    """Where a server is. `name` is what its certificate must carry, where that is not the host."""

    host: str
    port: int
    tls: bool = True
    name: str = ""

    @property
    def host_port(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Answer(Struct):
    """What came back. `sent` and `received` are bytes as they crossed the line, TLS not counted.

    `took_s` is from the question's first byte to the answer's last; opening a connection is not in it.
    """

    status: int = 0
    headers: dict[str, str] = {}
    body: bytes = b""
    sent: int = 0
    received: int = 0
    took_s: float = 0.0


class _Wire(asyncio.Protocol):
    """One connection; one question at a time."""

    def __init__(self) -> None:
        self.transport: Transport | None = None
        self.usable = False
        self.heard_at = 0.0
        self._loop = asyncio.get_running_loop()
        self._done: Future[Answer] | None = None
        self._fresh()

    def _fresh(self, sink: Sink | None = None) -> None:
        self._answer, self._sink, self._body = Answer(headers={}), sink, bytearray()
        self._parser = httptools.HttpResponseParser(self)

    def ask(self, question: bytes, sink: Sink | None) -> "Future[Answer]":
        assert self.transport is not None
        self._fresh(sink)
        self._done = self._loop.create_future()
        self.heard_at = self._loop.time()
        self._answer.sent = len(question)
        self.transport.write(question)
        return self._done

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("Transport", transport)
        self.usable = True

    def data_received(self, data: bytes) -> None:
        self.heard_at = self._loop.time()
        self._answer.received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(Unreachable(f"What answers there does not speak the server's language ({error})."))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        why = f" ({exc})" if exc else ""
        self._fail(Unreachable(f"The connection was closed{why}.", was_cut=True))

    def _fail(self, trouble: Exception) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(trouble)

    @property
    def peer(self) -> str:
        """The other end's IP address."""
        name = self.transport.get_extra_info("peername") if self.transport else None
        return str(name[0]) if name else ""

    @property
    def certificate(self) -> bytes:
        """What the other end showed, DER; b"" without TLS."""
        tls = self.transport.get_extra_info("ssl_object") if self.transport else None
        return (tls.getpeercert(binary_form=True) if tls else None) or b""

    def close(self) -> None:
        self.usable, self._done = False, None
        if self.transport is not None:
            self.transport.abort()

    # httptools' side

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._answer.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        if self._sink is not None and self._answer.status in (200, 206):
            self._sink(body)
        elif len(self._body) + len(body) > MOST_BODY:
            raise ValueError("the answer is too long")
        else:
            self._body += body

    def on_message_complete(self) -> None:
        if self._answer.status < 200:  # 100 Continue and its like: the answer is still to come
            self._answer.headers.clear()
            return
        self._answer.body = bytes(self._body)
        self.usable = self.usable and self._parser.should_keep_alive()
        if self._done is not None and not self._done.done():
            self._done.set_result(self._answer)


class HttpClient:
    """Questions to one server over at most `most` connections at a time, opened when needed and kept open.

    Raises Unreachable when there is no way to the server, LineTrouble when it does not answer in time.
    """

    def __init__(
        self,
        address: Address,
        tls: SSLContext | None,
        headers: Mapping[str, str] | None = None,
        *,
        most: Callable[[], int] = lambda: 1,
    ) -> None:
        self.address = address
        self.peer = ""  # the server's IP address, once there was a connection
        self.certificate = b""  # the server's, DER, likewise
        self._tls = tls
        self._most = most
        self._idle: list[_Wire] = []
        self._busy: set[_Wire] = set()
        self._opening = 0
        self._room = asyncio.Condition()
        fixed = {"Host": address.host_port, **(headers or {})}
        self._fixed = "".join(f"{name}: {value}\r\n" for name, value in fixed.items())

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        patience_s: float = 10.0,
        sink: Sink | None = None,
    ) -> Answer:
        """`patience_s` is for the whole question, and again for each piece of an answer that comes in pieces.

        `sink` takes the body of a good answer as it comes, and then Answer.body is empty.
        """
        extra = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        length = f"Content-Length: {len(body)}\r\n" if body or method in {"POST", "PUT"} else ""
        question = f"{method} {path} HTTP/1.1\r\n{self._fixed}{extra}{length}\r\n".encode() + body
        wire, is_new = await self._take(patience_s)
        try:
            return await self._exchange(wire, question, sink, patience_s)
        except Unreachable as trouble:
            if is_new or not trouble.was_cut or sink is not None:
                raise
        # A server may close a connection that rests at the very moment it is used again; all questions are
        # idempotent, so that asking anew is right, once.
        self._drop_idle()
        wire, _ = await self._take(patience_s)
        return await self._exchange(wire, question, sink, patience_s)

    async def _take(self, patience_s: float) -> tuple[_Wire, bool]:
        async with self._room:
            await self._room.wait_for(lambda: len(self._busy) + self._opening < self._most())
            while self._idle:
                wire = self._idle.pop()
                if wire.usable:
                    self._busy.add(wire)
                    return wire, False
            self._opening += 1
        try:
            async with asyncio.timeout(patience_s):
                wire = await open_wire(asyncio.get_running_loop(), self.address, self._tls, patience_s)
            self._busy.add(wire)
        except TimeoutError as error:
            raise LineTrouble(f"{self.address.host} does not answer.") from error
        finally:
            self._opening -= 1
            await self._make_room()
        self.peer, self.certificate = wire.peer, wire.certificate
        return wire, True

    async def _exchange(self, wire: _Wire, question: bytes, sink: Sink | None, patience_s: float) -> Answer:
        clock = asyncio.get_running_loop()
        began_s = clock.time()
        try:
            answer = await _patiently(wire, wire.ask(question, sink), patience_s)
            answer.took_s = clock.time() - began_s
        except BaseException:
            wire.close()
            raise
        finally:
            self._busy.discard(wire)
            if wire.usable:
                self._idle.append(wire)
            await self._make_room()
        return answer

    async def _make_room(self) -> None:
        async with self._room:
            self._room.notify_all()

    def _drop_idle(self) -> None:
        for wire in self._idle:
            wire.close()
        self._idle.clear()

    def close(self) -> None:
        """Let go of every connection; the next question opens another."""
        for wire in self._busy:
            wire.close()
        self._drop_idle()


async def open_wire(loop: AbstractEventLoop, address: Address, tls: SSLContext | None, patience_s: float) -> _Wire:
    """A connection with TLS done. Raises Unreachable, and LineTrouble where the line is to blame."""
    options: dict[str, object] = {}
    if address.tls:
        options = {"ssl": tls, "server_hostname": address.name or address.host, "ssl_handshake_timeout": patience_s}
    try:
        _, wire = await loop.create_connection(_Wire, address.host, address.port, **options)  # type: ignore[call-overload]
    except SSLError as error:
        raise Unreachable(_tls_sentence(address, error), is_foreign=True) from error
    except (TimeoutError, ConnectionAbortedError) as error:
        raise LineTrouble(f"{address.host} does not answer.") from error
    except OSError as error:
        log.debug("no connection to %s: %s", address.host_port, error)
        raise Unreachable(no_way(address.host, address.port, error)) from error
    return cast("_Wire", wire)


def _tls_sentence(address: Address, error: SSLError) -> str:
    if isinstance(error, SSLCertVerificationError):
        return f"{address.host} is not the server this desk was joined to ({error.verify_message})."
    return f"{address.host} does not speak TLS as the server does ({error.reason or error})."


async def _patiently(wire: _Wire, answer: "Future[Answer]", patience_s: float) -> Answer:
    """Each piece that comes renews the patience. Raises LineTrouble."""
    loop = asyncio.get_running_loop()
    while True:
        left_s = wire.heard_at + patience_s - loop.time()
        if left_s <= 0 and not answer.done():
            raise LineTrouble("The server did not answer in time.")
        done, _ = await asyncio.wait((answer,), timeout=left_s)
        if done:
            return answer.result()
