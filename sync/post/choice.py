"""Which desk takes the server's part: the same answer at all that see the same, and as few changes as can be."""

from collections.abc import Collection, Iterable

from msgspec import Struct


class Announced(Struct, frozen=True):
    """A desk as it announces itself on the local network.

    `wished_at` (UTC ms, 0 for never) is when a person last said that this desk shall be the post. `hosting_since` is 0
    while it is not. `has_centre`: it reaches the agency's server, and passes on what the others do.
    """

    desk: str
    name: str = ""
    wished_at: int = 0
    hosting_since: int = 0
    has_centre: bool = False
    address: str = ""
    port: int = 0


def is_needed(desks: Iterable[Announced]) -> bool:
    """Whether there is anybody to talk with who has no server to do it over."""
    present = tuple(desks)
    return len(present) > 1 and not all(desk.has_centre for desk in present)


def choose(desks: Iterable[Announced], gone: Collection[str] = ()) -> Announced | None:
    """The desk that shall be the post, None where none is needed. `gone` are desks that have not answered.

    A person's latest wish counts first; then who does it already, the longest; then the smallest desk id.
    """
    present = [desk for desk in desks if desk.desk not in gone]
    if not is_needed(present):
        return None
    return min(present, key=_rank)


def _rank(desk: Announced) -> tuple[int, int, int, str]:
    return (-desk.wished_at, 0 if desk.hosting_since else 1, desk.hosting_since, desk.desk)
