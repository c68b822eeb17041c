"""Pairs of open incidents, from different desks, that may be one event."""

from msgspec import Struct

from core.domain.agency import Agency
from core.domain.board import Board, Incident
from core.domain.duplicates import DuplicateHint, likely_duplicates

LEAST_SCORE = 0.3  # the same caller, or a near place and one thing more


class SameEvent(Struct, frozen=True):
    """`keep` was opened first. `reason` is a sentence; `score` goes from 0 to 1."""

    keep: str
    other: str
    reason: str
    score: float


def same_events(board: Board, agency: Agency, now_ms: int) -> list[SameEvent]:
    """Likeliest first. Within a desk the operator was asked when the call came in."""
    opened = sorted(board.open_incidents(), key=lambda i: (i.opened_at, i.id))
    window_ms = agency.standards.duplicate_window_s * 1000
    if len({incident.desk for incident in opened}) < 2:
        return []
    found = []
    for at, later in enumerate(opened):
        if now_ms - later.opened_at > window_ms:
            continue
        earlier = {i.id: i for i in opened[:at] if i.desk != later.desk and later.opened_at - i.opened_at <= window_ms}
        found += [
            SameEvent(hint.incident, later.id, hint.reason, round(hint.score, 3))
            for hint in _hints(later, Board(incidents=earlier), agency)
            if hint.score >= LEAST_SCORE
        ]
    return sorted(found, key=lambda pair: (-pair.score, pair.keep, pair.other))


def _hints(later: Incident, earlier: Board, agency: Agency) -> list[DuplicateHint]:
    """As if the later one's calls had come in here when it was opened."""
    callbacks = {call.caller.callback for call in later.calls} or {""}
    best: dict[str, DuplicateHint] = {}
    for callback in sorted(callbacks):
        for hint in likely_duplicates(earlier, agency, later.opened_at, later.location, callback, later.type):
            if hint.incident not in best or best[hint.incident].score < hint.score:
                best[hint.incident] = hint
    return list(best.values())
