"""A line between desk and server that is thin, slow, or lets nothing through, over real sockets."""

import asyncio
import socket
from threading import Event, Thread
from typing import Self

PIECE = 256  # bytes taken at once: about a packet on such lines
FILLERS = 3  # as many as fill the queue of a socket that listens
BUFFER = 2048  # what a modem keeps; beyond that the sender is held


class Bucket:
    """One direction of the line, shared by all connections over it."""

    def __init__(self, bytes_per_s: float) -> None:
        self.bytes_per_s = bytes_per_s
        self._free_at = 0.0
        self.carried = 0

    async def carry(self, size: int) -> None:
        """Comes back when `size` bytes have left at this end."""
        self.carried += size
        if not self.bytes_per_s:
            return
        loop = asyncio.get_running_loop()
        self._free_at = max(self._free_at, loop.time()) + size / self.bytes_per_s
        await asyncio.sleep(self._free_at - loop.time())


class SlowLine:
    """Listens on `port` and passes everything on to `target_port`; runs on a thread of its own.

    `latency_s` is one way. `drop()` loses everything silently, also attempts to connect, until `restore()`; connections
    from before that time never carry anything again, which is harsher than TCP is.
    """

    def __init__(self, target_port: int, *, bits_per_s: float = 0, latency_s: float = 0.0) -> None:
        self._target_port, self._latency_s = target_port, latency_s
        self.up, self.down = Bucket(bits_per_s / 8), Bucket(bits_per_s / 8)
        self._dropping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.connections = 0
        self._ready, self._ended = Event(), Event()
        self._thread = Thread(target=lambda: asyncio.run(self._main()), name="slow line", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def drop(self) -> None:
        """Whoever connects now gets no answer: the kernel's queue is full, and nobody takes from it."""
        self._dropping = True
        asyncio.run_coroutine_threadsafe(self._stop_accepting(), self._loop).result(10)

    def restore(self) -> None:
        self._dropping = False
        asyncio.run_coroutine_threadsafe(self._accept_again(), self._loop).result(10)

    def cut(self) -> None:
        """Every connection breaks, as when a server ends."""
        self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in self._tasks])

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._listening = socket.socket()
        self._listening.setblocking(False)
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen(0)
        self.port = self._listening.getsockname()[1]
        self._fillers: list[socket.socket] = []
        self._accepting = asyncio.create_task(self._accept())
        self._ready.set()
        await self._stop.wait()
        await self._stop_accepting(fill=0)
        self._listening.close()
        for each in self._fillers:
            each.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            accepted, peer = await loop.sock_accept(self._listening)
            if peer in [each.getsockname() for each in self._fillers]:
                accepted.close()
                continue
            reader, writer = await asyncio.open_connection(sock=accepted, limit=BUFFER)
            task = asyncio.create_task(self._welcome(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _stop_accepting(self, fill: int = FILLERS) -> None:
        self._accepting.cancel()
        await asyncio.gather(self._accepting, return_exceptions=True)
        for _ in range(fill):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self._fillers.append(filler)

    async def _accept_again(self) -> None:
        self._accepting = asyncio.create_task(self._accept())

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._join(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2 * self._latency_s)  # the handshake's packets
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target_port, limit=BUFFER)
        try:
            ways = (self._pass(reader, there_writer, self.up), self._pass(there_reader, writer, self.down))
            _, pending = await asyncio.wait(
                [asyncio.ensure_future(way) for way in ways], return_when=asyncio.FIRST_COMPLETED
            )
            for way in pending:
                way.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
        finally:
            there_writer.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, bucket: Bucket) -> None:
        """Bytes leave at the line's rate and come out a latency later, in order."""
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        arriving = asyncio.ensure_future(_arrive(on_the_way, sink))
        loop = asyncio.get_running_loop()
        try:
            while data := await source.read(PIECE if bucket.bytes_per_s else 65536):
                if self._dropping:
                    await loop.create_future()
                await bucket.carry(len(data))
                on_the_way.put_nowait((loop.time() + self._latency_s, data))
            on_the_way.put_nowait((loop.time() + self._latency_s, b""))
            await arriving
        finally:
            arriving.cancel()


async def _arrive(on_the_way: "asyncio.Queue[tuple[float, bytes]]", sink: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    while True:
        at, data = await on_the_way.get()
        await asyncio.sleep(max(0.0, at - loop.time()))
        if not data:
            return
        sink.write(data)
        await sink.drain()
