"""Checks what comes over the wire before the desk sees it: each event's hash, each run's own signature.

A desk's key counts when the agency has signed its card, whoever passed the card on.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from core.merge.run import BrokenRun, Run, head, is_signed_by
from sync.link.desk_side import SLICE_EVENTS
from sync.link.server import ServerCalls
from sync.link.trust import Trust
from sync.protocol.messages import DeskCard

_AT_ONCE = 50  # events; then the desk's thread may have the interpreter


class Keyring:
    """The public keys of the agency's desks, as far as this desk has met them."""

    def __init__(self, cards: Iterable[DeskCard], agency_key: bytes) -> None:
        self._trust = Trust(agency_key, cards)

    async def meet(self, runs: Sequence[Run], calls: ServerCalls) -> tuple[DeskCard, ...]:
        """Ask for the cards of desks not met before; returns those that are new."""
        if all(run.desk in self._trust.cards for run in runs):
            return ()
        return self._trust.accept((await calls.desks()).desks)

    async def sort(self, runs: Sequence[Run]) -> tuple[list[Run], list[tuple[Run, str]]]:
        """Those that are what their desks signed, and the others each with the reason."""
        good: list[Run] = []
        bad: list[tuple[Run, str]] = []
        since = 0
        for run in runs:
            card = self._trust.cards.get(run.desk)
            if card is None:
                bad.append((run, f"The server knows no desk {run.desk}."))
            elif why := fault(run, card):
                bad.append((run, why))
            else:
                good.append(run)
            since += len(run.events)
            if since >= _AT_ONCE:
                since = 0
                await asyncio.sleep(0)
        return good, bad


def fault(run: Run, card: DeskCard) -> str:
    """Why a run is not what its desk signed, "" when it is."""
    try:
        last_hash = head(run)
    except BrokenRun as broken:
        return f"It is damaged: {broken}."
    if is_signed_by(run, card.public_key, last_hash):
        return ""
    return f"It is not what the desk {card.name or card.id} signed."


def slices(runs: Sequence[Run], most: int = SLICE_EVENTS) -> Iterator[list[Run]]:
    """Runs together as far as they make one slice of the desk's thread; a longer run is a slice by itself."""
    part: list[Run] = []
    size = 0
    for run in runs:
        if part and size + len(run.events) > most:
            yield part
            part, size = [], 0
        part.append(run)
        size += len(run.events)
    if part:
        yield part
