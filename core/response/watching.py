"""How the response-time model does on the desk: its promises against when units really were there."""

from collections.abc import Iterable, Sequence

import numpy as np

from core.models.limits import Measured
from core.models.monitoring import WEEK_MS, Point, windows
from core.models.rates import rate
from core.response.correct import RESPONSE, ResponseModel
from core.response.history import Response, journeys_of_responses
from core.response.journeys import Floats


def measure_responses(
    model: ResponseModel, responses: Sequence[Response], opened_at: Iterable[int] = ()
) -> dict[str, Measured]:
    """Every watched measure of ended responses, by the names in `core.models.limits`; {} for none."""
    ended = sorted((r for r in responses if r.response_s is not None), key=lambda r: r.at)
    if not ended:
        return {}
    journeys, truth_s = journeys_of_responses(ended, opened_at)
    recent = model.featuriser.recent(journeys, truth_s)
    answers = model.times(journeys, recent).by_target[RESPONSE]
    found = {
        "late_90": rate(int((truth_s > answers[:, 1]).sum()), len(ended)),
        "bias_s": Measured(float(np.median(truth_s - answers[:, 0])), len(ended)),
    }
    eta_s = journeys.number("eta_s")
    known = np.isfinite(eta_s)
    if known.any():
        found["gain_on_roads"] = Measured(_gain(truth_s[known], answers[known, 0], eta_s[known]), int(known.sum()))
    places = model.featuriser.ids(journeys)[:, :-2]
    names = [column.name for column in model.featuriser.spec.columns]
    if columns := model.featuriser.spec.usual_columns:
        strange = int((places[:, names.index(columns[0])] == 0).sum())
        found["unknown_places"] = rate(strange, len(ended))
    return found


def response_series(
    model: ResponseModel, responses: Sequence[Response], opened_at: Iterable[int] = (), *, window_ms: int
) -> dict[str, list[Point]]:
    """Each measure over time: a point a week, over the `window_ms` before it."""
    openings = sorted(opened_at)
    found: dict[str, list[Point]] = {}
    for at, part in windows(responses, lambda response: response.at, window_ms, WEEK_MS):
        for name, seen in measure_responses(model, part, openings).items():
            found.setdefault(name, []).append(Point(at, seen.value, seen.cases))
    return found


def _gain(truth_s: Floats, answers_s: Floats, roads_s: Floats) -> float:
    """By which share the mean error is less than the road engine's alone."""
    by_road = float(np.abs(truth_s - roads_s).mean())
    return 1.0 - float(np.abs(truth_s - answers_s).mean()) / by_road if by_road > 0 else 0.0
