"""When a fix was made, from devices that send a time of day, a date now and then, or a week number.

Nothing is mended silently: a date is taken as sent, and `week_doubt` says where it looks like a rolled-over receiver.
"""

from datetime import UTC, date, datetime
from functools import lru_cache

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
_NO_PART = frozenset((b".00", b".000", b".0", b"."))
_EPOCH = date(1970, 1, 1).toordinal()
_GPS_EPOCH_MS = (date(1980, 1, 6).toordinal() - _EPOCH) * DAY_MS


@lru_cache(maxsize=64)
def time_of_day(field: bytes) -> int | None:
    """Milliseconds since midnight of `hhmmss.sss`; a leap second counts as the second before it."""
    if not field[:5].isdigit() or len(field) < 5:
        return None
    part_ms = 0
    try:
        if len(field) == 6 or field[6:] in _NO_PART:
            clock = int(field[:6])
        else:
            value = float(field)
            clock = int(value)
            part_ms = round((value - clock) * 1000)
    except ValueError:
        return None
    hours, rest = divmod(clock, 10_000)
    minutes, seconds = divmod(rest, 100)
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    return (hours * 3600 + minutes * 60 + (seconds if seconds < 60 else 59)) * 1000 + part_ms


def day_of(year: int, month: int, day: int) -> int | None:
    """Midnight UTC of a date in ms; None for a date that does not exist."""
    try:
        return (date(year, month, day).toordinal() - _EPOCH) * DAY_MS
    except ValueError:
        return None


@lru_cache(maxsize=64)
def day_from(field: bytes) -> int | None:
    """Midnight UTC of `ddmmyy`: 70 to 99 is the last century, where clocks stand that were never set."""
    if len(field) != 6 or not field.isdigit():
        return None
    year = int(field[4:])
    return day_of(year + (1900 if year >= 70 else 2000), int(field[2:4]), int(field[:2]))


def gps_week_ms(week: int, day: int, second: int) -> int | None:
    """UTC ms of a full GPS week number, a day (0 is Sunday) and a second of that day, as the device counts seconds."""
    if not (0 <= week < 10_000 and 0 <= day <= 6 and 0 <= second < 86_401):
        return None
    return _GPS_EPOCH_MS + week * WEEK_MS + day * DAY_MS + second * 1000


def nearest_day(of_day_ms: int, near_ms: int) -> int:
    """The moment with this time of day that lies nearest to `near_ms`: at most half a day away."""
    days = (near_ms - of_day_ms + DAY_MS // 2) // DAY_MS
    return days * DAY_MS + of_day_ms


def week_doubt(fixed_at: int | None, received_at: int) -> str:
    """A sentence if the fix is a multiple of 1,024 weeks away from the clock, give or take a day; else ""."""
    if fixed_at is None or abs(received_at - fixed_at) < 1000 * WEEK_MS:
        return ""
    eras, rest = divmod(received_at - fixed_at + DAY_MS, 1024 * WEEK_MS)
    if eras == 0 or rest > 2 * DAY_MS:
        return ""
    when = datetime.fromtimestamp(fixed_at / 1000, UTC).date().isoformat()
    return (
        f"The receiver dates this fix {when}, {abs(eras) * 1024} weeks off: its week number has probably rolled over."
    )


class Dating:
    """Dates times of day from the last date that the device sent, else from the receiving clock."""

    def __init__(self) -> None:
        self._sent_ms: int | None = None
        self._sent_received_at = 0

    def learn(self, moment_ms: int, received_at: int) -> None:
        """The device dated a moment itself."""
        self._sent_ms, self._sent_received_at = moment_ms, received_at

    def date(self, of_day_ms: int, received_at: int) -> tuple[int, bool]:
        """UTC ms, and whether the date had to come from the clock. Goes across midnight without a new date."""
        if self._sent_ms is None:
            return nearest_day(of_day_ms, received_at), True
        expected = self._sent_ms + max(0, received_at - self._sent_received_at)
        moment = nearest_day(of_day_ms, expected)
        self.learn(moment, received_at)
        return moment, False
