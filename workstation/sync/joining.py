"""Joining a server and parting from it: what is kept of it in the store, and who this desk is from then on."""

from importlib.metadata import PackageNotFoundError, version
from platform import node

from core.desk import Desk
from core.errors import Refused
from core.store import Store
from sync.link.membership import SETTING, Membership, joined, keep_membership, membership
from sync.link.pairing import pair
from sync.protocol.joining import Paired
from widgets.panels.times import moment_text
from workstation.sync.standing import is_shut_out

JOINED = "joined"  # this setting: the roster file of a joined desk enrols units and retires none
LEVEL_AT = "sync level at"


def refuse_when_joined(desk: Desk) -> None:
    """Raises Refused for a desk that belongs to a server already."""
    known = membership(desk.store)
    if known is not None:
        raise Refused(
            f"This desk has joined {known.agency or known.url} already, as {known.card.name or known.desk}.",
            do="Part from it first: foredesk desk leave.",
        )


def ask_to_join(address: str, code: str, public_key: bytes, prefix: str, name: str = "") -> Paired:
    """The step over the network; some seconds at most, from any thread. Raises Refused and Unavailable."""
    return pair(address, code, public_key=public_key, name=name or node() or "desk", prefix=prefix, version=_version())


def take_up(desk: Desk, paired: Paired, address: str) -> Membership:
    """Be that desk from now on, in one go on the desk's thread. Raises Unavailable; then nothing has changed."""
    kept = joined(paired, address)
    desk.rebrand(paired.desk, paired.prefix, new_key=False)
    desk.store.put_setting(JOINED, "1")
    keep_membership(desk.store, kept)
    return kept


def part(desk: Desk) -> str:
    """Belong to no server any more; returns a sentence. Raises Refused and Unavailable."""
    known = membership(desk.store)
    if known is None:
        raise Refused("This desk has joined no server.")
    waiting = desk.store.status().unsynced
    desk.store.put_setting(SETTING, "")
    desk.store.put_setting(JOINED, "")
    unsent = f" {waiting:,} events that it does not have stay here; they are sent when this desk joins again."
    return f"This desk has parted from {known.agency or known.url}.{unsent if waiting else ''}"


def standing(store: Store) -> list[str]:
    """How this desk stands with its server, a sentence each, from the store alone."""
    known = membership(store)
    status = store.status()
    if known is None:
        return ["This desk has joined no server; it works alone.", f"{status.unsynced:,} events are kept for one."]
    level_at = int(store.get_setting(LEVEL_AT) or 0)
    lines = [
        f"This desk is {known.card.name or known.desk} ({known.desk}) of {known.agency or 'its agency'}.",
        f"Its server is at {known.url}.",
        f"Desk and server had the same at {moment_text(level_at)}." if level_at else "They never had the same yet.",
        f"{status.unsynced:,} events wait to be sent."
        + (f" The oldest is of {moment_text(status.oldest_unsynced_at)}." if status.oldest_unsynced_at else ""),
    ]
    if shut_out := is_shut_out(store, known):
        lines.insert(
            2, f"The server has shut this desk out since {moment_text(shut_out.refused_at)}: {shut_out.refused}"
        )
        lines.insert(3, "It works on alone. Ask the administrator; to come back it joins again: foredesk desk join.")
    if known.metered:
        lines.append("The line is spared.")
    return lines + [f"Not taken: {each.reason}" for each in store.quarantined()]


def told(kept: Membership) -> str:
    """What joining came to, in words."""
    return (
        f"This desk has joined {kept.agency or kept.url} as {kept.card.name or kept.desk}. "
        f"Its incidents are numbered with {kept.card.prefix} from now on."
    )


def _version() -> str:
    try:
        return version("foredesk")
    except PackageNotFoundError:
        return ""
