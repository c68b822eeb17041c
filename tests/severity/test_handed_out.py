"""A model that the server hands out: checked, a candidate with its origin, never what answers."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.models.overview import Seen, overview
from core.models.record import Kind, State
from core.models.registry import FOLDER, Registry
from core.store import Store, open_store
from sync.protocol.offers import ArtefactEntry
from widgets.models.words import about_model
from widgets.palette import DARK
from workstation.cli import main
from workstation.sync.arrivals import Arrivals


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "desk.store", bytes(range(32)), ManualClock())
    yield opened
    opened.close()


@pytest.fixture
def arrivals(store: Store, tmp_path: Path) -> Arrivals:
    return Arrivals(store, tmp_path, ManualClock(), "Bomberos")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / FOLDER, ManualClock())


def entry(content: bytes) -> ArtefactEntry:
    return ArtefactEntry("model", "calls.fdmodel", sha256(content).hexdigest(), len(content), 1)


def come(arrivals: Arrivals, offered: ArtefactEntry, content: bytes, folder: Path) -> str:
    path = folder / "artefacts" / offered.sha256
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    arrivals.take(offered, path, arrivals.examine(offered, path))
    return arrivals.sentences[-1]


def test_that_a_model_from_the_server_is_a_candidate_with_its_origin(
    arrivals: Arrivals,
    registry: Registry,
    small_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = small_model.read_bytes()
    said = come(arrivals, entry(content), content, tmp_path)
    assert "a candidate that answers nobody until a person approves it" in said
    (model,) = registry.models()
    assert (model.kind, model.state, model.sha256) == (Kind.SEVERITY, State.CANDIDATE, sha256(content).hexdigest())
    assert model.origin.came == "handed out by the server Bomberos"
    assert model.origin.data == "twelve sentences"
    assert registry.champion(Kind.SEVERITY) is None
    assert not registry.verdict(model.number).passed
    assert not arrivals.wanted(entry(content))
    monkeypatch.setenv("FOREDESK_HOME", str(tmp_path))
    assert main(["model", "list"]) == 0
    assert "handed out by the server Bomberos" in capsys.readouterr().out
    assert main(["model", "show", "1"]) == 0
    assert "Handed out by the server Bomberos on" in capsys.readouterr().out


def test_that_the_models_page_says_where_it_came_from(
    arrivals: Arrivals, registry: Registry, small_model: Path, tmp_path: Path
) -> None:
    content = small_model.read_bytes()
    come(arrivals, entry(content), content, tmp_path)
    shown = about_model(registry.model(1), overview(registry, Seen(), ManualClock().now_ms()), DARK)
    assert "Handed out by the server Bomberos on" in shown
    assert "Trained on twelve sentences" in shown
    assert "never evaluated" in shown


def test_that_a_model_that_comes_again_stays_what_people_made_of_it(
    arrivals: Arrivals, registry: Registry, small_model: Path, tmp_path: Path
) -> None:
    content = small_model.read_bytes()
    come(arrivals, entry(content), content, tmp_path)
    registry.retire(1, who="Dr. Silva", reason="Not ours")
    assert "it was here already: severity model 1, retired" in come(arrivals, entry(content), content, tmp_path)
    assert [model.state for model in registry.models()] == [State.RETIRED]


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_that_a_broken_model_is_refused_and_changes_nothing(
    arrivals: Arrivals, registry: Registry, small_model: Path, tmp_path: Path, kept: float
) -> None:
    whole = small_model.read_bytes()
    content = whole[: int(kept if kept >= 1 else kept * len(whole))]
    said = come(arrivals, entry(content), content, tmp_path)
    assert "cannot be used: It is truncated, damaged, or no model file." in said
    assert registry.models() == ()
    assert arrivals.wanted(entry(content))


def test_that_a_model_that_is_not_what_the_server_offered_is_refused(
    arrivals: Arrivals, registry: Registry, small_model: Path, tmp_path: Path
) -> None:
    content = small_model.read_bytes()
    said = come(arrivals, entry(b"something else"), content, tmp_path)
    assert "not what the server handed out" in said
    assert registry.models() == ()
