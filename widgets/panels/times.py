"""Times, ages and distances as an operator reads them: 24 hours, ISO dates, minutes and seconds."""

from datetime import UTC, datetime


def local_time(at_ms: int) -> datetime:
    """UTC milliseconds as a time of this machine's zone."""
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC).astimezone()


def clock_text(at_ms: int) -> str:
    """`14:05:09`."""
    return f"{local_time(at_ms):%H:%M:%S}"


def minute_text(at_ms: int) -> str:
    """`14:05`."""
    return f"{local_time(at_ms):%H:%M}"


def moment_text(at_ms: int) -> str:
    """`2026-03-01 14:05`."""
    return f"{local_time(at_ms):%Y-%m-%d %H:%M}"


def elapsed_text(seconds: float) -> str:
    """`4:12`, from an hour on `1:04:12`; a negative time counts as none."""
    whole = max(0, int(seconds))
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def age_text(seconds: float) -> str:
    """A rough age for what only needs one: `12 s`, `4 min`, `3 h`, `2 d`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{round(whole / 60)} min"
    if whole < 48 * 3600:
        return f"{round(whole / 3600)} h"
    return f"{round(whole / 86400)} d"


def spoken_time(seconds: float) -> str:
    """`4 minutes 12 seconds`, for screen readers."""
    minutes, second = divmod(max(0, int(seconds)), 60)
    words = [count_text(minutes, "minute")] if minutes else []
    if second or not minutes:
        words.append(count_text(second, "second"))
    return " ".join(words)


def distance_text(metres: float) -> str:
    """`840 m`, from a kilometre on `2.3 km`."""
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"


def count_text(number: int, noun: str) -> str:
    """`1 unit`, `3 units`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
