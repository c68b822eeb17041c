"""All that is known of the models at one moment, for the page and the commands: registry, figures, alerts, lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import Unavailable
from core.models.limits import Alert, Measured, alerts, too_few
from core.models.monitoring import DAY_MS, Beside, Point, beside, measure, series
from core.models.record import Kind, Model, State, Step
from core.models.registry import MEMORY, Registry
from core.models.shipped import ShippedModel

if TYPE_CHECKING:
    from core.domain.board import Incident, Unit
    from core.models.drift import Reference
    from core.severity.record import SuggestionRecord

WINDOW_DAYS = 28  # what is judged
BACK_DAYS = 182  # what is drawn


@dataclass(frozen=True, slots=True)
class Seen:
    """What the desk's store tells: suggestions, closed incidents (both since BACK_DAYS), the units there are."""

    suggestions: "Sequence[SuggestionRecord]" = ()
    incidents: "Sequence[Incident]" = ()
    units: "Mapping[str, Unit]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watched:
    """One kind of model: what is judged over the last weeks, and the lines since half a year."""

    kind: Kind
    measured: dict[str, Measured]
    alerts: tuple[Alert, ...]
    waiting: tuple[str, ...]  # what cannot be judged yet
    lines: dict[str, list[Point]]
    beside: Beside | None = None  # the shadow beside the champion
    new_outcomes: int = 0  # since the champion was made
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """`verdicts`: the gates' sentences by model number."""

    now_ms: int
    models: tuple[Model, ...]
    steps: tuple[Step, ...]
    verdicts: dict[int, tuple[bool, tuple[str, ...]]]
    watched: dict[Kind, Watched]
    shipped: ShippedModel | None = None

    def in_state(self, kind: Kind, state: State) -> Model | None:
        return next((model for model in self.models if (model.kind, model.state) == (kind, state)), None)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Of every kind, the worst first."""
        found = [alert for watched in self.watched.values() for alert in watched.alerts]
        return tuple(sorted(found, key=lambda alert: -alert.level))


def overview(registry: Registry, seen: Seen, now_ms: int) -> Overview:
    """Raises Unavailable where the registry cannot be read; a model file that cannot is told in its kind's trouble."""
    models = registry.models()
    verdicts = {}
    for model in models:
        if model.state is not State.RETIRED:
            verdict = registry.verdict(model.number)
            verdicts[model.number] = (verdict.passed, verdict.sentences)
    watched = {
        Kind.SEVERITY: watch_severity(registry, seen, now_ms),
        Kind.RESPONSE: watch_response(registry, seen, now_ms),
    }
    return Overview(now_ms, models, registry.history(), verdicts, watched)


def watch_severity(registry: Registry, seen: Seen, now_ms: int) -> Watched:
    """Judged by what the champion itself answered; lines show whichever model answered then.

    Without a champion that was approved here, drift is not measured and everything else is, of whichever model ships.
    """
    kind = Kind.SEVERITY
    champion = registry.champion(kind)
    references, trouble = _references(registry, champion)
    judged = [
        record
        for record in seen.suggestions
        if record.at >= now_ms - WINDOW_DAYS * DAY_MS
        and (champion is None or record.champion is None or record.champion.model == champion.sha256)
    ]
    measured = measure(judged, references)
    lines = series(seen.suggestions, references, window_ms=WINDOW_DAYS * DAY_MS)
    readings = registry.readings(kind, MEMORY, now_ms - BACK_DAYS * DAY_MS)
    if readings:
        measured["memory_mb"] = Measured(readings[-1].value, len(readings))
        lines["memory_mb"] = [Point(reading.at, reading.value, 1) for reading in readings]
    since = champion.made_at if champion else 0
    fresh = sum(bool(record.outcome) and record.outcome_at > since for record in seen.suggestions)
    return _watched(kind, measured, lines, beside(judged), fresh, trouble)


def watch_response(registry: Registry, seen: Seen, now_ms: int) -> Watched:
    """How the champion's promises were kept; without one only how much there is to learn from."""
    from core.response.correct import ResponseModel
    from core.response.history import responses_of
    from core.response.watching import measure_responses, response_series

    kind = Kind.RESPONSE
    champion = registry.champion(kind)
    responses = list(responses_of(seen.incidents, seen.units))
    fresh = sum(response.at > (champion.made_at if champion else 0) for response in responses)
    if champion is None:
        return _watched(kind, {}, {}, None, fresh)
    try:
        model = ResponseModel.load(registry.files.verified(champion.sha256, champion.title))
    except Unavailable as trouble:
        return _watched(kind, {}, {}, None, fresh, str(trouble))
    openings = [incident.opened_at for incident in seen.incidents]
    judged = [response for response in responses if response.at >= now_ms - WINDOW_DAYS * DAY_MS]
    measured = measure_responses(model, judged, openings)
    lines = response_series(model, responses, openings, window_ms=WINDOW_DAYS * DAY_MS)
    return _watched(kind, measured, lines, None, fresh)


def _watched(
    kind: Kind,
    measured: dict[str, Measured],
    lines: dict[str, list[Point]],
    side: Beside | None,
    fresh: int,
    trouble: str = "",
) -> Watched:
    return Watched(kind, measured, alerts(kind, measured), too_few(kind, measured), lines, side, fresh, trouble)


def _references(registry: Registry, champion: Model | None) -> "tuple[Sequence[Reference], str]":
    """How the champion's inputs were spread in training, or why that is not known."""
    from core.severity.loading import load_bundle

    if champion is None:
        return (), ""
    try:
        return load_bundle(registry.files.path_of(champion.sha256), champion.sha256).manifest.spreads, ""
    except Unavailable as trouble:
        return (), str(trouble)
