"""Addresses, headers and limits that both ends of the wire agree on."""

VERSION = 1  # raised when an older end could not understand a newer one; a server serves this one and the one before

PUSH = "/sync/push"
PULL = "/sync/pull"
HAVE = "/sync/have"
DESKS = "/sync/desks"
SNAPSHOT = "/sync/snapshot"
LIVE = "/sync/live"

MEDIA_TYPE = "application/x-foredesk"  # every body: MessagePack in one zstd frame, see sync.protocol.packing
VERSION_HEADER = "foredesk-protocol"
SERVER_HEADER = "foredesk-epoch"  # in every answer, so that a restored server is noticed at once
CLOCK_HEADER = "foredesk-clock"  # from a desk, may be absent: its UTC ms as it sends
UNSENT_HEADER = "foredesk-unsent"  # from a desk, may be absent: events in its outbox

MOST_PACKED_BYTES = 8 << 20  # of a pushed body as it travels
MOST_UNPACKED_BYTES = 48 << 20
MOST_EVENTS_A_PUSH = 10_000
MOST_EVENTS_A_RUN = 1_000
MOST_EVENT_BYTES = 256 << 10  # of one event's JSON
MOST_FRAME_BYTES = 1 << 20  # of a live frame, unpacked
DEFAULT_PULL = 2_000  # events; an answer ends with the run that reaches it
MOST_PULL = 10_000


def authorization(desk: str, token: str) -> str:
    """The value of the Authorization header."""
    return f"Desk {desk}:{token}"


def read_authorization(header: str) -> tuple[str, str] | None:
    """(desk id, token), None where it is nothing of the kind."""
    scheme, _, rest = header.partition(" ")
    desk, colon, token = rest.strip().partition(":")
    return (desk, token) if scheme.lower() == "desk" and colon and desk and token else None
