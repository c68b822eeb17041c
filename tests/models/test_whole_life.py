"""The whole life of a model on real data: trained, evaluated, shadowed, approved, watched, trained anew, rolled back.

By the command line and in the app's window, over a real store; a sample of NEISS, so that it takes under a minute.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain.agency import SeverityRules
from core.learning.examples import make_examples
from core.learning.recipe import read_recipe
from core.learning.table import read_table
from core.models.record import Act, Kind, State
from core.models.registry import AUTOMATIC, FOLDER, Registry
from core.severity.features import CallFacts
from core.severity.record import Estimate, SuggestionRecord
from core.severity.suggest import suggest
from core.store import Store
from resources import resource_path
from widgets.context import DeskContext
from widgets.models.page import ModelsPage
from workstation.cli import main
from workstation.models.loading import Loaded, load
from workstation.models.session import ModelsSession

KEY = bytes(range(32))  # the fixture desk's
ROWS = 640
LEVELS = {True: "high", False: "low"}


@dataclass(frozen=True)
class Calls:
    """Real calls, the oldest first: words, fields, whether severe."""

    calls: list[CallFacts]
    severe: list[bool]
    days: list[str]

    def write(self, path: Path, upto: int) -> Path:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["date", "text", "age", "sex", "severity"])
            for at in range(upto):
                call = self.calls[at]
                fields = [call.fields.get("age", ""), call.fields.get("sex", "")]
                writer.writerow([self.days[at], call.text, *fields, LEVELS[self.severe[at]]])
        return path


@pytest.fixture(scope="module")
def neiss(shared_data: Path) -> Calls:
    examples = make_examples(
        read_table(shared_data / "severity" / "neiss_2017_2020.csv.gz"),
        read_recipe(resource_path("severity", "neiss.toml")),
    )
    order = np.argsort(examples.days, kind="stable")
    severe = np.asarray(examples.labels) == 0
    # As many severe calls as others: a sample this small would else teach nothing.
    picked = np.sort(np.concatenate([_spread(np.flatnonzero(severe[order])), _spread(np.flatnonzero(~severe[order]))]))
    rows = order[picked]
    return Calls(
        [examples.calls[i] for i in rows], [bool(severe[i]) for i in rows], [str(examples.days[i]) for i in rows]
    )


def _spread(rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return rows[np.linspace(0, len(rows) - 1, ROWS // 2).astype(int)]


@pytest.fixture
def page(qtbot: QtBot, context: DeskContext, tmp_path: Path, neiss: Calls) -> Iterator[ModelsPage]:
    """The app's window; T learns from the calls until the end."""
    data = neiss.write(tmp_path / "later.csv", ROWS)
    session = ModelsSession(context.desk, tmp_path, KEY, data=str(data))
    context.models = session
    parent = QWidget()
    qtbot.addWidget(parent)
    yield ModelsPage(context, parent)
    session.shut()
    QThreadPool.globalInstance().waitForDone(20_000)
    QApplication.processEvents()


def work_a_month(desk: Desk, clock: ManualClock, loaded: Loaded, calls: Calls, first: int) -> None:
    """Calls come in, are suggested, changed by people now and then, and turn out as they did."""
    assert isinstance(desk.store, Store)
    assert loaded.champion is not None
    for at in range(first, len(calls.calls)):
        clock.advance(3600)
        call = calls.calls[at]
        answer = loaded.champion(call)
        flags = loaded.flags.find(call.text) if loaded.flags else ()
        suggestion = suggest(flags, "", answer)
        estimate = Estimate(
            loaded.champion.sha256, answer.probabilities, answer.severe, answer.level, answer.words, answer.unknown
        )
        record = SuggestionRecord(
            incident=f"i{at}",
            at=clock.now_ms(),
            level=suggestion.level,
            own="high" if at % 9 == 0 else "",
            champion=estimate,
            fields=dict(call.fields),
            latency_ms=1.0,
            outcome=LEVELS[calls.severe[at]],
            outcome_at=clock.now_ms(),
        )
        desk.store.save_suggestion(record)
    desk.store.write_suggestions()


