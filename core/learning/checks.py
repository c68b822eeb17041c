"""Looks at the data before anything is trained, and says in plain sentences what would spoil it."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.errors import Refused
from core.learning.examples import Examples, day_of
from core.learning.recipe import Recipe
from core.learning.table import Table, is_blank

FEWEST_ROWS = 60
FEWEST_OF_A_CLASS = 10
MANY_CLASSES = 12
TELLS_ALONE = 0.93
"""A column that tells the class of this share of calls, where guessing tells much less, is taken for a copy of it."""


class Weight(StrEnum):
    """How bad a finding is."""

    STOP = "stop"
    WARN = "look at this"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, in a sentence."""

    weight: Weight
    sentence: str


def check_table(table: Table, recipe: Recipe) -> list[Finding]:
    """What can be said before the rows are turned into examples: columns, blanks, dates."""
    needed = [recipe.text, recipe.label, *(each.column for each in recipe.fields.values() if each.column)]
    missing = [name for name in dict.fromkeys([*needed, recipe.date, recipe.case]) if name not in {"", *table.columns}]
    if recipe.text in missing or recipe.label in missing:
        there = ", ".join(table.columns)
        return [Finding(Weight.STOP, f"The column “{missing[0]}” is not in the table, which has: {there}.")]
    found = [
        Finding(Weight.WARN, f"The column “{name}” is not in the table; it counts as not known.") for name in missing
    ]
    if table.ragged:
        found.append(
            Finding(Weight.WARN, f"{table.ragged:,} rows have another number of cells than the header; left out.")
        )
    return found + _label_blanks(table, recipe) + _blanks(table, recipe) + _dates(table, recipe)


def check_examples(examples: Examples, table: Table, recipe: Recipe) -> list[Finding]:
    """What the labelled rows show: too few, one class only, copies of the label, duplicates."""
    counts = np.bincount(examples.labels, minlength=len(examples.classes))
    found = [Finding(Weight.NOTE, _class_sentence(examples, counts))]
    if len(examples) < FEWEST_ROWS:
        found.append(
            Finding(Weight.STOP, f"Only {len(examples)} rows have a label; at least {FEWEST_ROWS} are needed to learn.")
        )
    there = [examples.classes[k] for k in np.flatnonzero(counts)]
    if len(there) == 1:
        found.append(Finding(Weight.STOP, f"Every row has the label “{there[0]}”: there is nothing to tell apart."))
    elif not examples.is_severe.any() or examples.is_severe.all():
        found.append(Finding(Weight.STOP, "Either no call counts as severe or every one does; see `severe`."))
    if len(examples.classes) > MANY_CLASSES:
        found.append(
            Finding(
                Weight.STOP,
                f"The label column “{recipe.label}” has {len(examples.classes)} different labels; "
                "it does not look like a level. Map them in a recipe.",
            )
        )
    rare = [examples.classes[k] for k in np.flatnonzero((counts > 0) & (counts < FEWEST_OF_A_CLASS))]
    if rare:
        found.append(
            Finding(Weight.WARN, f"Fewer than {FEWEST_OF_A_CLASS} calls are “{'”, “'.join(rare)}”: hardly learnt.")
        )
    return found + _duplicates(examples) + leakage(table, recipe, examples)


def refuse_if_spoilt(findings: list[Finding]) -> None:
    """Raises Refused with every finding that stops training, told together."""
    stops = [finding.sentence for finding in findings if finding.weight is Weight.STOP]
    if stops:
        raise Refused(" ".join(stops), "Nothing was trained.", "Correct the data or the options, and train again.")


def leakage(table: Table, recipe: Recipe, examples: Examples) -> list[Finding]:
    """Columns that alone tell the label, and words of the text that do so."""
    used = {recipe.text: "the text", **{each.column: name for name, each in recipe.fields.items()}}
    found = []
    for name, cells in table.columns.items():
        if name in (recipe.label, recipe.date, recipe.case) or name == recipe.text:
            continue
        share, base = told_by(cells, table.columns[recipe.label])
        if share >= TELLS_ALONE and share - base >= 0.5 * (1 - base):
            if name in used:
                weight, told = Weight.STOP, "It is used as an input: it may be a copy written afterwards."
            else:
                weight, told = Weight.NOTE, "It is not used."
            sentence = f"The column “{name}” alone tells {share:.1%} of the labels (guessing: {base:.1%}). {told}"
            found.append(Finding(weight, sentence))
    return found + _leaking_words(examples)


