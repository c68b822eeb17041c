"""A whole server on the loopback, in a thread of this process: real sockets, real HTTP, real WebSockets."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

_WITHIN_S = 30


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serve until the block ends; gives host and port. Raises RuntimeError where the application does not start."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_config=None, lifespan="on", ws="websockets-sansio", timeout_graceful_shutdown=1, access_log=False
    )
    server = uvicorn.Server(config)
    up = threading.Event()

    async def serve() -> None:
        serving = asyncio.create_task(server.serve([listening]))
        while not server.started and not serving.done():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.005)
        up.set()
        await serving

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="served")
    thread.start()
    try:
        up.wait(_WITHIN_S)
        if not server.started:
            raise RuntimeError("the application did not start")
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_WITHIN_S)
        listening.close()
