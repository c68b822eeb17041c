"""Whole desks with encrypted stores over the real server: equal boards, conflicts told, nothing twice, nothing lost."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.link.states import LinkState
from tests.link.real import RealDesk
from tests.link.rig import Agency, ServerThread, wait_until

NewDesk = Callable[..., RealDesk]


@pytest.fixture
def agency() -> Agency:
    return Agency()


@pytest.fixture
def server(tmp_path: Path, agency: Agency) -> Iterator[ServerThread]:
    with ServerThread(tmp_path / "server", agency.roll) as serving:
        yield serving


@pytest.fixture
def new_desk(tmp_path: Path, agency: Agency) -> Iterator[NewDesk]:
    made: list[RealDesk] = []

    def make(name: str, **settings: object) -> RealDesk:
        made.append(RealDesk(tmp_path / name, name, agency, **settings))
        return made[-1]

    yield make
    for desk in made:
        desk.stop()


def settled(*desks: RealDesk) -> bool:
    states = [desk.link.status() for desk in desks if desk.link]
    if not all(status.state is LinkState.UP_TO_DATE for status in states):
        return False
    first = desks[0].ids()
    return all(desk.ids() == first for desk in desks[1:])


def test_that_two_desks_that_worked_alone_come_to_one_board(new_desk: NewDesk, server: ServerThread) -> None:
    a, b = new_desk("A"), new_desk("B", roster=False)
    for number in range(30):
        a.open_incident(f"{number} High Street")
    a.begin(server.port)
    b.begin(server.port)
    b.open_incident("7 Harbour Road")
    wait_until(lambda: settled(a, b))
    assert a.picture() == b.picture()
    assert len(a.picture()["incidents"]) == 31
    assert a.link is not None
    assert a.link.status().waiting == 0


def test_that_a_unit_sent_twice_while_cut_off_is_a_conflict_at_both(new_desk: NewDesk, server: ServerThread) -> None:
    a, b = new_desk("A").begin(server.port), new_desk("B", roster=False).begin(server.port)
    wait_until(lambda: settled(a, b))
    unit = next(iter(a.desk.board.units))
    a.end_link()
    b.end_link()
    a.assign(a.open_incident("1 High Street"), unit)
    b.assign(b.open_incident("2 High Street"), unit)
    a.begin(server.port)
    b.begin(server.port)
    wait_until(lambda: settled(a, b))
    assert a.picture() == b.picture()
    (conflict,) = a.picture()["conflicts"].values()
    assert (conflict["kind"], conflict["unit"]) == ("double dispatch", unit)


def test_that_a_desk_opened_again_goes_on_where_it_was(new_desk: NewDesk, server: ServerThread, tmp_path: Path) -> None:
    a, b = new_desk("A").begin(server.port), new_desk("B", roster=False).begin(server.port)
    a.open_incident()
    wait_until(lambda: settled(a, b))
    marks = b.ask(lambda: b.store.marks("centre"))
    b.stop()
    again = new_desk("B", roster=False)
    assert again.ask(lambda: again.store.marks("centre")) == marks
    again.begin(server.port)
    a.open_incident("another")
    wait_until(lambda: settled(a, again))
    assert a.picture() == again.picture()