def told_by(cells: list[str], labels: list[str]) -> tuple[float, float]:
    """How many labels the commonest label of each value tells, each row itself left out; and the commonest of all.

    Values that come once tell nothing.
    """
    by_value: dict[str, Counter[str]] = defaultdict(Counter)
    rows = [(c.strip(), label.strip()) for c, label in zip(cells, labels, strict=True) if not is_blank(label)]
    for cell, label in rows:
        by_value[cell][label] += 1
    right = 0
    for cell, label in rows:
        counts = by_value[cell]
        others = max(((n - (other == label), other) for other, n in counts.items()), default=(0, ""))
        right += others[0] > 0 and others[1] == label
    base = Counter(label for _, label in rows).most_common(1)
    return right / max(len(rows), 1), (base[0][1] if base else 0) / max(len(rows), 1)


def _leaking_words(examples: Examples, *, least: int = 15, purity: float = 0.97) -> list[Finding]:
    """Words found in enough calls of which nearly all are severe, as "admitted" is."""
    seen, severe = Counter[str](), Counter[str]()
    for call, is_severe in zip(examples.calls, examples.is_severe, strict=True):
        in_call = set(call.text.casefold().split())
        seen.update(in_call)
        if is_severe:
            severe.update(in_call)
    share = float(examples.is_severe.mean()) if len(examples) else 1.0
    words = [word for word, n in seen.items() if n >= least and severe[word] >= purity * n and share < 0.8]
    if not words:
        return []
    shown = "”, “".join(sorted(words)[:8])
    return [Finding(Weight.WARN, f"Nearly every call with “{shown}” is severe: do such words come from the outcome?")]


def _class_sentence(examples: Examples, counts: np.ndarray) -> str:
    parts = [f"{counts[k]:,} {name} ({examples.levels[k]})" for k, name in enumerate(examples.classes)]
    return f"{len(examples):,} labelled calls: {', '.join(parts)}; {examples.is_severe.mean():.1%} severe."


def _label_blanks(table: Table, recipe: Recipe) -> list[Finding]:
    labels = table.columns[recipe.label]
    blank = sum(map(is_blank, labels))
    if blank == len(labels):
        return [Finding(Weight.STOP, f"The label column “{recipe.label}” is full of blanks.")]
    found = []
    if blank:
        weight = Weight.WARN if blank > 0.2 * len(labels) else Weight.NOTE
        found.append(Finding(weight, f"{blank:,} of {len(labels):,} rows have no label in “{recipe.label}”; left out."))
    if recipe.labels:
        unknown = Counter(v.strip() for v in labels if not is_blank(v) and v.strip() not in recipe.labels)
        for value, n in unknown.most_common(5):
            found.append(Finding(Weight.WARN, f"The recipe does not know the label “{value}” ({n:,} rows); left out."))
    return found


def _blanks(table: Table, recipe: Recipe) -> list[Finding]:
    found = []
    for name in dict.fromkeys([recipe.text, *(each.column for each in recipe.fields.values())]):
        cells = table.columns.get(name)
        blank = sum(map(is_blank, cells)) if cells else 0
        if cells and blank:
            weight = Weight.WARN if blank > 0.5 * len(cells) else Weight.NOTE
            found.append(Finding(weight, f"“{name}” is blank in {blank:,} of {len(cells):,} rows."))
    return found


def _dates(table: Table, recipe: Recipe) -> list[Finding]:
    if not recipe.date or recipe.date not in table.columns:
        return [Finding(Weight.WARN, "There is no column with dates, so nothing can be tested on later calls.")]
    days = np.array([day_of(cell) for cell in table.columns[recipe.date]], "datetime64[D]")
    none = int(np.isnat(days).sum())
    if none == len(days):
        return [Finding(Weight.STOP, f"“{recipe.date}” holds no date that can be read (such as 2025-04-15).")]
    known = days[~np.isnat(days)]
    found = [Finding(Weight.NOTE, f"The calls are from {known.min()} to {known.max()}.")]
    if none:
        found.append(Finding(Weight.WARN, f"{none:,} rows have no date that can be read; they only ever train."))
    early, late = int((known < np.datetime64("1970-01-01")).sum()), int((known > np.datetime64("2100-01-01")).sum())
    if early or late:
        found.append(Finding(Weight.WARN, f"{early + late:,} dates lie before 1970 or after 2100."))
    return found


def _duplicates(examples: Examples) -> list[Finding]:
    keys = [(call.text.strip().casefold(), str(sorted(call.fields.items(), key=str))) for call in examples.calls]
    labels: dict[tuple[str, str], set[int]] = defaultdict(set)
    for key, label in zip(keys, examples.labels, strict=True):
        labels[key].add(int(label))
    again = len(keys) - len(labels)
    odd = sum(len(each) > 1 for each in labels.values())
    found = []
    if again:
        weight = Weight.WARN if again > 0.05 * len(keys) else Weight.NOTE
        found.append(Finding(weight, f"{again:,} rows repeat another row's text and fields."))
    if odd:
        found.append(Finding(Weight.NOTE, f"{odd:,} of the repeated calls carry different labels."))
    return found
