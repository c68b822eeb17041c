"""When units will be there by experience: the champion asked for the ways of one recommendation."""

from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct

from core.domain.board import Board, Incident, Unit
from core.response.correct import Corrected, ResponseModel
from core.response.history import Response, facts_of, journeys_of_responses, responses_of
from core.response.pulse import Recent

_KEPT_MS = 15 * 86_400_000  # longer than the longest pulse
_RENEW_MS = 60_000


class Way(Struct, frozen=True):
    """One unit's way to the scene by the road engine."""

    unit: Unit
    eta_s: float
    route_m: float | None


class Expecting:
    """One champion at work on one desk. `past` are closed incidents of the last weeks that have left the board."""

    def __init__(self, model: ResponseModel, past: Iterable[Incident], board: Board) -> None:
        self.model = model
        self._board = board
        self._ended: dict[str, list[Response]] = {}
        self._opened: dict[str, int] = {}
        self._recent: Recent | None = None
        self._renewed_at = 0
        self._take(past)

    def __call__(self, incident: Incident, ways: Sequence[Way], now_ms: int) -> list[Corrected]:
        """For each way when that unit will be there, in the same order. Takes well under a millisecond a way."""
        if now_ms - self._renewed_at >= _RENEW_MS or self._recent is None:
            self._renew(now_ms)
        opened_at = np.array(sorted(self._opened.values()), np.int64)
        facts = [facts_of(incident, way.unit, way.route_m, now_ms, opened_at) for way in ways]
        return self.model.correct([way.eta_s for way in ways], facts, self._recent)

    def _renew(self, now_ms: int) -> None:
        self._take(self._board.incidents.values())
        oldest = now_ms - _KEPT_MS
        self._opened = {name: at for name, at in self._opened.items() if at >= oldest}
        self._ended = {key: known for key, known in self._ended.items() if key in self._opened}
        responses = [response for known in self._ended.values() for response in known]
        self._recent = self.model.featuriser.recent(*journeys_of_responses(responses)) if responses else None
        self._renewed_at = now_ms

    def _take(self, incidents: Iterable[Incident]) -> None:
        """Incidents as they stand now; a later look at one replaces the earlier."""
        for incident in incidents:
            self._opened[incident.id] = incident.opened_at
            self._ended[incident.id] = list(responses_of([incident], self._board.units))
