"""Keeps bodies small: nobody may fill the server's memory, signed in or not."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import Refused
from sync.server.rest.problems import problem

MOST_BYTES = 1 << 20


class Bounded:
    """Answers 413 to a body of more than MOST_BYTES, as soon as that is known."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not told.isdigit() or len(told) > 12 or int(told) > MOST_BYTES:
            refused = Refused(f"A request has {MOST_BYTES} bytes at most.")
            await problem(413, refused)(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BYTES:
                raise HTTPException(413, f"A request has {MOST_BYTES} bytes at most")
            return message

        await self._app(scope, counted, send)
