"""UTC from GPS weeks and times of week, for the binary protocols of receivers."""

from bisect import bisect_right

GPS_EPOCH_MS = 315_964_800_000  # 1980-01-06
WEEK_MS = 604_800_000
ERA_WEEKS = 1024
# GPS weeks that brought the 14th to the 18th leap second between GPS time and UTC; for receivers that do not say.
_LEAP_WEEKS = (1356, 1512, 1695, 1851, 1930)
_LEAP_S_BEFORE = 13


def leap_seconds(week: int) -> int:
    return _LEAP_S_BEFORE + bisect_right(_LEAP_WEEKS, week)


def gps_ms(week: int, tow_ms: int, leap_s: int | None = None) -> int | None:
    """UTC ms of a full GPS week number and a time of week; None for what no receiver means."""
    if week < 0 or not 0 <= tow_ms < WEEK_MS:
        return None
    return GPS_EPOCH_MS + week * WEEK_MS + tow_ms - (leap_seconds(week) if leap_s is None else leap_s) * 1000


def full_week(week: int, received_at: int) -> int:
    """A week number of ten bits in the era that brings it nearest to the moment of reception; a full one as it is."""
    if week >= ERA_WEEKS:
        return week
    now = (received_at - GPS_EPOCH_MS) // WEEK_MS
    return week + max(0, now - week + ERA_WEEKS // 2) // ERA_WEEKS * ERA_WEEKS
