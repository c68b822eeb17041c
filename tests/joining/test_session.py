"""The link for as long as a window is open: joined while it is open, found again at the next start, parted from."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from core.domain.agency_file import read_agency
from core.domain.commands import OpenIncident, SignOn
from core.domain.values import Location, Position
from core.errors import ForedeskError, Refused
from resources import resource_path
from tests.scenarios.centre import Centre
from widgets.sync.control import LinkState
from workstation.clock import SteadyClock
from workstation.compose import OpenDesk, open_desk
from workstation.sync.session import SyncSession

PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    running = Centre(tmp_path_factory.mktemp("centre"))
    yield running
    running.stop()


class Workplace(QObject):
    """A desk with its link and no window."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        super().__init__()
        self.folder, self._qtbot = folder, qtbot
        self.troubles: list[ForedeskError] = []
        self.opened: OpenDesk
        self.session: SyncSession
        self.open()

    def open(self) -> None:
        agency = read_agency(resource_path("agency", "demo.toml"))
        self.opened = open_desk(self.folder, agency, SteadyClock())
        self.session = SyncSession(self.opened.desk, self.opened.store, self.troubles.append, folder=self.folder)

    def close(self) -> None:
        self.session.shut()
        self.opened.close()

    def join(self, centre: Centre, code: str, name: str) -> None:
        answers: list[Exception | str] = []
        self.session.join(f"https://127.0.0.1:{centre.port}", code, name, answers.append)
        self.until(lambda: answers)
        assert "has joined" in str(answers[0])
        self.level()

    def level(self) -> None:
        self.until(lambda: self.session.view().state is LinkState.UP_TO_DATE)

    def until(self, holds: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(holds()), timeout=PATIENCE_MS)


@pytest.fixture
def workplaces(tmp_path: Path, qtbot: QtBot, centre: Centre) -> Iterator[tuple[Workplace, Workplace]]:
    made = Workplace(tmp_path / "one", qtbot), Workplace(tmp_path / "two", qtbot)
    yield made
    for each in made:
        each.close()


def test_that_desks_join_while_they_work_and_find_the_server_again(
    workplaces: tuple[Workplace, Workplace], centre: Centre
) -> None:
    one, two = workplaces
    one.opened.desk.do(SignOn("Ana Rojas"))
    one.opened.desk.do(OpenIncident("FIRE-STR", Location("Balmaceda 391")))
    alone = one.opened.desk.desk_id
    one.join(centre, centre.first_code, "Console 1")
    two.join(centre, centre.code(), "Console 2")
    desk = one.opened.desk
    assert desk.desk_id != alone
    assert one.opened.store.waiting() == {}, "what was done before joining has been sent"
    two.until(lambda: len(list(two.opened.desk.board.open_incidents())) == 1)
    with pytest.raises(Refused, match="already"):
        one.session.join("centre", "0" * 20, "", lambda _answer: None)

    assert two.session.name_of(desk.desk_id) == f"Console 1 ({desk.agency.desk_prefix})"
    one.session.look_at("i1")
    two.until(lambda: [(p.operator, p.incident) for p in two.session.present()] == [("Ana Rojas", "i1")])
    here = Position(-29.9, -71.25, desk.clock.now_ms())
    one.session.tell_positions({"M3": here})
    two.until(lambda: (p := two.opened.desk.board.units["M3"].position) is not None and p.lat == here.lat)

    one.close()
    two.opened.desk.do(OpenIncident("EMS-CHE", Location("Avenida del Mar 1200")))
    two.level()
    one.open()
    assert one.opened.desk.desk_id == desk.desk_id
    assert one.session.view().state is LinkState.CONNECTING, "it has a server, though the link begins after the paint"
    asyncio.run(one.session.begin())
    assert one.session.view().known_at > 0, "an absence is counted from when desk and server last had the same"
    one.until(lambda: len(list(one.opened.desk.board.open_incidents())) == 2)
    one.level()

    one.session.use_metered(True)
    one.until(lambda: one.session.view().metered)
    assert one.session.leave().startswith("This desk has parted from")
    assert one.session.view().state is LinkState.NONE
    one.opened.desk.do(OpenIncident("FIRE-STR", Location("alone again")))
    assert one.opened.store.waiting()
    assert one.troubles == two.troubles == []
