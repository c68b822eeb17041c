"""A desk that comes late takes the centre's board first, works with it at once, and gets the history afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.link import bootstrapping
from sync.link.states import LinkState
from tests.link.real import RealDesk
from tests.link.rig import Agency, ServerThread, wait_until


@pytest.fixture
def agency() -> Agency:
    return Agency()


@pytest.fixture
def server(tmp_path: Path, agency: Agency) -> Iterator[ServerThread]:
    with ServerThread(tmp_path / "server", agency.roll) as serving:
        yield serving


@pytest.fixture
def desks(tmp_path: Path, agency: Agency) -> Iterator[list[RealDesk]]:
    made = [RealDesk(tmp_path / name, name, agency, roster=name == "A") for name in "AB"]
    yield made
    for desk in made:
        desk.stop()


def is_level(desk: RealDesk) -> bool:
    return desk.link is not None and desk.link.status().state is LinkState.UP_TO_DATE


def test_that_a_late_desk_begins_from_the_board_and_keeps_what_it_did_itself(
    desks: list[RealDesk], server: ServerThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrapping, "WORTH_A_SNAPSHOT", 50)
    monkeypatch.setattr(bootstrapping, "EVENT_BYTES", 10_000)
    a, b = desks
    for number in range(40):
        a.open_incident(f"{number} High Street")
    a.begin(server.port)
    wait_until(lambda: is_level(a))
    adopted: list[int] = []
    monkeypatch.setattr(type(b.desk), "adopt", _noting(type(b.desk).adopt, adopted))
    b.open_incident("1 Alone Road")
    b.begin(server.port)
    wait_until(lambda: is_level(a) and is_level(b) and len(a.picture()["incidents"]) == 41)
    assert adopted
    assert b.picture() == a.picture()
    wait_until(lambda: b.ids() == a.ids())  # the history came as well
    wait_until(lambda: not b.ask(lambda: b.side.standing().backfilling if b.side else False))
    a.open_incident("2 Late Road")
    wait_until(lambda: len(b.picture()["incidents"]) == 42)
    assert b.picture() == a.picture()


def _noting(adopt, adopted: list[int]):
    def noting(self, board: bytes, **how: object) -> None:
        adopted.append(len(board))
        adopt(self, board, **how)

    return noting
