"""Open incidents that a call in hand may be about: near in place and time, or from the same number."""

from msgspec import Struct

from core.domain.agency import Agency
from core.domain.board import Board, Incident
from core.domain.distance import ground_distance_m
from core.domain.values import Location

_SHORTEST_NUMBER = 7  # digits; below it two numbers are the same only when equal


class DuplicateHint(Struct, frozen=True):
    """`reason` is a sentence; `score` goes from 0 to 1, likelier first."""

    incident: str
    reason: str
    distance_m: float | None
    age_s: float
    score: float


def likely_duplicates(
    board: Board, agency: Agency, now_ms: int, location: Location, callback: str, type_code: str
) -> list[DuplicateHint]:
    """Hints for what is known of the call so far; empty fields match nothing."""
    hints = [_hint(incident, agency, now_ms, location, callback, type_code) for incident in board.open_incidents()]
    return sorted((hint for hint in hints if hint), key=lambda hint: (-hint.score, hint.age_s, hint.incident))


def same_number(one: str, other: str) -> bool:
    """Whether two callback numbers are the same but for spaces, signs and a country code."""
    a, b = digits_of(one), digits_of(other)
    shorter, longer = sorted((a, b), key=len)
    if len(shorter) < _SHORTEST_NUMBER:
        return bool(a) and a == b
    return longer.endswith(shorter)


def digits_of(number: str) -> str:
    """The digits of a number in any script, without the zeros it begins with."""
    return "".join(str(int(c)) for c in number if c.isdecimal()).lstrip("0")


def _hint(
    incident: Incident, agency: Agency, now_ms: int, location: Location, callback: str, type_code: str
) -> DuplicateHint | None:
    standards = agency.standards
    newest_at = max([incident.opened_at, *(call.taken_at for call in incident.calls)])
    age_s = max(0.0, (now_ms - newest_at) / 1000)
    if age_s > standards.duplicate_window_s:
        return None
    same_caller = any(same_number(callback, call.caller.callback) for call in incident.calls)
    distance_m = _distance_m(incident, location)
    near = distance_m is not None and distance_m <= standards.duplicate_radius_m
    same_words = _same_words(incident, location)
    if not (same_caller or near or same_words):
        return None
    same_type = bool(type_code) and type_code.strip().upper() == incident.type
    reasons = ["same caller number"] if same_caller else []
    if distance_m is not None:
        reasons.append("same place" if distance_m < 15 else _away(distance_m))
    elif same_words:
        reasons.append("same address")
    if same_type:
        reasons.append("same type")
    reasons.append(f"{int(age_s // 60)} min ago" if age_s >= 60 else "just now")
    closeness = 1 - (distance_m or 0) / max(1.0, standards.duplicate_radius_m) if near else 0.0
    score = 0.45 * same_caller + 0.3 * max(closeness, float(same_words)) + 0.15 * same_type
    score += 0.1 * (1 - age_s / max(1, standards.duplicate_window_s))
    sentence = ", ".join(reasons)
    return DuplicateHint(incident.id, f"{sentence[0].upper()}{sentence[1:]}.", distance_m, age_s, min(1.0, score))


def _distance_m(incident: Incident, location: Location) -> float | None:
    places = [incident.location, *(call.location for call in incident.calls)]
    if location.lat is None or location.lon is None:
        return None
    distances = [
        ground_distance_m(place.lat, place.lon, location.lat, location.lon)
        for place in places
        if place.lat is not None and place.lon is not None
    ]
    return min(distances, default=None)


def _same_words(incident: Incident, location: Location) -> bool:
    words = location.text.casefold().split()
    return bool(words) and words == incident.location.text.casefold().split()


def _away(distance_m: float) -> str:
    return f"{round(distance_m, -1):.0f} m away" if distance_m < 1000 else f"{distance_m / 1000:.1f} km away"
