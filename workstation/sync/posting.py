"""A desk's part in field posts, put together from its store; the session keeps it for as long as the window is open."""

from collections.abc import Callable, Sequence
from pathlib import Path
from platform import node

from msgspec.structs import replace

from core.desk import PREFIX_SETTING, Desk
from core.errors import ForedeskError, Unavailable
from core.store import Store
from sync.link.desk_side import DeskSide
from sync.link.desk_thread import Hand
from sync.link.membership import Membership, keep_membership
from sync.link.store_side import StoreSide, known_cards
from sync.post.choice import Announced
from sync.post.field_post import FieldPost, PostDesk
from sync.post.guests import Guest, join_post
from sync.post.neighbours import NetworkNeighbours
from sync.post.states import PostStatus
from sync.protocol.messages import DeskCard
from sync.protocol.packing import encode

SETTING = "sync field posts"  # "1" where this desk takes part in them


def takes_part(store: Store) -> bool:
    return store.get_setting(SETTING) == "1"


def set_takes_part(store: Store, on: bool) -> None:
    store.put_setting(SETTING, "1" if on else "0")


def field_post(
    desk: Desk, store: Store, kept: Membership, hand: Hand, folder: Path, on_status: Callable[[PostStatus], None]
) -> FieldPost:
    """Not started yet. `hand` runs a job on the desk's thread; `on_status` is called on the post's own."""

    def make_side(server: str, nudge: Callable[[], None]) -> DeskSide:
        return StoreSide(desk, store, nudge=nudge, server=server, is_post=True)

    def end_side(side: DeskSide) -> None:
        if isinstance(side, StoreSide):
            side.close()

    post_desk = PostDesk(
        member=kept,
        cards=lambda: known_cards(store),
        sign=store.identity().sign,
        file_key=store.key_for("field post"),
        make_side=make_side,
        end_side=end_side,
        know=lambda cards: keep_cards(store, cards),
        hand=hand,
        now_ms=desk.clock.now_ms,
    )
    return FieldPost(post_desk, folder / "post", lambda: NetworkNeighbours(kept.agency_key), on_status=on_status)


def ask_posts(posts: Sequence[Announced], code: str, desk: Desk, store: Store, name: str = "") -> Guest:
    """Come into that of the posts whose code it is. Raises Refused for none of theirs, Unavailable for no post."""
    refused: ForedeskError = Unavailable(
        "No field post is on this network.", "Nothing was changed.", "Check the cable or the Wi-Fi."
    )
    identity, prefix = store.identity(), desk.agency.desk_prefix
    for post in posts:
        try:
            return join_post(
                post,
                code,
                desk=identity.desk,
                name=name or node() or "desk",
                prefix=prefix,
                public_key=identity.public_key,
            )
        except ForedeskError as error:
            refused = error
    raise refused


def take_up_guest(desk: Desk, store: Store, guest: Guest) -> None:
    """Belong to a field post until this desk joins a server, on the desk's thread. Raises Unavailable."""
    if guest.prefix:
        store.put_setting(PREFIX_SETTING, guest.prefix)
        desk.agency = replace(desk.agency, desk_prefix=guest.prefix)
    keep_cards(store, guest.cards)
    keep_membership(store, guest.member)
    set_takes_part(store, on=True)


def keep_cards(store: Store, cards: tuple[DeskCard, ...]) -> None:
    store.keep_cards({card.id: encode(card) for card in cards})
