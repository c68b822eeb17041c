"""How coverage is told to the page, as plain values: no Qt, no numbers by the thousand."""

from dataclasses import dataclass
from typing import Literal

NOBODY = 255  # a node that is not counted: nobody lives there
SOON = 16  # added to a node's count where a dispatch under consideration would open a gap
MOST = 14  # the highest count that is told

Mode = Literal["off", "gaps", "counts"]


@dataclass(frozen=True, slots=True)
class Look:
    """How coverage is drawn. `teams` is how many a place needs; `rows` of the legend pair a swatch with its text."""

    mode: Mode = "off"
    teams: int = 1
    title: str = ""
    rows: tuple[tuple[str, str], ...] = ()
