"""Age and sex are read from what was typed, in five languages; a time is not an age."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.severity.ages import age_in, sex_in
from core.severity.red_flags import folded


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("67 year old man", 67),
        ("67-year-old man", 67),
        ("86 YOF had knee pain", 86),
        ("6YOM fell", 6),
        ("he is 5 yo", 5),
        ("7MOF fell off the bed", 7 / 12),
        ("baby 6 months old", 0.5),
        ("6 week old baby", 6 / 52.18),
        ("aged 42", 42),
        ("niño de 3 años", 3),
        ("bebé de 6 meses", 0.5),
        ("femme de 80 ans", 80),
        ("mann, 55 jahre", 55),
        ("homem de 70 anos", 70),
        ("newborn", 0),
        ("my baby", 0.5),
        ("my mother of 80 fell", 80),
        ("my mother, 80, fell", 80),
        ("she is 34 and pregnant", 34),
        ("he's 7 and has a fever", 7),
        ("mi abuela tiene 91", 91),
        ("man (52) with chest pain", 52),
        ("he is 2 minutes away", None),
        ("she is 20 weeks pregnant", None),
        ("she has 3 kids", None),
        ("he is on the 3rd floor", None),
        ("he took 20 pills", None),
        ("woman at 1041 Main Street", None),
        ("pain for 3 years", None),
        ("fell 2 days ago", None),
        ("desde hace 3 años", None),
        ("20 weeks pregnant", None),
        ("5 minutes", None),
        ("apartment 12", None),
        ("250 years old", None),
        ("", None),
    ],
)
def test_that_an_age_is_read_where_one_is_told(text: str, age: float | None) -> None:
    assert age_in(folded(text)) == (None if age is None else pytest.approx(age, abs=0.01))


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("86 YOF", "female"),
        ("6yom fell", "male"),
        ("pregnant woman", "female"),
        ("mi abuelo", "male"),
        ("la fillette", "female"),
        ("a man and his wife", ""),
        ("somebody fell", ""),
    ],
)
def test_that_a_sex_is_read_where_one_is_told(text: str, sex: str) -> None:
    assert sex_in(folded(text)) == sex


@given(st.text())
def test_that_any_text_can_be_read(text: str) -> None:
    age = age_in(folded(text))
    assert age is None or 0 <= age <= 115
