"""What the network has to beat, fitted in the same run on the same rows: a place's median and gradient boosting."""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.learning.response.fitting import Split, shifts
from core.learning.response.table import ResponseTable
from core.response.journeys import Featuriser, Floats, Inputs

PLAIN, SAME = "gradient boosting, columns as they come", "gradient boosting, the network's own features"
MEDIAN = "what is usual for the place"
_MOST_CATEGORIES = 255
_QUANTILES = (0.5, 0.9)


def baselines(
    table: ResponseTable, split: Split, featuriser: Featuriser, inputs: Inputs, progress: Callable[[float, str], None]
) -> dict[str, Floats]:
    """For each baseline the test rows' medians and ninth deciles, seconds (n, 2); shifted as the network's are."""
    ids, numbers = inputs
    wide = [at for at, size in enumerate(featuriser.vocabularies) if size > _MOST_CATEGORIES]
    clock = np.column_stack([table.journeys.at % 86_400, table.journeys.at / 86_400.0])
    own = [table.journeys.number(name) for name in ("eta_s", "distance_m")]
    plain = np.column_stack([ids, clock, *own])
    logs = np.log(table.whole)
    few = [at for at in range(ids.shape[1]) if at not in wide]
    found = {MEDIAN: _median(table, split, featuriser)}
    for at, (name, columns) in enumerate(((PLAIN, plain), (SAME, np.column_stack([ids, clock, *own, numbers])))):
        progress(at / 2, name)
        answers = np.column_stack([_boosted(columns, logs, split, share, few) for share in _QUANTILES])
        found[name] = _kept(answers, logs, split)
    progress(1.0, "gradient boosting is fitted")
    return found


def _boosted(columns: Floats, logs: Floats, split: Split, share: float, categorical: list[int]) -> Floats:
    from sklearn.ensemble import HistGradientBoostingRegressor

    usable = np.asarray(np.isfinite(columns[split.train]).any(axis=0))
    keep = np.flatnonzero(usable)
    model: Any = HistGradientBoostingRegressor(
        loss="quantile",
        quantile=share,
        max_iter=400,
        learning_rate=0.08,
        max_leaf_nodes=31,
        min_samples_leaf=40,
        l2_regularization=1.0,
        max_features=0.7,
        early_stopping=True,
        n_iter_no_change=15,
        random_state=0,
        categorical_features=[int(np.flatnonzero(keep == at)[0]) for at in categorical if usable[at]],
    )
    model.fit(
        columns[split.train][:, keep], logs[split.train], X_val=columns[split.stop][:, keep], y_val=logs[split.stop]
    )
    answers: Floats = model.predict(columns[:, keep])
    return answers


def _median(table: ResponseTable, split: Split, featuriser: Featuriser) -> Floats:
    middle = featuriser.usual(table.journeys)
    return _kept(np.column_stack([middle, middle]), np.log(table.whole), split)


def _kept(answers: Floats, logs: Floats, split: Split) -> Floats:
    """Seconds of the test rows, calibrated on the calibration rows as the network is."""
    shift = shifts(logs[split.calibrate], answers[split.calibrate])
    seconds: Floats = np.exp(answers[split.test] + np.array(shift))
    return seconds
