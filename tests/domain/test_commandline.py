"""The command line as an operator types it: what it makes, what it says, where it points when it is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import commands as c
from core.domain.agency_file import read_agency
from core.domain.board import Assignment, Board, Incident, Unit
from core.domain.commandline import (
    VERBS,
    AcknowledgeFirst,
    Help,
    OpenIntake,
    OpenReport,
    Parsed,
    Select,
    ShowRoute,
    complete,
    parse,
)
from core.domain.commandline.parser import begins_command
from core.domain.commandline.words import Slot, Word
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Location
from resources import resource_path

AGENCY = read_agency(resource_path("agency", "demo.toml"))
S = UnitStatus


def a_board() -> Board:
    """1041: a fire at Balmaceda 391, E12 on scene and L1 dispatched; 1042: a cardiac arrest; 1043 is closed.

    E13 and M3 are free, M4 is out of service.
    """
    board = Board()
    for callsign, kind in (("E12", "engine"), ("L1", "ladder"), ("E13", "engine"), ("M3", "medic"), ("M4", "medic")):
        board.units[callsign] = Unit(callsign, kind, frozenset(AGENCY.kinds[kind].capabilities), "")
    for number, type_, place in (
        (1041, "FIRE-STR", "Balmaceda 391"),
        (1042, "EMS-ARR", "Colón 12"),
        (1043, "POL-NOI", "x"),
    ):
        board.incidents[f"i{number}"] = Incident(
            f"i{number}", f"26-A-0{number}", type_, Priority.P1, "", Location(place), number, "Ana", "A1"
        )
    board.incidents["i1043"].closed_at = 5
    for callsign, status in (("E12", S.ON_SCENE), ("L1", S.DISPATCHED)):
        board.incidents["i1041"].assignments.append(Assignment(f"a{callsign}", "i1041", callsign, 1))
        board.units[callsign].status, board.units[callsign].incident = status, "i1041"
    board.units["M4"].status = S.OUT_OF_SERVICE
    return board


BOARD = a_board()


def read(line: str, selected: str = "i1041") -> Parsed:
    return parse(line, BOARD, AGENCY, selected)


@pytest.mark.parametrize(
    ("line", "actions"),
    [
        ("d e13 m3", [c.Assign("i1041", ("E13", "M3"))]),
        ("d e13 1042", [c.Assign("i1042", ("E13",))]),
        ("d 1042 e13,m3", [c.Assign("i1042", ("E13", "M3"))]),
        ("DISPATCH #1042 M3 m3", [c.Assign("i1042", ("M3",))]),
        ("dis e13 26-a-01042", [c.Assign("i1042", ("E13",))]),
        ("d e12 1042 !nearest engine", [c.Assign("i1042", ("E12",), override="nearest engine")]),
        ("en l1", [c.SetStatus("L1", S.EN_ROUTE)]),
        ("os l1 ; tr e12", [c.SetStatus("L1", S.ON_SCENE), c.SetStatus("E12", S.TRANSPORTING)]),
        ("os l1 tr e12", [c.SetStatus("L1", S.ON_SCENE), c.SetStatus("E12", S.TRANSPORTING)]),
        ("ah e12 !skipped a step", [c.SetStatus("E12", S.AT_HOSPITAL, "skipped a step")]),
        ("rt e12 oo m3 av m4", [
            c.SetStatus("E12", S.RETURNING), c.SetStatus("M3", S.OUT_OF_SERVICE), c.SetStatus("M4", S.AVAILABLE)
        ]),
        ("cl e12", [c.SetStatus("E12", S.AVAILABLE)]),
        ("cl e12 os l1 cl l1 out", [
            c.SetStatus("E12", S.AVAILABLE),
            c.SetStatus("L1", S.ON_SCENE),
            c.SetStatus("L1", S.AVAILABLE),
            c.CloseIncident("i1041", "OUT"),
        ]),
        ("cl 1042 treat", [c.CloseIncident("i1042", "TREAT")]),
        ("cl out !all done", [c.CloseIncident("i1041", "OUT", "all done", release_units=True)]),
        ("x l1 e12", [c.Release("L1"), c.Release("E12")]),
        ("x l1 !not needed", [c.Release("L1", "not needed")]),
        ("n smoke; from the roof!", [c.AddNarrative("i1041", "smoke; from the roof!")]),
        ("n e12: all out", [c.AddNarrative("i1041", "all out", "E12")]),
        ("n caller: hangs up", [c.AddNarrative("i1041", "caller: hangs up")]),
        ("p2", [c.SetPriority("i1041", Priority.P2)]),
        ("p 3 1042", [c.SetPriority("i1042", Priority.P3)]),
        ("sv high", [c.SetSeverity("i1041", "high")]),
        ("severity cri 1042", [c.SetSeverity("i1042", "critical")]),
        ("t arr", [c.Retype("i1041", "EMS-ARR")]),
        ("t fire-veh 1042", [c.Retype("i1042", "FIRE-VEH")]),
        ("r 1043", [c.ReopenIncident("i1043")]),
        ("r 26-A-00017 !rekindled", [c.ReopenIncident("26-A-00017", "rekindled")]),
        ("par e12", [c.Contact("E12")]),
        ("par", [c.Contact("E12")]),
        ("ack; undo", [AcknowledgeFirst(), c.Undo()]),
        ("i balmaceda 391; back door", [OpenIntake("balmaceda 391; back door")]),
        ("s 1042", [Select("i1042")]),
        ("s m3", [Select(unit="M3")]),
        ("s 17", [Select(number="17")]),
        ("s b-17", [Select(number="B-17")]),
        ("report #b-17", [OpenReport(number="B-17")]),
        ("route e13", [ShowRoute("E13", "i1041")]),
        ("route l1 1042", [ShowRoute("L1", "i1042")]),
        ("rep 1043", [OpenReport("i1043")]),
        ("? d", [Help("d")]),
        ("help", [Help()]),
        (" ; ;", []),
        ("", []),
    ],
)  # fmt: skip
def test_that_a_line_makes_these_actions(line: str, actions: list[object]) -> None:
    parsed = read(line)
    assert parsed.error is None
    assert list(parsed.actions) == actions


@pytest.mark.parametrize(
    ("line", "echo"),
    [
        ("d e13", "Dispatch E13 to 26-A-01041, Structure fire, Balmaceda 391."),
        (
            "d e13 m3",
            (
                "Dispatch E13 and M3 to 26-A-01041, Structure fire, Balmaceda 391. "
                "Wrong kind: M3 has none of what is asked for (engine, ladder, command)."
            ),
        ),
        (
            "d e13 1042",
            (
                "Dispatch E13 to 26-A-01042, Cardiac arrest, Colón 12. "
                "Wrong kind: E13 has none of what is asked for (ALS, BLS)."
            ),
        ),
        ("en l1 os l1", "L1: en route. L1: on scene."),
        ("x e12 l1", "Stand E12 and L1 down; available."),
        ("cl out !done", "Close 26-A-01041: Fire put out. E12 and L1 will be cleared."),
        ("p2", "Set 26-A-01041, Structure fire, Balmaceda 391 to P2."),
        ("t arr", "Make 26-A-01041 EMS-ARR, Cardiac arrest."),
        ("n e12: all out", "Add to the narrative of 26-A-01041, as said by E12: all out"),
        ("undo", "Take back what this desk did last."),
        ("", ""),
    ],
)
def test_that_the_echo_says_what_enter_will_do(line: str, echo: str) -> None:
    assert read(line).echo == echo


@pytest.mark.parametrize(
    ("line", "at", "length", "message", "suggestion"),
    [
        ("dd e13", 0, 2, "There is no command “dd”.", "d"),
        ("d e14", 2, 3, "There is no unit “e14”.", "E13"),
        ("d e12", 2, 3, "E12 is already on 26-A-01041.", None),
        ("d m3 l1 1042", 5, 2, "L1 is committed to 26-A-01041, dispatched.", "E13"),
        ("d m4", 2, 2, "M4 is out of service.", "M3"),
        ("d m3 1043", 5, 4, "26-A-01043 is closed; reopen it first: r 1043.", None),
        ("d m3 999", 5, 3, "No incident on the board has the number 999.", None),
        ("d", 1, 0, "Name at least one unit.", "E13"),
        ("av l1", 0, 2, "L1 is dispatched on 26-A-01041 and cannot go straight to available.", "en"),
        ("os m3", 0, 2, "M3 is on no incident, so it cannot be on scene.", "oo"),
        ("os m3 !he said so", 0, 2, "M3 is on no incident", None),
        ("cl e12 l1 out", 7, 2, "L1 is dispatched", None),
        ("cl e12 out", 7, 3, "26-A-01041 cannot be closed: L1 would still be on it.", None),
        ("cl e12 1042 out", 7, 4, "No work of E12 is on 1042.", None),
        ("cl 1042", 7, 0, "Add a disposition to close it.", "TRANS"),
        ("cl 1042 tr", 8, 2, "“tr” can be TRANS or TREAT.", "TREAT"),
        ("cl 1042 trxx", 8, 4, "There is no unit or disposition “trxx”.", None),
        ("x m3", 2, 2, "M3 is on no incident; it is available.", "E12"),
        ("p5", 1, 1, "Priorities go from 1", "4"),
        ("p1", 1, 1, "26-A-01041 is already P1.", None),
        ("t xyz", 2, 3, "There is no type “xyz”.", None),
        ("t ems", 2, 3, "“ems” can be EMS-ARR or", "EMS-CHE"),
        ("r 1042", 2, 4, "26-A-01042 is not closed.", None),
        ("n", 1, 0, "Type what happened.", None),
        ("re", 0, 2, "“re” can be returning or reopen or report.", "report"),
        ("e12 os", 0, 3, "E12 is a unit: begin with what it does.", "s e12"),
        ("ack now", 4, 3, "“now” is too much for ack: ack.", None),
        ("en l1 !", 6, 1, "Say why after the exclamation mark", None),
        ("os l1; d e14", 9, 3, "There is no unit “e14”.", "E13"),
    ],
)
def test_that_an_error_points_at_its_word_and_offers_what_is_near(
    line: str, at: int, length: int, message: str, suggestion: str | None
) -> None:
    error = read(line).error
    assert error is not None
    assert (error.at, error.length) == (at, length)
    assert message in error.message
    assert suggestion is None or suggestion in error.suggestions


def test_that_nothing_of_a_line_with_an_error_is_done() -> None:
    assert read("os l1; d e14").actions == ()


def test_that_a_line_without_a_selection_asks_for_a_number_and_offers_the_newest() -> None:
    error = read("p2", selected="").error
    assert error is not None
    assert (error.message, error.suggestions) == ("Select an incident or add its number.", ("1042", "1041"))


def test_that_suggestions_in_place_of_the_word_make_a_line_that_is_understood() -> None:
    for line in ("d e14", "av l1", "d l1 1042", "cl 1042 tr", "e12", "t ems"):
        error = read(line).error
        assert error is not None
        for suggestion in error.suggestions:
            mended = line[: error.at] + suggestion + line[error.at + error.length :]
            left = read(mended).error
            assert left is None or left.at >= error.at + len(suggestion), mended


def test_that_the_board_is_untouched_by_reading() -> None:
    for line in ("d e13 m3 os e13", "cl out !x", "x l1"):
        read(line)
    assert a_board() == BOARD


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("di", ["dispatch "]),
        ("un", ["undo "]),
        ("d e", ["d e13 ", "d e12 "]),
        ("d e13 m", ["d e13 m3 ", "d e13 m4 "]),
        ("cl e12 tr", ["cl e12 trans ", "cl e12 treat "]),
        ("t fire-s", ["t fire-str ", "t fire-smk "]),
        ("s 104", ["s 1041 ", "s 1042 "]),
        ("os l1; p", ["os l1; p ", "os l1; par ", "os l1; poll "]),
        ("? und", ["? undo "]),
        ("n smoke", []),
        ("d zz", []),
        ("qq e", ["qq en "]),
    ],
)
def test_that_tab_completes_the_word(line: str, completed: list[str]) -> None:
    assert complete(line, len(line), BOARD, AGENCY) == completed


def test_that_completion_keeps_what_stands_after_the_cursor() -> None:
    assert complete("d e1 1042", 4, BOARD, AGENCY) == ["d e13 1042", "d e12 1042"]


def test_that_every_name_of_a_verb_is_its_own_and_no_unique_beginning_changes_meaning() -> None:
    names = [name for verb in VERBS for name in verb.names]
    assert len(names) == len(set(names))
    for verb in VERBS:
        for name in verb.names:
            for length in range(1, len(name) + 1):
                parsed = read(name[:length])
                beginnings = {v.name for v in VERBS for n in v.names if n.startswith(name[:length])}
                exact = {v.name for v in VERBS if name[:length] in v.names}
                unknown = parsed.error is not None and "can be" in parsed.error.message
                assert unknown == (not exact and len(beginnings) > 1), name[:length]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_that_every_verb_is_explained_and_its_example_begins_with_it(verb) -> None:
    assert verb.help.endswith(".")
    assert verb.usage.startswith(verb.name)
    assert begins_command(Word(verb.example.split()[0], 0))
    assert read(f"? {verb.name}").actions == (Help(verb.name),)
    assert set(verb.optional) <= set(verb.slots)


@pytest.mark.parametrize("verb", [v for v in VERBS if Slot.UNITS in v.slots], ids=lambda verb: verb.name)
def test_that_verbs_for_units_take_several(verb) -> None:
    error = read(f"{verb.name} e12 nosuch").error
    assert error is not None
    assert error.message.endswith("“nosuch”.")
    assert error.at == len(verb.name) + 5


TYPED = (
    "e12",
    "L1",
    "m3",
    "M4",
    "1041",
    "#1042",
    "26-A-01043",
    "999",
    "p2",
    "p9",
    "!why",
    "!",
    ";",
    "out",
    "tr",
    "e12:",
)
WORDS = st.sampled_from([*TYPED, *(name for verb in VERBS for name in verb.names)])
LINES = st.one_of(st.text(max_size=40), st.lists(WORDS | st.text(max_size=6), max_size=8).map(" ".join))


@given(LINES, st.sampled_from(["", "i1041", "i1043", "gone"]))
def test_that_any_line_is_either_understood_or_pointed_at(line: str, selected: str) -> None:
    parsed = parse(line, BOARD, AGENCY, selected)
    if parsed.error is None:
        assert bool(parsed.actions) == bool(parsed.echo)
    else:
        assert parsed.actions == ()
        assert 0 <= parsed.error.at <= parsed.error.at + parsed.error.length <= len(line)
        assert parsed.error.message


@given(LINES, st.integers(-2, 45))
def test_that_completing_any_line_keeps_what_stands_before_the_word(line: str, cursor: int) -> None:
    inside = max(0, min(cursor, len(line)))
    for completed in complete(line, cursor, BOARD, AGENCY):
        before = line[:inside].rstrip("".join(set(line[:inside]) - set(" ;,\t\n"))) if line[:inside] else ""
        assert completed.startswith(before)
