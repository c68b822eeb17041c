"""How a table becomes examples: which column is what, what is cut from the text, and what the labels mean.

A recipe is a TOML file; for tables without one, `guess_recipe` reads the columns' names.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from core.errors import Refused, Unavailable
from core.learning.table import Table, is_blank

LEVELS = ("critical", "high", "moderate", "low")
"""The agency files' words, the most urgent first."""

NAMES = {
    "text": ("text", "narrative", "complaint", "chief_complain", "chief_complaint", "description", "notes", "call"),
    "label": (
        "severity",
        "label",
        "level",
        "triage",
        "priority",
        "acuity",
        "disposition",
        "class",
        "target",
        "outcome",
    ),
    "date": ("date", "opened_at", "time", "datetime", "timestamp", "day", "received"),
    "age": ("age", "age_years", "patient_age"),
    "sex": ("sex", "gender"),
    "place": ("place", "location", "place_kind", "setting"),
    "type": ("type", "incident_type", "call_type", "nature", "type_code"),
    "hour": ("hour", "hour_of_day"),
}
"""Words by which a column is known for what it is, likely ones first."""


class FieldRecipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field of a call: its column, and whether it is a number (with knots) or a choice."""

    column: str
    knots: tuple[float, ...] = ()
    """For numbers; none: a choice whose words are learned from training rows."""
    words: Mapping[str, str] = {}
    """What the table writes, and what the desk calls it, where they differ."""


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What training has to know of a table."""

    name: str
    text: str
    label: str
    date: str = ""
    case: str = ""
    """A column that numbers patients or cases; rows of one case stay on one side of every split."""
    fields: Mapping[str, FieldRecipe] = {}
    group: str = ""
    """A column that stands for the incident type in reports and for the type default; never an input of the model."""
    cut: str = ""
    """A regular expression; the text ends where it first matches."""
    strip: str = ""
    """A regular expression; what it matches is taken out of the text."""
    labels: Mapping[str, str] = {}
    """What the table writes, and the class it means; "" leaves the row out. None given: each label is a class."""
    classes: tuple[str, ...] = ()
    """The classes, the most urgent first."""
    levels: tuple[str, ...] = ()
    """For each class the agency's word."""
    severe: int = 1
    """How many of the first classes count as severe."""
    test_from: str = ""
    """The first day (ISO) of the test rows; "": the last fifth of the days."""
    beside: tuple[str, ...] = ()
    """Columns that only a teacher may see in training, such as vital signs measured later."""
    about: str = ""
    licence: str = ""


def read_recipe(path: Path) -> Recipe:
    """A recipe from its TOML file, from the table `recipe` where there is one. Raises Unavailable."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        recipe = msgspec.convert(content.get("recipe", content), Recipe)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Unavailable(f"The recipe {path} cannot be used: {error}.", "Nothing was trained.") from error
    check_recipe(recipe)
    return recipe


def check_recipe(recipe: Recipe) -> None:
    """Raises Refused when a recipe contradicts itself."""
    for pattern in (recipe.cut, recipe.strip):
        try:
            re.compile(pattern)
        except re.error as error:
            raise Refused(f"“{pattern}” is not a regular expression: {error}.", "Nothing was trained.") from error
    wrong = [level for level in recipe.levels if level not in LEVELS]
    if wrong:
        raise Refused(f"“{wrong[0]}” is not one of {', '.join(LEVELS)}.", "Nothing was trained.")
    if recipe.levels and len(recipe.levels) != len(recipe.classes):
        raise Refused("The recipe names more or fewer levels than classes.", "Nothing was trained.")
    if recipe.classes and not 0 < recipe.severe < len(recipe.classes):
        raise Refused("At least one class must count as severe, and one must not.", "Nothing was trained.")
    if len(set(recipe.classes)) < len(recipe.classes):
        raise Refused("The recipe names a class twice.", "Nothing was trained.")


def guess_recipe(table: Table, given: Mapping[str, str]) -> Recipe:
    """A recipe from the columns' names; `given` says which column is "text", "label", "date", "age", ... for sure."""
    found = {role: _column(table, role, given) for role in NAMES}
    for role in ("text", "label"):
        if not found[role]:
            raise Refused(
                f"{table.name} has no column that looks like the {role} (columns: {', '.join(table.columns)}).",
                "Nothing was trained.",
                f"Name it with --{role} COLUMN.",
            )
    classes = ordered_classes(table.columns[found["label"]])
    fields = {role: _field(role, found[role]) for role in ("age", "sex", "place", "type", "hour") if found[role]}
    return Recipe(
        name=table.name.partition(".")[0],
        text=found["text"],
        label=found["label"],
        date=found["date"],
        fields=fields,
        group=found["type"] or found["place"],
        classes=classes,
        levels=likely_levels(classes),
        severe=max(1, sum(level in ("critical", "high") for level in likely_levels(classes)[:-1])),
    )


def ordered_classes(labels: list[str]) -> tuple[str, ...]:
    """The labels there are, the most urgent first: the agency's words in their order, numbers upwards, else by name."""
    there = sorted({label.strip() for label in labels if not is_blank(label)})
    words = {label: LEVELS.index(label.casefold()) for label in there if label.casefold() in LEVELS}
    if words and len(words) == len(there):
        return tuple(sorted(there, key=words.__getitem__))
    try:
        return tuple(sorted(there, key=float))
    except ValueError:
        return tuple(there)


def likely_levels(classes: tuple[str, ...]) -> tuple[str, ...]:
    """For each class the agency's word: its own where it is one, else spread from the most urgent to the least."""
    if all(name.casefold() in LEVELS for name in classes):
        return tuple(name.casefold() for name in classes)
    if len(classes) == 2:
        return ("high", "low")
    last = max(len(classes) - 1, 1)
    return tuple(LEVELS[round(i * (len(LEVELS) - 1) / last)] for i in range(len(classes)))


def _column(table: Table, role: str, given: Mapping[str, str]) -> str:
    if role in given:
        if given[role] and given[role] not in table.columns:
            raise Refused(
                f"{table.name} has no column “{given[role]}” (columns: {', '.join(table.columns)}).",
                "Nothing was trained.",
            )
        return given[role]
    plain = {name.casefold().replace(" ", "_"): name for name in table.columns}
    exact = next((plain[word] for word in NAMES[role] if word in plain), "")
    if exact or role not in ("text", "label", "date"):
        return exact
    return next((plain[name] for word in NAMES[role] for name in plain if word in name.split("_")), "")


def _field(role: str, column: str) -> FieldRecipe:
    knots: dict[str, Any] = {"age": AGE_KNOTS, "hour": (0.0, 6.0, 12.0, 18.0, 24.0)}
    return FieldRecipe(column, knots.get(role, ()))


AGE_KNOTS = (0.0, 2.0, 5.0, 12.0, 18.0, 30.0, 45.0, 60.0, 70.0, 80.0, 90.0)
