"""Tells what somebody knew who did something, from what the event itself says."""

from core.domain import events as e
from core.domain.statuses import LEGAL_MOVES, UnitStatus

DAY_MS = 24 * 3600 * 1000
REMEMBERED_MS = 2 * DAY_MS  # so long a unit remembers what it was sent to


def takes(current: UnitStatus, body: e.UnitStatusChanged) -> bool:
    """Whether work in status `current` takes this status.

    Who saw the status as it is may set any. Who saw another, because both were set at the same time or apart, may only
    make a move that is legal from here; otherwise the status stays in the record and nowhere else.
    """
    return body.before is None or body.before.status is current or body.status in LEGAL_MOVES[current]


def goes_on(event: e.Event, ended_desk: str, ended_at: int) -> bool:
    """Whether work goes on at a desk that did not know of its end elsewhere."""
    return event.desk != ended_desk and event.at - ended_at <= DAY_MS