def press(page: ModelsPage, key: Qt.Key, reason: str) -> None:
    QTest.keyClick(page.list, key)
    QTest.keyClicks(page.chooser._field, reason)
    QTest.keyClick(page.chooser._field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


@dataclass
class Life:
    """One desk, its registry, the command line and the window."""

    qtbot: QtBot
    page: ModelsPage
    desk: Desk
    clock: ManualClock
    folder: Path
    calls: Calls

    @property
    def registry(self) -> Registry:
        return Registry(self.folder / FOLDER, self.clock)

    def in_use(self, before: Loaded | None = None) -> Loaded:
        """What the desk would load now."""
        return load(SeverityRules(), self.folder, self.clock, before)

    def train_and_shadow(self, upto: int) -> None:
        """By the command line; a candidate answers nobody, a shadow unseen."""
        data = self.calls.write(self.folder / "earlier.csv", upto)
        quick = ["--architecture", "wide", "--seeds", "1", "--no-baselines"]
        assert main(["model", "train", str(data), *quick, "--by", "Kim"]) == 0
        first = self.registry.model(1)
        assert first.state is State.CANDIDATE
        assert first.evaluation is not None
        assert first.evaluation.rows > 50
        assert self.in_use().models[0] != first.sha256
        assert main(["model", "shadow", "1", "--reason", "Look at it", "--by", "Kim"]) == 0
        assert self.in_use().models[1] == first.sha256

    def approve(self) -> None:
        """So few calls seldom make a model that passes: then only against the gates, with a reason of its own."""
        command = ["model", "approve", "1", "--by", "Dr. Silva", "--reason", "To begin with"]
        if not self.registry.verdict(1).passed:
            assert main(command) == 1
            assert self.registry.champion(Kind.SEVERITY) is None
            command += ["--override", "A walk through its life"]
        assert main(command) == 0
        assert self.in_use().models[0] == self.registry.model(1).sha256

    def watch(self) -> None:
        """In the window: what was measured of the calls that came in, and what is to be looked at."""
        session = self.page.control
        assert session is not None
        self.page.open_page()
        self.qtbot.waitUntil(lambda: session.overview is not None, timeout=30_000)
        assert session.overview is not None
        watched = session.overview.watched[Kind.SEVERITY]
        assert {"under_triage", "over_triage", "ece", "override", "unknown_words", "psi age"} <= set(watched.measured)
        assert watched.measured["under_triage"].cases > 50
        assert bool(self.page.alerts.text()) == bool(watched.alerts)
        assert self.page.table.cell(0, 1).text == "champion"

    def retrain(self) -> None:
        """In the window: a candidate and nothing more, measured on the same unseen calls as the champion."""
        session = self.page.control
        assert session is not None
        QTest.keyClick(self.page.list, Qt.Key.Key_T)
        assert session.training
        self.qtbot.waitUntil(lambda: not session.training, timeout=300_000)
        assert session.trouble == ""
        second = self.registry.model(2)
        assert (second.state, second.made_by) == (State.CANDIDATE, "Kim")
        assert self.registry.champion(Kind.SEVERITY) == self.registry.model(1)
        assert any("the champion has" in sentence for sentence in self.registry.verdict(2).sentences)

    def listed(self) -> list[str]:
        return [self.page.table.cell(row, 0).text for row in range(self.page.table.rowCount())]

    def approve_and_roll_back(self) -> None:
        """In the window, and the desk follows; then by the command line, until nothing that was approved is left."""
        before, page = self.in_use(), self.page
        self.qtbot.waitUntil(lambda: "2" in self.listed(), timeout=30_000)
        page.list.mark(("2",))
        press(page, Qt.Key.Key_A, "Newer calls")
        if self.registry.model(2).state is not State.CHAMPION:
            QTest.keyClicks(page.chooser._field, "A walk through its life")
            QTest.keyClick(page.chooser._field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert self.in_use(before).models[0] == self.registry.model(2).sha256
        self.qtbot.waitUntil(lambda: page.table.cell(0, 0).text == "2", timeout=30_000)
        press(page, Qt.Key.Key_B, "Misses burns")
        assert self.registry.champion(Kind.SEVERITY) == self.registry.model(1)
        assert self.in_use(before).models[0] == self.registry.model(1).sha256
        assert main(["model", "rollback", "--reason", "The first as well", "--by", "Kim"]) == 0
        assert self.registry.champion(Kind.SEVERITY) is None
        page.close()


@pytest.mark.shared_data
@pytest.mark.timeout(400)
def test_that_the_whole_life_of_a_model_is_walked_on_real_data(
    qtbot: QtBot,
    page: ModelsPage,
    desk: Desk,
    clock: ManualClock,
    neiss: Calls,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FOREDESK_HOME", str(tmp_path))
    life, upto = Life(qtbot, page, desk, clock, tmp_path, neiss), ROWS * 3 // 4
    life.train_and_shadow(upto)
    life.approve()
    work_a_month(desk, clock, life.in_use(), neiss, upto - 120)
    life.watch()
    life.retrain()
    life.approve_and_roll_back()
    steps = life.registry.history()
    assert [(step.model, step.act) for step in steps] == [
        (1, Act.REGISTERED),
        (1, Act.SHADOWED),
        (1, Act.APPROVED),
        (2, Act.REGISTERED),
        (1, Act.REPLACED),
        (2, Act.APPROVED),
        (2, Act.ROLLED_BACK),
        (1, Act.RESTORED),
        (1, Act.ROLLED_BACK),
    ]
    assert AUTOMATIC not in {step.who for step in steps}


def test_that_every_command_about_models_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("list", "show", "shadow", "approve", "retire", "rollback", "train", "evaluate", "train-response")
    for word in (*words, "evaluate-response", "monitor", "retrain", "watch"):
        with pytest.raises(SystemExit) as left:
            main(["model", word, "--help"])
        assert left.value.code == 0
        assert word in capsys.readouterr().out
