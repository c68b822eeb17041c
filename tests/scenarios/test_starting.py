"""How a desk begins: the first start's question, a start that fails half way, a demo after a demo."""

from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.domain.agency_file import read_agency
from core.errors import Unavailable
from resources import resource_path
from widgets.first_run import FirstChoice, FirstRun
from workstation import app, compose
from workstation.clock import SteadyClock
from workstation.compose import OpenDesk, open_desk
from workstation.demo import open_demo
from workstation.instance import take_lock
from workstation.paths import STORE_NAME


@pytest.fixture
def opened(home: Path) -> OpenDesk:
    return open_desk(home, read_agency(resource_path("agency", "default.toml")))


def first_page() -> FirstRun:
    return next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, FirstRun))


@pytest.fixture
def lived(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """The map packs that desks were started with; the windows themselves are not shown."""
    packs: list[Path | None] = []

    def run_live(_application: QApplication, opened: OpenDesk, pack_path: Path | None, **_more: bool) -> int:
        packs.append(pack_path)
        opened.close()
        return 0

    monkeypatch.setattr(app, "run_live", run_live)
    return packs


@pytest.mark.parametrize("choice", [FirstChoice.AREA, FirstChoice.NO_MAP])
def test_that_only_working_without_a_map_is_an_answer_for_good(
    qapp: QApplication, home: Path, opened: OpenDesk, lived: list[Path | None], tmp_path: Path, choice: FirstChoice
) -> None:
    pack = tmp_path / "may-not-open.fdpack"
    pack.touch()
    area = choice is FirstChoice.AREA
    QTimer.singleShot(0, lambda: first_page().use_source(pack) if area else first_page().choose(choice))
    assert app.begin(qapp, opened, home) == 0
    assert lived == [pack if area else None]
    again = open_desk(home, opened.desk.agency)
    assert again.store.get_setting(app.FIRST_CHOICE) == (None if area else choice.value)
    again.close()


def test_that_a_first_map_that_is_not_there_is_told_and_leaves_nothing_open(
    qapp: QApplication,
    home: Path,
    opened: OpenDesk,
    lived: list[Path | None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    QTimer.singleShot(0, lambda: first_page().use_source(tmp_path / "none.fdpack"))
    assert app.begin(qapp, opened, home) == 1
    assert "There is no map pack" in capsys.readouterr().err
    assert not lived
    take_lock(home, SteadyClock()).release()


def test_that_a_start_that_fails_half_way_leaves_the_store_closed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(compose, "roster_commands", refuse)
    with pytest.raises(Unavailable):
        open_desk(home, read_agency(resource_path("agency", "default.toml")))
    assert not (home / f"{STORE_NAME}-wal").exists()  # the last connection's closing folds it in
    take_lock(home, SteadyClock()).release()


def test_that_a_demo_after_a_demo_is_new_but_for_its_key(home: Path, qtbot: QtBot) -> None:
    first, _ = open_demo(home / "demo")
    first.close()
    second, _ = open_demo(home / "demo")
    assert second.key.key == first.key.key
    assert second.store.store_id != first.store.store_id
    second.close()
