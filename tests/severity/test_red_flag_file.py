"""The rules' file: an agency's own beside the shipped one, every mistake with its line, and what holds meanwhile."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Unavailable
from core.severity.red_flag_file import read_red_flags
from core.severity.red_flags import RedFlags
from resources import resource_path

SHIPPED = resource_path("severity", "red_flags.toml")
GOOD = """
[[flag]]
code = "avalanche"
name = "avalanche"
level = "critical"
en = ["avalanche|snowslide", "buried ~ snow"]
es = ["alud"]
unless = ["avalanche warning"]
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own.toml"


def refusal(path: Path) -> Unavailable:
    with pytest.raises(Unavailable) as refused:
        read_red_flags(SHIPPED, path)
    assert "red flags that ship are in force" in refused.value.holds
    return refused.value


def test_that_an_agency_adds_a_danger_of_its_own_beside_the_shipped_ones(own: Path) -> None:
    own.write_text(GOOD, "utf-8")
    flags = RedFlags(read_red_flags(SHIPPED, own))
    assert {f.code for f in flags.find("an alud came down, one not breathing")} == {"not-breathing", "avalanche"}
    assert not flags.find("avalanche warning")


def test_that_a_flag_of_the_same_code_replaces_the_shipped_one_and_off_switches_it_off(own: Path) -> None:
    own.write_text(
        '[[flag]]\ncode = "weapon"\nname = "weapon"\nlevel = "critical"\nen = ["boomerang"]\n'
        '[[flag]]\ncode = "bleeding"\nlevel = "off"\n',
        "utf-8",
    )
    flags = RedFlags(read_red_flags(SHIPPED, own))
    assert [f.level for f in flags.find("he has a boomerang")] == ["critical"]
    assert not flags.find("he has a rifle")
    assert not flags.find("bleeding")


def test_that_other_scripts_can_be_added(own: Path) -> None:
    own.write_text('[[flag]]\ncode = "fire-el"\nname = "φωτιά"\nlevel = "high"\nel = ["φωτιά"]\n', "utf-8")
    assert [f.name for f in RedFlags(read_red_flags(SHIPPED, own)).find("Βλέπω ΦΩΤΙΆ")] == ["φωτιά"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[flag]\ncode", "line 1"),
        (GOOD.replace('level = "critical"', 'level = "urgent"'), "line 2"),
        (GOOD.replace('"alud"', '"al ud~"'), "line 7"),
        (GOOD.replace('"alud"', '"a*"'), "line 7"),
        (GOOD.replace('"alud"', '"no"'), "line 7"),
        (GOOD.replace('"alud"', '"a ~ b ~ c"'), "more than one ~"),
        (GOOD.replace('"alud"', '""'), "a list of texts"),
        (GOOD.replace("unless", "unles"), "did you mean unless?"),
        (GOOD + GOOD, "2 times"),
        (GOOD.replace('code = "avalanche"', 'code = "Ava lanche!"'), "letters, digits or dashes"),
        ('[[flag]]\ncode = "x"\nname = "x"\nlevel = "high"\n', "no phrase"),
        ("version = 9\n", "version"),
        ("flag = 3\n", "tables are needed"),
        ("\x00", "not TOML"),
    ],
)
def test_that_a_mistake_is_told_with_its_line_and_what_holds(own: Path, text: str, said: str) -> None:
    own.write_text(text, "utf-8")
    assert said in refusal(own).happened


def test_that_all_mistakes_are_told_together(own: Path) -> None:
    own.write_text(GOOD.replace('"critical"', '"urgent"').replace('"alud"', '"~"'), "utf-8")
    told = refusal(own).happened
    assert "2 mistakes" in told
    assert "urgent" in told


def test_that_a_file_that_is_not_there_or_not_text_is_told(own: Path) -> None:
    assert "no red-flag file" in refusal(own).happened
    own.write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in refusal(own).happened


LINES = (
    *("[[flag]]", "[negation]", "version = 1", "version = 2", 'code = "a-b"', 'code = ""', "code = 3", 'name = "x"'),
    *(
        'level = "high"',
        'level = "off"',
        "level = 1",
        'en = ["a b", "c ~ d_e|f"]',
        'en = ["~", "*", "_", "| |"]',
        "en = 1",
    ),
    *(
        'unless = ["toy boat"]',
        'unless = ["no"]',
        'before = ["no"]',
        'never = ["x"]',
        'parting = ["and"]',
        "misspelt = [1]",
    ),
)


@given(st.lists(st.sampled_from(LINES) | st.text(max_size=20), max_size=14))
def test_that_any_file_is_read_or_refused_in_words(tmp_path_factory, lines: list[str]) -> None:
    own = tmp_path_factory.mktemp("rules") / "own.toml"
    own.write_text("\n".join(lines), "utf-8", errors="replace")
    with suppress(Unavailable):
        assert read_red_flags(SHIPPED, own).flags


def test_that_the_shipped_file_explains_each_of_its_keys() -> None:
    head = SHIPPED.read_text("utf-8").partition("misspelt = [")[0]
    for word in ("misspelt", "own_words", "parting", "unless", "negation.before", "never", "~", "stem*", "level"):
        assert word in head, word
