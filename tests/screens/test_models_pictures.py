"""Pictures of the models' window, with half a year of made-up suggestions: whole, drawn, nothing clipped.

To renew them: FOREDESK_KEEP_PICTURES=1 python -m pytest tests/screens
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain.agency_file import read_agency
from core.domain.commands import SignOn
from core.models.record import Evaluation, Kind, Measure, Origin
from core.models.registry import FOLDER, Registry
from core.severity.record import Estimate, SuggestionRecord
from core.store import Store, open_store
from resources import resource_path
from widgets.context import DeskContext
from widgets.models.page import ModelsPage
from widgets.notifier import Notifier
from widgets.palette import DARK, LIGHT
from widgets.selection import Selection
from widgets.theme import Scheme, Theme, px
from workstation.models.loading import shipped_model
from workstation.models.session import ModelsSession
from workstation.paths import STORE_NAME

pytestmark = pytest.mark.screens

KEY = bytes(range(32))
NOW = 1_780_322_400_000  # 2026-06-01 14:00 UTC
DAY = 86_400_000
LEVELS = ("critical", "high", "moderate", "low")
FIGURES = {"auroc": 0.861, "under_triage": 0.098, "over_triage": 0.35, "under_triage_children": 0.13, "ece": 0.021}


def fill_registry(folder: Path, clock: ManualClock) -> str:
    """A champion, a shadow and a candidate that fails a gate; the champion's hash."""
    registry = Registry(folder / FOLDER, clock)
    shipped = shipped_model()
    whole = shipped.read_bytes() if shipped else b""  # so that its file opens
    for name, by, changed in (
        ("NEISS 2017-2019", "Kim", {}),
        ("NEISS 2017-2020", "Kim", {"auroc": 0.872}),
        ("Own history, spring", "retraining", {"under_triage": 0.19}),
    ):
        file = folder / "made.fdmodel"
        file.write_bytes(whole if name == "NEISS 2017-2019" and whole else name.encode())
        measures = {measure: Measure(value) for measure, value in {**FIGURES, **changed}.items()}
        evaluation = Evaluation("NEISS 2020", "d", 2100, clock.now_ms(), measures)
        origin = Origin(name, "d", 7935, 1, "0.1.0", "wide")
        registry.add(Kind.SEVERITY, file, name=name, made_by=by, origin=origin, evaluations=[evaluation])
        clock.advance(3 * 86_400)
    registry.approve(1, who="Dr. Silva", reason="First one, good on children")
    registry.put_in_shadow(2, who="Kim", reason="Look at it for a month")
    return registry.model(1).sha256


def fill_store(store: Store, champion: str) -> None:
    """Half a year of suggestions that people change more and more often."""
    rng = np.random.default_rng(1)
    for n in range(1800):
        at = NOW - int(rng.integers(0, 180)) * DAY - n
        late = 1.0 - (NOW - at) / (180 * DAY)
        severe = float(rng.beta(0.4, 1.0))
        truth = int(rng.integers(0, 2)) if rng.random() < severe else int(rng.integers(2, 4))
        said = truth if rng.random() < 0.93 else min(3, truth + 1)
        words = int(rng.integers(4, 30))
        unknown = int(rng.binomial(words, 0.05 + 0.06 * late))
        changed = rng.random() < 0.1 + 0.25 * late
        record = SuggestionRecord(
            incident=f"i{n}",
            at=at,
            level=LEVELS[said],
            own=LEVELS[max(0, said - 1)] if changed else "",
            champion=Estimate(champion, (), severe, LEVELS[said], words, unknown),
            latency_ms=float(rng.gamma(3, 0.3)),
            outcome=LEVELS[truth] if rng.random() < 0.6 else "",
            outcome_at=at + DAY,
        )
        store.save_suggestion(record)
        if n % 500 == 499:
            store.write_suggestions()
    store.write_suggestions()


@pytest.fixture
def context(tmp_path: Path) -> Iterator[DeskContext]:
    clock = ManualClock(NOW - 20 * DAY)
    store = open_store(tmp_path / STORE_NAME, KEY, clock)
    desk = Desk(store, read_agency(resource_path("agency", "default.toml")), clock, desk_id="A-1")
    desk.do(SignOn("Carla Muñoz"))
    champion = fill_registry(tmp_path, clock)
    clock.advance((NOW - clock.now_ms()) / 1000)
    fill_store(store, champion)
    made = DeskContext(desk=desk, notifier=Notifier(desk), selection=Selection(), palette=DARK)
    yield made
    made.notifier.close()
    desk.close()


@pytest.mark.parametrize(
    ("scheme", "scale", "size"),
    [(Scheme.DARK, 100, (1120, 760)), (Scheme.LIGHT, 100, (1120, 760)), (Scheme.DARK, 200, (2240, 1520))],
    ids=["dark-100", "light-100", "dark-200"],
)
def test_that_the_models_window_is_whole(
    qtbot: QtBot,
    context: DeskContext,
    pictures: Path,
    tmp_path: Path,
    scheme: Scheme,
    scale: int,
    size: tuple[int, int],
) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme = Theme(app, scheme, scale)
    context.palette = LIGHT if scheme is Scheme.LIGHT else DARK
    session = ModelsSession(context.desk, tmp_path, KEY)
    context.models = session
    parent = QWidget()
    qtbot.addWidget(parent)
    page = ModelsPage(context, parent)
    page.open_page()
    page.resize(*size)
    qtbot.waitUntil(lambda: session.overview is not None, timeout=30_000)
    qtbot.wait(200)
    assert page.grab().toImage().save(str(pictures / f"models-{scheme}-{scale}.png"))
    for button in page.findChildren(QPushButton):
        assert button.width() >= button.sizeHint().width(), button.text()
    drawn = [chart for chart in page.charts[Kind.SEVERITY].charts if chart.plot is not None]
    assert len(drawn) >= 4
    assert all(chart.mapTo(page, chart.rect().topRight()).x() <= page.width() for chart in drawn)
    assert all(chart.plot.width() >= px(180) for chart in drawn)
    assert "people changed" in page.alerts.text()
    page.close()
    session.shut()
    QThreadPool.globalInstance().waitForDone(20_000)
    theme.deleteLater()
