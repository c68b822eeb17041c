"""What the data check finds before anything is trained."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused, Unavailable
from core.learning.checks import Finding, Weight, check_examples, check_table, refuse_if_spoilt
from core.learning.examples import day_of, make_examples
from core.learning.recipe import FieldRecipe, Recipe, guess_recipe, likely_levels, read_recipe
from core.learning.table import read_table
from resources import resource_path

Rows = list[dict[str, str]]
Write = Callable[[Rows], Path]


def findings(path: Path, recipe: Recipe | None = None) -> list[Finding]:
    table = read_table(path)
    recipe = recipe or guess_recipe(table, {})
    found = check_table(table, recipe)
    if any(each.weight is Weight.STOP for each in found):
        return found
    return found + check_examples(make_examples(table, recipe), table, recipe)


def said(found: list[Finding], weight: Weight) -> str:
    return " ".join(each.sentence for each in found if each.weight is weight)


def test_that_sound_data_pass(rows: Rows, write: Write) -> None:
    found = findings(write(rows))
    assert said(found, Weight.STOP) == ""
    assert "200 labelled calls" in said(found, Weight.NOTE)
    refuse_if_spoilt(found)


def test_that_one_class_is_told(rows: Rows, write: Write) -> None:
    found = findings(write([row | {"severity": "high"} for row in rows]))
    assert "Every row has the label “high”" in said(found, Weight.STOP)
    with pytest.raises(Refused, match="nothing to tell apart"):
        refuse_if_spoilt(found)


def test_that_a_label_column_full_of_blanks_is_told(rows: Rows, write: Write) -> None:
    assert "full of blanks" in said(findings(write([row | {"severity": " "} for row in rows])), Weight.STOP)


def test_that_three_rows_are_too_few(rows: Rows, write: Write) -> None:
    assert "Only 3 rows" in said(findings(write(rows[:3])), Weight.STOP)


def test_that_dates_that_cannot_be_read_are_told(rows: Rows, write: Write) -> None:
    assert "no date that can be read" in said(findings(write([row | {"date": "soon"} for row in rows])), Weight.STOP)


def test_that_missing_dates_are_told(rows: Rows, write: Write) -> None:
    without = [{key: value for key, value in row.items() if key != "date"} for row in rows]
    assert "no column with dates" in said(findings(write(without)), Weight.WARN)


def test_that_a_column_that_copies_the_label_is_told(rows: Rows, write: Write) -> None:
    copied = [row | {"final": f"code {row['severity']}"} for row in rows]
    assert "“final” alone tells 100.0%" in said(findings(write(copied)), Weight.NOTE)
    recipe = Recipe(name="x", text="text", label="severity", date="date", fields={"final": FieldRecipe("final")})
    assert "“final” alone tells" in said(findings(write(copied), recipe), Weight.STOP)


def test_that_words_of_the_outcome_are_told(rows: Rows, write: Write) -> None:
    told = [row | {"text": row["text"] + (" ADMITTED" if row["severity"] == "high" else "")} for row in rows]
    assert "“admitted”" in said(findings(write(told)), Weight.WARN)


def test_that_duplicates_are_told(rows: Rows, write: Write) -> None:
    assert "repeat another row" in said(findings(write(rows + rows[:50])), Weight.WARN)


def test_that_a_text_of_many_kinds_is_no_label(rows: Rows, write: Write) -> None:
    recipe = Recipe(name="x", text="sex", label="text", date="date")
    assert "different labels" in said(findings(write(rows), recipe), Weight.STOP)


def test_that_a_missing_label_column_is_told(rows: Rows, write: Write) -> None:
    table = read_table(write([{"text": row["text"], "date": row["date"]} for row in rows]))
    with pytest.raises(Refused, match="looks like the label"):
        guess_recipe(table, {})
    with pytest.raises(Refused, match="no column “nowhere”"):
        guess_recipe(table, {"label": "nowhere"})


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b broken", b"a,a\n1,2\n"])
def test_that_a_file_that_is_no_table_is_unavailable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(Unavailable):
        read_table(tmp_path / "bad.csv")


def test_that_gzip_semicolons_and_old_encodings_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress("text;severity\ncafé;high\nx;low;more\n".encode("cp1252")))
    table = read_table(tmp_path / "t.csv.gz")
    assert table.columns == {"text": ["café"], "severity": ["high"]}
    assert table.ragged == 1


@pytest.mark.parametrize(
    ("text", "day"),
    [("2018-04-15", "2018-04-15"), ("2018-04-15T10:00", "2018-04-15"), ("4/15/2018", "2018-04-15"),
     ("15.04.2018", "2018-04-15"), ("2018-02-31", "NaT"), ("", "NaT"), ("99/99/2018", "NaT")],
)  # fmt: skip
def test_that_days_are_read_in_the_usual_ways(text: str, day: str) -> None:
    assert day_of(text) == day


@given(st.text(max_size=30))
def test_that_any_cell_gives_a_day_or_none(text: str) -> None:
    assert day_of(text) == "NaT" or day_of(text)[4] == "-" or len(day_of(text)) > 10


def test_that_text_is_cut_and_stripped_as_the_shipped_recipe_says() -> None:
    from core.learning.examples import text_cleaner

    clean = text_cleaner(read_recipe(resource_path("severity", "neiss.toml")))
    assert clean("FELL, WAS ADMITTED  DX: HIP FX").split() == ["FELL,", "WAS"]
    assert clean("fell >> fracture").strip() == "fell"


def test_that_levels_are_guessed_in_their_order() -> None:
    assert likely_levels(("1", "2", "3", "4", "5")) == ("critical", "high", "moderate", "moderate", "low")
    assert likely_levels(("severe", "not")) == ("high", "low")


def test_that_a_recipe_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text('name="x"\ntext="t"\nlabel="l"\ncut="("\n')
    with pytest.raises(Refused, match="regular expression"):
        read_recipe(path)
    path.write_text('name="x"\ntext="t"\nlabel="l"\nclasses=["a","b"]\nlevels=["high","worst"]\n')
    with pytest.raises(Refused, match="worst"):
        read_recipe(path)
    path.write_text('name="x"\ntext="t"\n')
    with pytest.raises(Unavailable, match="label"):
        read_recipe(path)
