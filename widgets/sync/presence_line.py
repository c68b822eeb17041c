"""Who else is on this incident, with the age of the knowledge; muted further where the line is down."""

from collections.abc import Callable, Sequence

from widgets.context import DeskContext
from widgets.panels.notice import paragraph
from widgets.panels.times import age_text
from widgets.sync.control import LinkState, Present
from widgets.sync.desk_names import desk_name
from widgets.theme import px

FRESH_S = 60  # after that it is said that it may be over
FORGOTTEN_S = 4 * 3600
MOST = 4


def presence_text(
    present: Sequence[Present], incident: str, now_ms: int, name: Callable[[str], str], *, online: bool
) -> str:
    """For example: Also at desk B: Kim, 20 s ago."""
    here = [p for p in present if incident and p.incident == incident and now_ms - p.at < FORGOTTEN_S * 1000]
    if not here:
        return ""
    named = [_one(p, now_ms, name) for p in sorted(here, key=lambda p: (-p.at, p.desk))[:MOST]]
    more = f" and {len(here) - MOST} more" if len(here) > MOST else ""
    doubt = "" if online else " The line is down: they may have moved on."
    return f"Also {'; '.join(named)}{more}.{doubt}"


def _one(present: Present, now_ms: int, name: Callable[[str], str]) -> str:
    age = (now_ms - present.at) / 1000
    since = "now" if age < 15 else f"{age_text(age)} ago"
    return f"at {name(present.desk)}: {present.operator or 'nobody signed on'}, {since}"


class PresenceLine:
    """`label` is for the incident's panel; `show_incident` and the tick keep it true."""

    def __init__(self, context: DeskContext) -> None:
        self._context = context
        self._incident = ""
        self.label = paragraph("muted")
        self.label.setMinimumWidth(1)
        self.label.setContentsMargins(px(10), 0, px(10), 0)
        self.label.hide()
        context.notifier.tick.connect(self._refresh)

    def show_incident(self, incident: str) -> None:
        self._incident = incident
        self._refresh(self._context.desk.clock.now_ms())

    def _name(self, desk: str) -> str:
        return desk_name(self._context, desk)

    def _refresh(self, now_ms: int) -> None:
        sync = self._context.sync
        if sync is None:
            return
        online = sync.view().state in (LinkState.UP_TO_DATE, LinkState.SYNCING)
        text = presence_text(sync.present(), self._incident, now_ms, self._name, online=online)
        if text != self.label.text():
            self.label.setText(text)
            self.label.setEnabled(online)  # greyed: what was known once
        self.label.setVisible(bool(text))
