"""Calls with their labels, made from a table by a recipe: what training and evaluation work on."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.learning.metrics import Flags, Labels
from core.learning.recipe import Recipe, likely_levels, ordered_classes
from core.learning.table import Table, is_blank
from core.severity.features import CallFacts, Value

Days = NDArray[np.datetime64]
Rows = NDArray[np.intp]

_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})/(\d{1,2})/(\d{4})|(\d{1,2})\.(\d{1,2})\.(\d{4})")


@dataclass(frozen=True, slots=True)
class Examples:
    """`calls` and `labels` (class numbers, the most urgent 0) beside `days` (NaT where not known), all (n,)."""

    name: str
    calls: tuple[CallFacts, ...]
    labels: Labels
    days: Days
    groups: tuple[str, ...]
    """The incident type, or what stands for it; only for reports and the type default."""
    cases: tuple[str, ...]
    classes: tuple[str, ...]
    levels: tuple[str, ...]
    severe: int
    sha256: str
    beside: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.calls)

    @property
    def is_severe(self) -> Flags:
        """Which calls count as severe, bool (n,)."""
        flags: Flags = self.labels < self.severe
        return flags

    @property
    def ages(self) -> NDArray[np.float64]:
        """Years, NaN where not known, (n,)."""
        return np.array([_years(call.fields.get("age")) for call in self.calls])

    def take(self, rows: Rows) -> "Examples":
        """These rows alone."""
        return Examples(
            self.name,
            tuple(self.calls[i] for i in rows),
            self.labels[rows],
            self.days[rows],
            tuple(self.groups[i] for i in rows),
            tuple(self.cases[i] for i in rows),
            self.classes,
            self.levels,
            self.severe,
            self.sha256,
            {name: tuple(column[i] for i in rows) for name, column in self.beside.items()},
            self.left_out,
        )


def make_examples(table: Table, recipe: Recipe) -> Examples:
    """The table's rows that have a label, with their text cut and stripped as the recipe says."""
    classes = recipe.classes or ordered_classes(_labelled(table, recipe))
    number = {name: k for k, name in enumerate(classes)}
    labels = [number.get(label, -1) for label in _labelled(table, recipe)]
    rows = [i for i, label in enumerate(labels) if label >= 0]
    fields = {name: _column_values(table, name, recipe) for name in recipe.fields if recipe.fields[name].column}
    texts, clean = table.columns[recipe.text], text_cleaner(recipe)
    dates = table.columns.get(recipe.date, [])
    groups, cases = table.columns.get(recipe.group, []), table.columns.get(recipe.case, [])
    return Examples(
        name=table.name,
        calls=tuple(CallFacts(clean(texts[i]), {name: each[i] for name, each in fields.items()}) for i in rows),
        labels=np.array([labels[i] for i in rows], np.int64),
        days=np.array([day_of(dates[i]) if dates else "NaT" for i in rows], "datetime64[D]"),
        groups=tuple(groups[i].strip() if groups else "" for i in rows),
        cases=tuple(cases[i].strip() if cases else "" for i in rows),
        classes=classes,
        levels=recipe.levels or likely_levels(classes),
        severe=recipe.severe,
        sha256=table.sha256,
        beside={name: tuple(table.columns[name][i] for i in rows) for name in recipe.beside if name in table.columns},
        left_out=table.rows - len(rows),
    )


def day_of(text: str) -> str:
    """The ISO day in a cell ("2018-04-15", "2018-04-15T10:00", "4/15/2018", "15.04.2018"); "NaT" without one."""
    found = _DATE.match(text.strip())
    if not found:
        return "NaT"
    year, month, day, us_month, us_day, us_year, eu_day, eu_month, eu_year = found.groups()
    iso = f"{year or us_year or eu_year}-{int(month or us_month or eu_month):02}-{int(day or us_day or eu_day):02}"
    try:
        return str(np.datetime64(iso, "D"))
    except ValueError:
        return "NaT"


def text_cleaner(recipe: Recipe) -> Callable[[str], str]:
    """What cuts and strips a text to the part that a call-taker could have known."""
    cut = re.compile(recipe.cut) if recipe.cut else None
    strip = re.compile(recipe.strip) if recipe.strip else None

    def clean(text: str) -> str:
        if cut is not None and (found := cut.search(text)):
            text = text[: found.start()]
        return strip.sub(" ", text) if strip is not None else text

    return clean


def _labelled(table: Table, recipe: Recipe) -> list[str]:
    """Each row's class, "" where it has none."""
    cells = [cell.strip() for cell in table.columns[recipe.label]]
    if recipe.labels:
        return [recipe.labels.get(cell, "") for cell in cells]
    return ["" if is_blank(cell) else cell for cell in cells]


def _column_values(table: Table, name: str, recipe: Recipe) -> Sequence[Value]:
    each = recipe.fields[name]
    cells = table.columns.get(each.column)
    if cells is None:
        return [None] * table.rows
    told = {key.casefold(): value for key, value in each.words.items()}
    values = [told.get(cell.strip().casefold(), cell.strip()) for cell in cells]
    return [None if is_blank(value) else value for value in values]


def _years(value: Value) -> float:
    try:
        return float(value) if value is not None else float("nan")
    except ValueError:
        return float("nan")
