"""The link to the server in words: one for the strip, and the sentences that open from it."""

from datetime import datetime

from core.desk import StoreStatus
from widgets.health_item import HealthItem, HealthLevel, age
from widgets.sync.control import LinkState, LinkView

FRESH_S = 20  # what was known so long ago is known now
CLOCKS_APART_S = 2.0
OFFLINE_WARNS_S = 600  # so long without a line is everyday; after that somebody may want to look for the cause
MOST_TOLD = 4

_LEVELS = {
    LinkState.NONE: HealthLevel.NEUTRAL,
    LinkState.OFFLINE: HealthLevel.NEUTRAL,
    LinkState.CONNECTING: HealthLevel.NEUTRAL,
    LinkState.SYNCING: HealthLevel.NEUTRAL,
    LinkState.UP_TO_DATE: HealthLevel.OK,
    LinkState.REFUSED: HealthLevel.WARN,
}


def link_item(view: LinkView, store: StoreStatus, now_ms: int) -> HealthItem:
    """The strip's part for the link. No server, and no line to it, are normal states: the desk does its job alone."""
    if view.state is LinkState.NONE:
        return HealthItem("link", "Link", "no server set up", HealthLevel.NEUTRAL, _alone(store, now_ms))
    level = max(_level(view, now_ms), HealthLevel.WARN if view.quarantined else HealthLevel.NEUTRAL)
    remedies = [view.remedy] if view.remedy else []
    if view.quarantined:
        remedies.append("Show the administrator what was not taken; it is kept here and on the server's list.")
    return HealthItem("link", "Link", link_word(view, now_ms), level, tuple(reasons(view, now_ms)), tuple(remedies))


def _level(view: LinkView, now_ms: int) -> HealthLevel:
    long_offline = view.state is LinkState.OFFLINE and now_ms - view.since >= OFFLINE_WARNS_S * 1000
    return HealthLevel.WARN if long_offline else _LEVELS[view.state]


def link_word(view: LinkView, now_ms: int) -> str:
    """What stands on the strip: the state, the age of the knowledge, and what waits."""
    if view.state is LinkState.SYNCING:
        word = f"syncing, {view.waiting:,} to send" if view.waiting else "syncing"
    elif view.state is LinkState.UP_TO_DATE:
        word = "up to date" if _is_fresh(view, now_ms) else f"level at {clock(view.known_at, now_ms)}"
    elif view.state is LinkState.OFFLINE:
        word = f"offline since {clock(view.since, now_ms)}"
        word += f", {view.waiting:,} to send" if view.waiting else ""
    else:
        word = view.state.value
    return f"{word}, {len(view.quarantined)} not taken" if view.quarantined else word


def reasons(view: LinkView, now_ms: int) -> list[str]:
    """Everything that is known of the link, a sentence each, the most important first."""
    return [sentence for sentence in _sentences(view, now_ms) if sentence]


def _sentences(view: LinkView, now_ms: int) -> list[str]:
    told = [_state_sentence(view, now_ms)]
    if not _is_fresh(view, now_ms) or view.state in (LinkState.OFFLINE, LinkState.REFUSED):
        told.append(
            f"What other desks did is known here up to {clock(view.known_at, now_ms)}; what they did since is not."
            if view.known_at
            else "What other desks did has not been heard here yet."
        )
    told.append(_waiting_sentence(view, now_ms))
    told.append(view.error if view.state is not LinkState.UP_TO_DATE else "")
    told.append(view.post)
    told.append(_clock_sentence(view))
    told.append("The line is spared: events only, in few large pieces; no maps." if view.metered else "")
    told += view.quarantined[:MOST_TOLD]
    more = len(view.quarantined) - MOST_TOLD
    told.append(f"{more:,} more were not taken." if more > 0 else "")
    return [*told, *view.artefacts]


def _state_sentence(view: LinkView, now_ms: int) -> str:
    server = view.server or "the server"
    since = clock(view.since, now_ms)
    return {
        LinkState.OFFLINE: f"There is no line to {server} since {since}. This desk works on alone; nothing is lost.",
        LinkState.CONNECTING: f"{server[0].upper()}{server[1:]} is being called since {since}.",
        LinkState.SYNCING: f"Connected to {server}; what is new goes both ways now.",
        LinkState.UP_TO_DATE: f"Connected to {server} since {since}. Everything it has is here.",
        LinkState.REFUSED: f"{server[0].upper()}{server[1:]} will not have this desk since {since}.",
    }.get(view.state, "")


def _waiting_sentence(view: LinkView, now_ms: int) -> str:
    if not view.waiting:
        return "Everything entered here has reached it." if view.state is LinkState.UP_TO_DATE else ""
    events = "1 event waits" if view.waiting == 1 else f"{view.waiting:,} events wait"
    oldest = f", the oldest since {clock(view.oldest_waiting_at, now_ms)}" if view.oldest_waiting_at else ""
    return f"{events} to be sent{oldest}; each is marked with a small arrow until then."


def _clock_sentence(view: LinkView) -> str:
    offset = view.clock_offset_s
    if offset is None:
        return ""
    if abs(offset) < CLOCKS_APART_S:
        return "This desk's clock and the server's agree."
    return f"This desk's clock is {age(abs(offset))} {'behind' if offset > 0 else 'ahead of'} the server's."


def _alone(store: StoreStatus, now_ms: int) -> tuple[str, ...]:
    told = ["This desk works alone; everything is kept on this machine."]
    if store.unsynced:
        since = clock(store.oldest_unsynced_at or now_ms, now_ms)
        told.append(f"{store.unsynced:,} events are kept for a server, the oldest since {since}.")
    return tuple(told)


def _is_fresh(view: LinkView, now_ms: int) -> bool:
    return now_ms - view.known_at <= FRESH_S * 1000


def clock(at_ms: int, now_ms: int) -> str:
    """A time as it is said: hours and minutes, with the date where it was not today."""
    when = datetime.fromtimestamp(at_ms / 1000).astimezone()
    today = datetime.fromtimestamp(now_ms / 1000).astimezone().date()
    return f"{when:%H:%M}" if when.date() == today else f"{when:%Y-%m-%d %H:%M}"
