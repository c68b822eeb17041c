"""Incident numbers as people say them: "1041" for this desk's own 26-A-01041, "B-1041" for one that desk B gave."""

import re

_PARTS = re.compile(r"(\d+)-(.+)-0*(\d+)")
SAID = re.compile(r"(?:[A-Z0-9]{1,8}-)?\d+|\d+-[A-Z0-9]{1,8}-\d+")
"""What a number may look like on the command line, upper case, without the # before it."""


def tail_of(number: str) -> str:
    """`1041` of 26-A-01041."""
    return number.rsplit("-", 1)[-1].lstrip("0")


def short_number(number: str, *, own: bool = True) -> str:
    """As short as it can be said: desks count each for themselves, so another desk's has its letters before it."""
    parts = _PARTS.fullmatch(number)
    if own or parts is None:
        return tail_of(number) or number
    return f"{parts[2]}-{parts[3]}"


def is_meant(number: str, said: str) -> bool:
    """Whether `said` (upper case) can mean this number: all of it, its letters and its end, or its end alone."""
    if number == said:
        return True
    parts, (letters, _, tail) = _PARTS.fullmatch(number), said.rpartition("-")
    if not tail.lstrip("0") or tail_of(number) != tail.lstrip("0"):
        return False
    return not letters or (parts is not None and parts[2] == letters)
