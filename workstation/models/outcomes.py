"""What became of incidents: a closing whose disposition tells how severe it was is kept beside what was suggested."""

import logging

from msgspec.structs import replace

from core.desk import Change, Desk
from core.domain.events import IncidentClosed, IncidentReopened
from core.errors import Unavailable
from core.severity.record import SuggestionRecord
from core.store import Store

log = logging.getLogger(__name__)


class Outcomes:
    """Listens to one desk until it is closed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stop_listening = desk.listen(self._on_change)

    def close(self) -> None:
        self._stop_listening()

    def _on_change(self, change: Change) -> None:
        for event in change.events:
            if isinstance(event.body, IncidentClosed):
                known = self._desk.agency.dispositions.get(event.body.disposition)
                self._keep(event.body.incident, known.outcome if known else "", event.at)
            elif isinstance(event.body, IncidentReopened):
                self._keep(event.body.incident, "", 0)

    def _keep(self, incident: str, outcome: str, at: int) -> None:
        """Telemetry: trouble is logged and stops nothing."""
        store = self._desk.store
        if not isinstance(store, Store):
            return
        try:
            record: SuggestionRecord | None = store.suggestion_of(incident)
            if record is not None and record.outcome != outcome:
                store.save_suggestion(replace(record, outcome=outcome, outcome_at=at))
        except Unavailable as trouble:
            log.warning("an outcome could not be kept: %s", trouble)
