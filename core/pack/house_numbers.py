"""Reads house numbers, as maps write them and as callers say them."""

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"^\D{0,3}?(\d{1,6})(?:\s*[a-z]?\s*[-–/]\s*(\d{1,6}))?", re.IGNORECASE)
_ASKED = re.compile(r"^\d{1,6}\s?[a-z]?(?:[-–/]\d{1,6}[a-z]?)?$", re.IGNORECASE)
_MARKS = frozenset({"no", "no.", "nr", "nr.", "num", "num.", "numero", "número", "number", "nº", "n°", "#"})


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """`low` to `high`, equal for a single house; 0 where the text holds no number."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A reading of what was typed as a house on a street."""

    street: str
    number: str


def read_number(text: str) -> HouseNumber:
    match = _NUMBER.match(text.strip())
    if match is None:
        return HouseNumber(0, 0)
    low = int(match[1])
    high = int(match[2]) if match[2] else low
    return HouseNumber(low, high if low <= high <= low + 100 else low)


def readings(text: str) -> list[Asked]:
    """The ways to read `text` as a street with a house number, the likeliest first; numbers may be part of names."""
    found: dict[Asked, None] = {}
    parts = [part.split() for part in re.sub(r"#\s*(?=\d)", " ", text).split(",")]
    for number, words in enumerate(parts):
        before, after = parts[:number], parts[number + 1 :]
        for at in (len(words) - 1, 0):
            if words and _ASKED.match(words[at]):
                rest = [word for word in (words[:at] + words[at + 1 :]) if word.casefold() not in _MARKS]
                for street_parts in ((*before, rest), (*before, rest, *after)):
                    if street := " ".join(" ".join(part) for part in street_parts).strip():
                        found[Asked(street, words[at])] = None
    return list(found)
