"""An event with its place in the order that all desks share."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from core.domain.events import Event, IncidentOpened
from core.merge.run import AHEAD_MS, CLOCK, SAID_CLOCK


class Placed(Struct, frozen=True):
    """`place` sorts as ids do; it is the event's id unless its desk's clock ran ahead."""

    event: Event
    n: int
    place: str
    flag: str = ""


def placed(event: Event, n: int, place: str = "", flag: str = "") -> Placed:
    """An event whose desk's clock ran ahead counts at the time when the centre got it, at every desk alike."""
    place = place or event.id
    if flag in (CLOCK, SAID_CLOCK):
        event = replace(event, at=int(place[:12], 16) - AHEAD_MS)
    return Placed(event, n, place, flag)


def in_order(entries: Iterable[Placed]) -> list[Placed]:
    """In the order that all desks share: by place, but for an incident's opening, which comes before all that follows
    from it even where the centre had to give it a later place.
    """
    return sorted(entries, key=_rank)


def _rank(entry: Placed) -> tuple[bool, str, str]:
    return type(entry.event.body) is not IncidentOpened, entry.place, entry.event.id
