"""A registry in a folder of its own, and small files that stand for models in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication

from core.clock import ManualClock
from core.desk import Desk
from core.domain.agency_file import read_agency, roster_commands
from core.domain.commands import SignOn
from core.models.record import Evaluation, Kind, Measure, Model, Origin
from core.models.registry import Registry
from core.store import open_store
from resources import resource_path
from widgets.context import DeskContext
from widgets.notifier import Notifier
from widgets.palette import DARK
from widgets.selection import Selection
from workstation.models.session import ModelsSession
from workstation.paths import STORE_NAME

GOOD = {
    "auroc": 0.86,
    "under_triage": 0.10,
    "over_triage": 0.35,
    "under_triage_children": 0.12,
    "ece": 0.02,
}
GOOD_TIMES = {"mae_s": 180.0, "gain": 0.01, "pinball_90_s": 57.0, "within_90": 0.9}

AddModel = Callable[..., Model]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def registry(tmp_path: Path, clock: ManualClock) -> Registry:
    return Registry(tmp_path / "models", clock)


@pytest.fixture
def add(registry: Registry, tmp_path: Path, clock: ManualClock) -> AddModel:
    """Register a file of the given content with the given measures, evaluated on the same data as all others."""

    def added(
        content: str = "one",
        kind: Kind = Kind.SEVERITY,
        data_hash: str = "d1",
        *,
        evaluated: bool = True,
        **measures: float,
    ) -> Model:
        path = tmp_path / "made.fdmodel"
        path.write_text(content)
        clock.advance(60)
        usual = GOOD if kind is Kind.SEVERITY else GOOD_TIMES
        values = {name: Measure(value) for name, value in {**usual, **measures}.items()}
        evaluation = Evaluation("a year", data_hash, 1000, clock.now_ms(), values)
        return registry.add(
            kind,
            path,
            name=f"model {content}",
            made_by="Kim",
            origin=Origin("a year", data_hash),
            evaluations=[evaluation] if evaluated else [],
        )

    return added


KEY = bytes(range(32))


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock) -> Iterator[Desk]:
    """A real desk over a real store, where the registry lies too."""
    agency = read_agency(resource_path("agency", "default.toml"))
    opened = Desk(open_store(tmp_path / STORE_NAME, KEY, clock), agency, clock, desk_id="A-1")
    opened.roster(roster_commands(agency, opened.board))
    opened.do(SignOn("Kim"))
    yield opened
    opened.close()


@pytest.fixture
def context(desk: Desk) -> Iterator[DeskContext]:
    notifier = Notifier(desk)
    yield DeskContext(desk=desk, notifier=notifier, selection=Selection(), palette=DARK)
    notifier.close()


@pytest.fixture
def session(qapp: QApplication, context: DeskContext, tmp_path: Path) -> Iterator[ModelsSession]:
    """The models' life beside the window; it looks at its own pace."""
    made = ModelsSession(context.desk, tmp_path, KEY)
    context.models = made
    yield made
    made.shut()
    QThreadPool.globalInstance().waitForDone(20_000)
    made.deleteLater()
