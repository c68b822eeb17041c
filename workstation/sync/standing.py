"""What a restart keeps of a desk's standing with its server: when it was last reached, why it shut the desk out."""

import msgspec

from core.errors import Unavailable
from core.store import Store
from sync.link.membership import Membership
from sync.link.states import LinkState, LinkStatus

SETTING = "sync standing"
KEEP_EVERY_MS = 60_000
UNBROKEN_MS = 2 * KEEP_EVERY_MS  # a contact kept so shortly before is the one that this link had


class Standing(msgspec.Struct, frozen=True):
    """Times are UTC ms, 0 for never. `refused` is the server's reason while it will not have this desk."""

    desk: str = ""
    heard_at: int = 0
    refused: str = ""
    refused_at: int = 0


def standing_of(store: Store, kept: Membership) -> Standing:
    """As it was kept last; an empty one where nothing was kept since the desk joined. Raises Unavailable."""
    written = store.get_setting(SETTING)
    try:
        known = msgspec.json.decode(written, type=Standing) if written else Standing()
    except msgspec.MsgspecError:
        known = Standing()
    return known if known.desk == kept.desk else Standing(kept.desk)


def keep_standing(store: Store, kept: Membership, status: LinkStatus, now_ms: int) -> Standing:
    """What the link knows now, kept where that is news. Raises Unavailable."""
    known = standing_of(store, kept)
    if status.state.reaches:
        if known.refused or now_ms - known.heard_at >= KEEP_EVERY_MS:
            known = Standing(kept.desk, now_ms)
            _keep(store, known)
    elif status.state is LinkState.REFUSED and status.detail != known.refused:
        known = msgspec.structs.replace(known, refused=status.detail, refused_at=now_ms)
        _keep(store, known)
    return known


def since_of(status: LinkStatus, known: Standing) -> int:
    """Since when the link stands so: a desk that began without a line has been offline since it was last reached."""
    if status.state is LinkState.OFFLINE and 0 < known.heard_at < status.since - UNBROKEN_MS:
        return known.heard_at
    return status.since


def is_shut_out(store: Store, kept: Membership) -> Standing | None:
    """The standing of a desk that its server refused when it was last asked. Raises Unavailable."""
    known = standing_of(store, kept)
    return known if known.refused else None


def _keep(store: Store, known: Standing) -> None:
    try:
        store.put_setting(SETTING, msgspec.json.encode(known).decode())
    except Unavailable:
        return  # the health strip tells that the store takes nothing; this is kept once it does
