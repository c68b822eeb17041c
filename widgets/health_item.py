"""One part of the desk as the health strip tells it, and how ages and sizes are said there."""

from dataclasses import dataclass
from enum import IntEnum


class HealthLevel(IntEnum):
    NEUTRAL = 0  # a normal state with nothing to praise, for example no server set up
    OK = 1
    WARN = 2
    ALARM = 3


@dataclass(frozen=True, slots=True)
class HealthItem:
    """One part of the desk. `word` stands on the strip after `title`; the sentences open from there."""

    key: str
    title: str
    word: str
    level: HealthLevel
    reasons: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()


def age(seconds: float) -> str:
    """An age in one unit: "40 s", "4 min", "3 h", "2 days"."""
    for size, word in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= size * (2 if word == "days" else 1):
            return f"{int(seconds // size)} {word}"
    return f"{int(max(0, seconds))} s"


def size(count: int) -> str:
    """Bytes as people read disk space."""
    return (
        f"{count / 1e9:.0f} GB"
        if count >= 1e10
        else f"{count / 1e9:.1f} GB"
        if count >= 1e8
        else f"{count / 1e6:.0f} MB"
    )
