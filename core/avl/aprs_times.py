"""Dates APRS timestamps, which name a day of the month or only a time of day, by the moment of reception."""

from datetime import UTC, datetime, timedelta

from core.avl.dating import nearest_day

TIMELESS = "111111z"  # by convention an object without a time


def dated(stamp: str, received_at: int, utc_offset_s: int | None) -> int | None:
    """UTC ms of DDHHMMz, DDHHMM/ (local) or HHMMSSh, at the date that brings it nearest to `received_at`.

    None where the stamp is no time, or is local and the sender's offset is not known.
    """
    digits, form = stamp[:-1], stamp[-1]
    if not (digits.isascii() and digits.isdigit()):
        return None
    first, second, third = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if form == "h":
        return _nearest_time_of_day(first, second, third, received_at)
    offset_s = 0 if form == "z" else utc_offset_s
    return None if offset_s is None else _nearest_day(first, second, third, received_at, offset_s * 1000)


def _nearest_time_of_day(hour: int, minute: int, second: int, received_at: int) -> int | None:
    if hour > 23 or minute > 59 or second > 59:
        return None
    return nearest_day(((hour * 60 + minute) * 60 + second) * 1000, received_at)


def _nearest_day(day: int, hour: int, minute: int, received_at: int, offset_ms: int) -> int | None:
    """Among this month, the one before and the one after, as the sender's calendar has them."""
    there = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=received_at + offset_ms)
    this_month = there.replace(day=15)
    moments = [
        moment.timestamp() * 1000 - offset_ms
        for days in (-30, 0, 30)
        if (moment := _on_day(this_month + timedelta(days=days), day, hour, minute)) is not None
    ]
    return int(min(moments, key=lambda moment: abs(moment - received_at))) if moments else None


def _on_day(month: datetime, day: int, hour: int, minute: int) -> datetime | None:
    try:
        return datetime(month.year, month.month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None
