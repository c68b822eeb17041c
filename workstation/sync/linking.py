"""Puts the link together with the desk, and reads for the screens what the store holds of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from core.desk import Desk
from core.errors import Unavailable
from core.store import Store
from sync.link.link import Link
from sync.link.membership import Membership
from sync.link.states import LinkState, LinkStatus
from sync.link.store_side import StoreSide
from sync.protocol.messages import DeskCard
from widgets.panels.times import minute_text
from widgets.sync.control import LinkView
from workstation.sync.arrivals import Arrivals
from workstation.sync.joining import LEVEL_AT
from workstation.sync.link_view import link_view
from workstation.sync.standing import keep_standing, since_of

if TYPE_CHECKING:
    from workstation.sync.session import SyncSession

MOST_QUARANTINED = 20
_card = msgspec.msgpack.Decoder(DeskCard)


@dataclass(frozen=True, slots=True)
class Up:
    link: Link
    side: StoreSide
    arrivals: Arrivals


def link_up(desk: Desk, store: Store, kept: Membership, folder: Path, session: "SyncSession") -> Up:
    """Not started yet. What the link tells goes to `session`, from the link's thread."""
    made: list[Link] = []

    def nudge() -> None:
        made[0].nudge()

    side = StoreSide(desk, store, nudge=nudge)
    arrivals = Arrivals(store, folder, desk.clock, kept.agency or kept.server)
    made.append(
        Link(
            kept.link_settings(),
            side,
            session.hand,
            desk.clock.now_ms,
            on_status=session.status_came,
            on_presence=session.presence_came,
            on_artefact=session.artefact_came,
            wanted=arrivals.wanted,
            artefact_folder=folder / "artefacts",
        )
    )
    return Up(made[0], side, arrivals)


def view_of(
    desk: Desk, store: Store, kept: Membership, status: LinkStatus, known_at: int, arrivals: Arrivals | None
) -> LinkView:
    """Told anew from the link and the store; where the store cannot be read, from the link alone."""
    now_ms = desk.clock.now_ms()
    level_at = now_ms if status.state is LinkState.UP_TO_DATE else known_at
    oldest, quarantined = 0, []
    try:
        status = msgspec.structs.replace(status, since=since_of(status, keep_standing(store, kept, status, now_ms)))
        if not level_at:
            level_at = int(store.get_setting(LEVEL_AT) or 0)
        if status.waiting:
            oldest = store.status().oldest_unsynced_at or 0
        quarantined = [
            f"Not taken, {minute_text(each.at)}: {each.reason}" for each in store.quarantined()[-MOST_QUARANTINED:]
        ]
    except Unavailable:
        pass  # the health strip says so
    return link_view(
        status,
        server=kept.agency or status.server,
        known_at=level_at,
        oldest_waiting_at=oldest,
        quarantined=quarantined,
        artefacts=arrivals.sentences if arrivals else (),
    )


def desk_names(store: Store) -> dict[str, str]:
    """What the agency calls its desks, as far as they have been met, each with the letters of its numbers."""
    return {
        card.id: f"{card.name} ({card.prefix})" if card.name else ""
        for card in map(_card.decode, store.cards().values())
    }
