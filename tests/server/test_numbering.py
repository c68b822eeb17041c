"""Whatever order runs come in, and however often: the log has each once and knows what is missing."""

from hypothesis import given
from hypothesis import strategies as st

from core.clock import ManualClock
from core.domain import events as e
from core.merge.chain import FIRST_LINK
from core.merge.run import Run, hashes
from sync.server.admission import Claim, Entry
from sync.server.centre import Centre
from sync.server.claims import ClaimBook
from sync.server.roll import FixedRoll
from sync.server.sqlite_log import MEMORY, open_log
from tests.server.desks import Origin

CLOCK = ManualClock()
DESKS = [Origin(name, CLOCK) for name in "AB"]
RUNS = [desk.run(*(e.UnitContacted(f"M{n}") for n in range(length))) for length in (1, 3, 2, 1, 4) for desk in DESKS]
PUSHES = st.lists(st.lists(st.integers(0, len(RUNS) - 1), min_size=1, max_size=4), max_size=12)


def expected(runs: list[Run], desk: str) -> tuple[int, bytes, list[tuple[int, int]]] | None:
    """Counted the slow way: how far the numbers go without a gap, the hash there, the runs beyond."""
    own = [run for run in runs if run.desk == desk]
    if not own:
        return None
    ends = {n: hash_ for run in own for n, hash_ in enumerate(hashes(run), run.first_n)}
    length = 0
    while length + 1 in ends:
        length += 1
    beyond = sorted((run.first_n, run.last_n) for run in own if run.first_n > length)
    return length, ends.get(length, FIRST_LINK), beyond


@given(PUSHES)
def test_that_the_log_knows_what_it_has_and_what_is_missing(pushes: list[list[int]]) -> None:
    centre = Centre(open_log(MEMORY, CLOCK.now_ms()), FixedRoll(desk.desk_pass for desk in DESKS))
    taken: dict[int, Run] = {}
    for numbers in pushes:
        answer = centre.push([RUNS[number] for number in numbers], CLOCK.now_ms())
        assert answer.outcomes == []
        taken |= {number: RUNS[number] for number in numbers if number not in taken}
        have = {one.desk: (one.length, one.head, one.beyond) for one in centre.have().desks}
        for desk in DESKS:
            assert have.get(desk.name) == expected(list(taken.values()), desk.name)
        assert centre.pull(limit=1000).runs == list(taken.values())
        assert centre.snapshot()[0].desks == centre.have().desks


STEP = st.tuples(st.booleans(), st.sampled_from("ABC"), st.integers(0, 3), st.sampled_from("12"))


@given(st.lists(STEP, max_size=30))
def test_that_a_claimed_unit_has_exactly_one_holder(steps: list[tuple[bool, str, int, str]]) -> None:
    book = ClaimBook()
    desk = Origin("A", CLOCK)
    for takes, name, number, unit in steps:
        claim = Claim(takes, f"{name}{number}{unit}", f"M{unit}", "i1")
        [wire] = desk.wire([e.UnitContacted("M1")])
        (book.take if takes else book.end)(claim, Entry(wire, 1, b"", 0, "unit.assigned"), name)
        rows = list(book.changed.values())
        for held in {row.unit for row in rows}:
            standing = [row for row in rows if row.unit == held and not row.ended]
            assert sum(row.holds for row in standing) == bool(standing)
        assert not any(row.holds and row.ended for row in rows)
        for row in rows:
            other = book.other_holder(Claim(True, row.assignment, row.unit, row.incident))
            assert (other is None) == (row.holds or row.ended)
