"""An approved response-time model on an open desk: loaded beside the window, changed when another is approved."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QObject, QThreadPool
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain.agency_file import read_agency, roster_commands
from core.models.record import Kind, State
from core.models.registry import FOLDER, Registry
from core.response.bundle import read_bundle, write_bundle
from core.store import Store, open_store
from resources import resource_path
from sync.protocol.offers import ArtefactEntry
from workstation.models.expectations import LOOK_EVERY_MS, Expectations
from workstation.models.response_commands import register
from workstation.paths import STORE_NAME
from workstation.sync.arrivals import Arrivals

KEY = bytes(range(32))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock) -> Iterator[Desk]:
    agency = read_agency(resource_path("agency", "default.toml"))
    opened = Desk(open_store(tmp_path / STORE_NAME, KEY, clock), agency, clock, desk_id="A-1")
    opened.roster(roster_commands(agency, opened.board))
    yield opened
    opened.close()


@pytest.fixture
def expectations(qapp: object, desk: Desk, tmp_path: Path) -> Iterator[Expectations]:
    parent = QObject()
    made = Expectations(desk, tmp_path, KEY, parent)
    yield made
    made.shut()
    QThreadPool.globalInstance().waitForDone(20_000)
    parent.deleteLater()


def settle(qtbot: QtBot, expectations: Expectations) -> None:
    expectations.look()
    qtbot.waitUntil(lambda: not expectations._busy, timeout=20_000)


def test_that_only_an_approved_model_answers_and_a_rollback_ends_it(
    qtbot: QtBot, expectations: Expectations, tmp_path: Path, clock: ManualClock, trained: Any
) -> None:
    registry = Registry(tmp_path / FOLDER, clock)
    heard: list[bool] = []
    expectations.on_change.append(lambda: heard.append(expectations.expects is not None))
    model = register(registry, trained.file, made_by="Kim")
    settle(qtbot, expectations)
    assert expectations.expects is None
    override = "" if registry.verdict(model.number).passed else "So small a sample"
    registry.approve(model.number, who="Chief Rojas", reason="Better ETAs", override=override)
    settle(qtbot, expectations)
    assert expectations.expects is not None
    registry.roll_back(Kind.RESPONSE, who="Kim", reason="Odd at night")
    settle(qtbot, expectations)
    assert expectations.expects is None
    assert heard == [True, False]


def test_that_a_tampered_file_leaves_what_answered_at_work(
    qtbot: QtBot, expectations: Expectations, tmp_path: Path, clock: ManualClock, trained: Any
) -> None:
    registry = Registry(tmp_path / FOLDER, clock)
    model = register(registry, trained.file, made_by="Kim")
    registry.approve(model.number, who="Chief Rojas", reason="Better ETAs", override="So small a sample")
    settle(qtbot, expectations)
    at_work = expectations.expects
    assert at_work is not None
    other = tmp_path / "other.fdmodel"
    write_bundle(other, replace(read_bundle(trained.file), card="Another one"))
    second = register(registry, other, made_by="Kim")
    registry.approve(second.number, who="Chief Rojas", reason="Newer", override="So small a sample")
    registry.files.path_of(second.sha256).write_bytes(b"tampered")
    settle(qtbot, expectations)
    assert expectations.expects is at_work


def test_that_a_start_with_a_tampered_champion_takes_the_one_before(
    qtbot: QtBot, expectations: Expectations, tmp_path: Path, clock: ManualClock, trained: Any
) -> None:
    registry = Registry(tmp_path / FOLDER, clock)
    first = register(registry, trained.file, made_by="Kim")
    registry.approve(first.number, who="Chief Rojas", reason="Better ETAs", override="So small a sample")
    other = tmp_path / "other.fdmodel"
    write_bundle(other, replace(read_bundle(trained.file), card="Another one"))
    second = register(registry, other, made_by="Kim")
    registry.approve(second.number, who="Chief Rojas", reason="Newer", override="So small a sample")
    registry.files.path_of(second.sha256).write_bytes(b"tampered")
    settle(qtbot, expectations)
    assert expectations.expects is not None
    assert expectations.expects.model.manifest.name == "small"


def test_that_it_looks_again_now_and_then(
    qtbot: QtBot, expectations: Expectations, clock: ManualClock, trained: Any
) -> None:
    expectations.tick(clock.now_ms())
    assert expectations._busy
    qtbot.waitUntil(lambda: not expectations._busy, timeout=20_000)
    expectations.tick(clock.now_ms())
    assert not expectations._busy
    clock.advance(LOOK_EVERY_MS / 1000)
    expectations.tick(clock.now_ms())
    assert expectations._busy
    qtbot.waitUntil(lambda: not expectations._busy, timeout=20_000)


def test_that_a_response_model_from_the_server_is_a_candidate_with_its_figures(
    trained: Any, desk: Desk, tmp_path: Path
) -> None:
    assert isinstance(desk.store, Store)
    arrivals = Arrivals(desk.store, tmp_path, desk.clock, "Bomberos")
    content = trained.file.read_bytes()
    offered = ArtefactEntry("model", "small.fdmodel", sha256(content).hexdigest(), len(content), 1)
    path = tmp_path / offered.sha256
    path.write_bytes(content)
    arrivals.take(offered, path, arrivals.examine(offered, path))
    (model,) = Registry(tmp_path / FOLDER, desk.clock).models()
    assert (model.kind, model.state) == (Kind.RESPONSE, State.CANDIDATE)
    assert model.origin.came == "handed out by the server Bomberos"
    assert model.evaluation is not None
