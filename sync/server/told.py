"""Trouble, as the addresses that desks ask tell it."""

from starlette.responses import Response

from core.errors import ForedeskError
from sync.protocol.messages import Trouble
from sync.protocol.packing import pack
from sync.protocol.routes import MEDIA_TYPE

_CODES = {
    401: "unknown desk",
    403: "revoked",
    404: "missing",
    409: "not now",
    429: "too many tries",
    503: "unavailable",
}


def told(trouble: ForedeskError, status: int, *, retry_s: float = 0.0) -> Response:
    """The answer that says what happened, what holds and what to do."""
    body = Trouble(_CODES.get(status, "refused"), trouble.happened, trouble.holds, trouble.do, retry_s)
    headers = {"retry-after": str(round(retry_s))} if retry_s else {}
    return Response(pack(body), status_code=status, media_type=MEDIA_TYPE, headers=headers)
