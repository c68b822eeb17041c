"""A board taken over from the centre: nothing of this desk's own is missing from it, whatever happens meanwhile."""

from collections.abc import Callable

import pytest

from core.desk import Desk
from core.domain.agency import Agency
from core.domain.agency_file import roster_commands
from core.domain.commands import AddNarrative
from core.domain.ids import IdMaker
from core.merge.run import AHEAD_MS, Held, Run
from core.store.snapshots import encode_board
from sync.link.store_side import StoreSide
from tests.merge.sites import Site, assert_alike

Sites = Callable[..., Site]
CENTRE = "centre"


@pytest.fixture
def a(new_site: Sites, agency: Agency) -> Site:
    """Stands for the centre as well: what it holds is what the centre has."""
    site = new_site("A")
    site.desk.roster(roster_commands(agency, site.board))
    return site


def everything(site: Site) -> tuple[Run, ...]:
    return site.store.outgoing(100_000, server="all").runs


def take_board(site: Site, board: bytes, held: dict[str, Held]) -> None:
    there = {desk: (known, b"") for desk, known in held.items()}
    site.desk.adopt(board, source=CENTRE, cursor="1", epoch="e", events=1, held=there)


def open_again(site: Site, agency: Agency) -> None:
    """As after a crash: nothing was put in order before."""
    site.desk = Desk(site.store, agency, site.clock, desk_id=site.name, ids=IdMaker(site.clock))
    site.do = site.desk.do


def fill(site: Site, runs: tuple[Run, ...]) -> None:
    site.desk.backfill(runs, source=CENTRE)
    site.desk.backfill((), source=CENTRE, done=True)
    while site.desk.refold():
        pass


def test_that_what_the_centre_has_and_its_board_not_yet_stays_on_this_desks_board(a: Site, new_site: Sites) -> None:
    a.open()
    board, held = encode_board(a.board), a.store.held()
    b = new_site("B")
    own = b.open()
    b.tell(a)
    b.desk.acknowledge(b.store.waiting())  # the board was made before these came
    take_board(b, board, held)
    assert own.id in b.board.incidents
    fill(b, everything(a))
    assert_alike(a, b)


def test_that_a_desk_that_ends_right_after_taking_the_board_fetches_its_history(
    a: Site, new_site: Sites, agency: Agency
) -> None:
    a.open()
    b = new_site("B")
    own = b.open()
    take_board(b, encode_board(a.board), a.store.held())
    open_again(b, agency)
    assert own.id in b.board.incidents
    standing = StoreSide(b.desk, b.store, nudge=lambda: None).standing()
    assert (standing.backfilling, standing.backfill) == (True, "")


def test_that_late_events_before_a_restart_are_folded_in_their_place_once_the_history_is_here(
    a: Site, new_site: Sites, agency: Agency
) -> None:
    incident = a.open()
    c = new_site("C", skew_s=1)
    a.tell(c)
    c.do(AddNarrative(incident.id, "written first"))
    a.clock.advance(60)
    a.do(AddNarrative(incident.id, "written second"))
    history, board, held = everything(a), encode_board(a.board), a.store.held()
    b = new_site("B")
    take_board(b, board, held)
    c.tell(a)
    c.tell(b)
    open_again(b, agency)
    fill(b, history)
    assert [line.text for line in b.incident(incident).narrative] == ["written first", "written second"]
    assert_alike(a, b)


def test_that_an_own_event_placed_anew_before_a_restart_keeps_the_adopted_board(
    a: Site, new_site: Sites, agency: Agency
) -> None:
    incident = a.open()
    b = new_site("B", skew_s=3600)
    own = b.open()
    take_board(b, encode_board(a.board), a.store.held())
    at = f"{a.clock.now_ms() + AHEAD_MS:012x}"
    b.desk.placed({id_: f"{at}{id_[12:]}" for id_ in b.store.waiting()})
    open_again(b, agency)
    assert {incident.id, own.id} <= set(b.board.incidents)
    assert b.board.units.keys() >= a.board.units.keys()


def test_that_another_identity_keeps_the_adopted_board(a: Site, new_site: Sites) -> None:
    incident = a.open()
    b = new_site("B")
    own = b.open()
    take_board(b, encode_board(a.board), a.store.held())
    b.desk.rebrand("B2")
    assert {incident.id, own.id} <= set(b.board.incidents)
    fill(b, everything(a))
    b.desk.acknowledge(())
    b.tell(a)
    assert a.board.incidents.keys() == b.board.incidents.keys()
