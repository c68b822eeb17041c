"""Which rows train, which ones calibrate, which ones judge: by time, and never the same case on two sides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import Refused
from core.learning.examples import Examples, Rows
from core.learning.metrics import Labels

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers, each sorted; the test rows are all later than the others."""

    train: Rows
    validation: Rows
    test: Rows
    told: str
    """The split in a sentence."""


def split_by_time(examples: Examples, test_from: str = "") -> Split:
    """The last days test (from `test_from`, or the last fifth), the last of the others validate, the rest train.

    Raises Refused without dates, or when one part would be empty or the training part lacked a class.
    """
    days = examples.days
    if np.isnat(days).all():
        raise Refused(
            "The data have no dates, so what was learned cannot be tested on later calls.",
            "Nothing was trained.",
            "Name the column that holds them with --date COLUMN.",
        )
    known = np.flatnonzero(~np.isnat(days))
    known = known[np.argsort(days[known], kind="stable")]
    first_test = np.datetime64(test_from, "D") if test_from else _day_after_share(days[known], 1 - TEST_SHARE)
    before, test = known[days[known] < first_test], known[days[known] >= first_test]
    if not len(before) or not len(test):
        raise Refused(f"No call lies before {first_test}, or none after: there is nothing to test on.")
    first_validation = _day_after_share(days[before], 1 - VALIDATION_SHARE)
    train, validation = before[days[before] < first_validation], before[days[before] >= first_validation]
    train = np.concatenate([train, np.flatnonzero(np.isnat(days))])  # what has no date can only teach
    told_train = _without_cases(examples, train, np.concatenate([validation, test]))
    validation = _without_cases(examples, validation, test)
    split = Split(
        np.sort(told_train),
        np.sort(validation),
        np.sort(test),
        f"{len(told_train):,} calls before {first_validation} train, {len(validation):,} up to {first_test} validate, "
        f"{len(test):,} from then on test.",
    )
    return _checked(split, examples)


def validation_rows(labels: Labels, share: float, seed: int) -> tuple[Rows, Rows]:
    """Rows to train on and rows to stop by, each class split alike by chance; both sorted."""
    rng = np.random.default_rng(seed)
    held = []
    for k in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == k))
        held.append(rows[: max(1, round(share * len(rows)))] if len(rows) > 1 else rows[:0])
    validation = np.sort(np.concatenate(held))
    return np.setdiff1d(np.arange(len(labels)), validation), validation


def stratified_folds(labels: Labels, folds: int, seed: int) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of training and test rows; each class is dealt out evenly by chance."""
    rng = np.random.default_rng(seed)
    fold = np.empty(len(labels), int)
    dealt = 0
    for k in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == k))
        fold[rows] = (np.arange(len(rows)) + dealt) % folds
        dealt += len(rows)
    for k in range(folds):
        yield np.flatnonzero(fold != k), np.flatnonzero(fold == k)


def _day_after_share(days: np.ndarray, share: float) -> np.datetime64:
    """The first day of the last part, when `days` (sorted) are cut at `share` of the rows."""
    cut: np.datetime64 = days[min(int(len(days) * share), len(days) - 1)]
    return cut if (days < cut).any() else cut + np.timedelta64(1, "D")


def _without_cases(examples: Examples, rows: Rows, others: Rows) -> Rows:
    """The rows whose case does not come again among the others."""
    if not any(examples.cases):
        return rows
    taken = {examples.cases[i] for i in others} - {""}
    return np.array([i for i in rows if examples.cases[i] not in taken], np.intp)


def _checked(split: Split, examples: Examples) -> Split:
    parts: Sequence[tuple[str, Rows]] = (("training", split.train), ("validation", split.validation))
    for name, rows in parts:
        found = np.unique(examples.labels[rows] < examples.severe)
        if len(found) < 2:
            raise Refused(
                f"The {name} part ({len(rows):,} calls) does not hold severe and other calls both.",
                "Nothing was trained.",
                "Give more calls, or another day with --test-from.",
            )
    return split
