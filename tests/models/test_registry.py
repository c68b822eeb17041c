"""The registry: states, gates, approval, rollback; what is on the disk after a crash; several processes at once."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.errors import Refused, Unavailable
from core.models.record import Act, Evaluation, Kind, Model, State
from core.models.registry import MEMORY, Registry
from core.models.tables import writing

AddModel = Callable[..., Model]


def test_that_a_registered_model_is_a_candidate_and_answers_nothing(registry: Registry, add: AddModel) -> None:
    model = add()
    assert model.state is State.CANDIDATE
    assert registry.current(Kind.SEVERITY) is None
    assert registry.shadow(Kind.SEVERITY) is None


def test_that_the_same_file_is_registered_once(registry: Registry, add: AddModel) -> None:
    first, again = add("one"), add("one")
    assert first.number == again.number
    assert len(registry.models()) == 1


def test_that_approval_makes_a_champion_whose_file_is_what_was_registered(registry: Registry, add: AddModel) -> None:
    registry.approve(add("one").number, who="Dr. Silva", reason="Better for children")
    path = registry.current(Kind.SEVERITY)
    assert path is not None
    assert path.read_text() == "one"


@pytest.mark.parametrize(("who", "reason"), [("", "Better"), ("  ", "Better"), ("Dr. Silva", ""), ("Dr. Silva", " ")])
def test_that_approval_needs_a_name_and_a_reason(registry: Registry, add: AddModel, who: str, reason: str) -> None:
    model = add()
    with pytest.raises(Refused):
        registry.approve(model.number, who=who, reason=reason)
    assert registry.model(model.number).state is State.CANDIDATE


@pytest.mark.parametrize(
    ("measures", "says"),
    [
        ({"under_triage": 0.3}, "Severe cases called less: 30.0 %; at most 15.0 % is asked for"),
        ({"ece": 0.2}, "ECE"),
        ({"auroc": 0.5}, "AUROC"),
        ({"under_triage_children": 0.5}, "children"),
    ],
)
def test_that_a_model_that_fails_a_gate_is_refused_with_the_figure(
    registry: Registry, add: AddModel, measures: dict[str, float], says: str
) -> None:
    model = add(**measures)
    with pytest.raises(Refused, match="does not pass") as refused:
        registry.approve(model.number, who="Dr. Silva", reason="Try")
    assert says in str(refused.value)
    assert refused.value.overridable


def test_that_a_model_that_was_never_evaluated_is_refused(registry: Registry, add: AddModel) -> None:
    model = add(evaluated=False)
    with pytest.raises(Refused, match="never evaluated"):
        registry.approve(model.number, who="Dr. Silva", reason="Try")


def test_that_an_override_is_kept_with_its_reason_and_the_gates_of_the_day(registry: Registry, add: AddModel) -> None:
    model = add(ece=0.2)
    registry.approve(model.number, who="Dr. Silva", reason="Needed", override="The old one fails in Spanish")
    step = registry.history(model.number)[-1]
    assert step.overridden
    assert "The old one fails in Spanish" in step.reason
    assert any(sentence.startswith("Failed: Error of the probabilities") for sentence in step.gates)


def test_that_a_model_worse_than_the_champion_on_the_same_data_is_refused(registry: Registry, add: AddModel) -> None:
    registry.approve(add("one").number, who="Dr. Silva", reason="First")
    worse = add("two", auroc=0.84)
    with pytest.raises(Refused, match=r"the champion has 0\.860"):
        registry.approve(worse.number, who="Dr. Silva", reason="Newer")
    about_equal = add("three", auroc=0.857)
    assert registry.approve(about_equal.number, who="Dr. Silva", reason="Newer").state is State.CHAMPION


def test_that_models_measured_on_different_data_are_not_compared_but_refused(registry: Registry, add: AddModel) -> None:
    registry.approve(add("one").number, who="Dr. Silva", reason="First")
    other = add("two", data_hash="d2")
    with pytest.raises(Refused, match="not evaluated on the same data"):
        registry.approve(other.number, who="Dr. Silva", reason="Newer")
    registry.evaluated(other.number, Evaluation("a year", "d1", 1000, 1, other.evaluations[0].measures))
    assert registry.approve(other.number, who="Dr. Silva", reason="Newer").state is State.CHAMPION


def test_that_a_new_champion_retires_the_old_one(registry: Registry, add: AddModel) -> None:
    first, second = add("one"), add("two")
    registry.approve(first.number, who="Dr. Silva", reason="First")
    registry.approve(second.number, who="Dr. Silva", reason="Better")
    assert registry.model(first.number).state is State.RETIRED
    assert [m.number for m in registry.models() if m.state is State.CHAMPION] == [second.number]


def test_that_kinds_have_champions_of_their_own(registry: Registry, add: AddModel) -> None:
    registry.approve(add("one").number, who="Dr. Silva", reason="First")
    registry.approve(add("two", Kind.RESPONSE).number, who="Chief Rojas", reason="First")
    assert registry.champion(Kind.SEVERITY) != registry.champion(Kind.RESPONSE)


def test_that_one_model_at_a_time_is_in_the_shadow(registry: Registry, add: AddModel) -> None:
    first, second = add("one"), add("two")
    registry.put_in_shadow(first.number, who="Kim", reason="Watch it")
    registry.put_in_shadow(second.number, who="Kim", reason="Watch that")
    assert registry.model(first.number).state is State.CANDIDATE
    path = registry.shadow(Kind.SEVERITY)
    assert path is not None
    assert path.read_text() == "two"


def test_that_a_rollback_brings_back_the_champion_before(registry: Registry, add: AddModel) -> None:
    numbers = [add(name).number for name in ("one", "two", "three")]
    for number in numbers:
        registry.approve(number, who="Dr. Silva", reason="Better")
    back = registry.roll_back(Kind.SEVERITY, who="Kim", reason="Misses burns")
    assert back is not None
    assert back.number == numbers[1]
    back = registry.roll_back(Kind.SEVERITY, who="Kim", reason="That too")
    assert back is not None
    assert back.number == numbers[0]
    assert registry.roll_back(Kind.SEVERITY, who="Kim", reason="All of them") is None
    assert registry.current(Kind.SEVERITY) is None
    with pytest.raises(Refused, match="nothing to roll back"):
        registry.roll_back(Kind.SEVERITY, who="Kim", reason="Again")


def test_that_a_rollback_passes_over_a_damaged_file(registry: Registry, add: AddModel) -> None:
    models = [add(name) for name in ("one", "two", "three")]
    for model in models:
        registry.approve(model.number, who="Dr. Silva", reason="Better")
    registry.files.path_of(models[1].sha256).write_text("tampered")
    back = registry.roll_back(Kind.SEVERITY, who="Kim", reason="Misses burns")
    assert back is not None
    assert back.number == models[0].number
    registry.approve(models[2].number, who="Dr. Silva", reason="Mended")
    again = registry.roll_back(Kind.SEVERITY, who="Kim", reason="Not mended")
    assert again is not None
    assert again.number == models[0].number


def test_that_a_tampered_file_is_not_given_out_and_the_last_good_one_is_known(
    registry: Registry, add: AddModel
) -> None:
    first, second = add("one"), add("two")
    registry.approve(first.number, who="Dr. Silva", reason="First")
    registry.approve(second.number, who="Dr. Silva", reason="Better")
    registry.files.path_of(second.sha256).write_bytes(b"two ")
    with pytest.raises(Unavailable, match="changed or is damaged"):
        registry.current(Kind.SEVERITY)
    good = registry.last_good(Kind.SEVERITY)
    assert good is not None
    assert good.number == first.number


def test_that_a_truncated_or_missing_file_cannot_be_approved(registry: Registry, add: AddModel) -> None:
    model = add("one")
    registry.files.path_of(model.sha256).unlink()
    with pytest.raises(Unavailable, match="cannot be read"):
        registry.approve(model.number, who="Dr. Silva", reason="First")
    assert registry.model(model.number).state is State.CANDIDATE


def test_that_every_step_is_kept_with_who_when_and_why(registry: Registry, add: AddModel) -> None:
    first, second = add("one"), add("two")
    registry.put_in_shadow(first.number, who="Kim", reason="Watch it")
    registry.approve(first.number, who="Dr. Silva", reason="A quiet week")
    registry.approve(second.number, who="Dr. Silva", reason="Better")
    registry.roll_back(Kind.SEVERITY, who="Kim", reason="Misses burns")
    acts = [(step.act, step.who, step.reason) for step in registry.history(first.number)]
    assert acts == [
        (Act.REGISTERED, "Kim", "model one"),
        (Act.SHADOWED, "Kim", "Watch it"),
        (Act.APPROVED, "Dr. Silva", "A quiet week"),
        (Act.REPLACED, "Dr. Silva", f"the severity model {second.number} took its place"),
        (Act.RESTORED, "Kim", f"the severity model {second.number} was rolled back"),
    ]
    with pytest.raises(Exception, match="never deleted"), writing(registry.path) as connection:
        connection.execute("DELETE FROM steps")


def test_that_a_champion_cannot_be_retired_and_a_candidate_can(registry: Registry, add: AddModel) -> None:
    first, second = add("one"), add("two")
    registry.approve(first.number, who="Dr. Silva", reason="First")
    with pytest.raises(Refused, match="roll back"):
        registry.retire(first.number, who="Kim", reason="Old")
    assert registry.retire(second.number, who="Kim", reason="Not needed").state is State.RETIRED


def test_that_people_may_name_a_model_by_number_state_or_hash(registry: Registry, add: AddModel) -> None:
    first, second = add("one"), add("two")
    registry.approve(first.number, who="Dr. Silva", reason="First")
    assert registry.named("champion").number == first.number
    assert registry.named(str(second.number)).number == second.number
    assert registry.named(second.sha256[:8]).number == second.number
    with pytest.raises(Refused, match="no model"):
        registry.named("99")


def test_that_what_a_crash_left_behind_is_tidied(registry: Registry, add: AddModel, clock: ManualClock) -> None:
    add("one")
    orphan = registry.files.path_of("0" * 64)
    orphan.write_text("settled, never registered")
    half = registry.files.folder / ".incoming-half"
    half.write_text("half")
    add("two")
    assert not orphan.exists()
    registry.files.tidy({m.sha256 for m in registry.models()}, round(half.stat().st_mtime * 1000) + 25 * 3_600_000)
    assert not half.exists()
    assert len(list(registry.files.folder.iterdir())) == 2


def test_that_a_file_that_cannot_be_read_registers_nothing(registry: Registry, tmp_path: Path, add: AddModel) -> None:
    add("one")
    with pytest.raises(Unavailable, match="cannot be taken in"):
        registry.add(Kind.SEVERITY, tmp_path / "absent", name="x", made_by="Kim", origin=registry.models()[0].origin)
    assert len(registry.models()) == 1


def test_that_a_registry_of_a_newer_foredesk_is_left_alone(registry: Registry, add: AddModel) -> None:
    add("one")
    with writing(registry.path) as connection:
        connection.execute("PRAGMA user_version = 9")
    with pytest.raises(Unavailable, match="newer Foredesk"):
        registry.models()


def test_that_a_file_that_is_no_registry_is_said_so(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "registry.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(Unavailable, match="damaged"):
        Registry(tmp_path, clock).models()


_APPROVER = """
import sys
from pathlib import Path
from core.clock import ManualClock
from core.models.record import Evaluation, Kind, Measure, Origin
from core.models.registry import MEMORY, Registry
folder, who = Path(sys.argv[1]), sys.argv[2]
registry = Registry(folder / "models", ManualClock())
measures = {"auroc": 0.9, "under_triage": 0.1, "over_triage": 0.3, "ece": 0.01}
for n in range(6):
    file = folder / f"{who}.fdmodel"
    file.write_text(f"{who} {n}")
    found = Evaluation("a", "d", 10, 1, {name: Measure(value) for name, value in measures.items()})
    model = registry.add(Kind.SEVERITY, file, name="x", made_by=who, origin=Origin(), evaluations=[found])
    registry.approve(model.number, who=who, reason="In turn")
"""


def test_that_several_processes_may_approve_at_once(tmp_path: Path, clock: ManualClock, repository: Path) -> None:
    command = [sys.executable, "-c", _APPROVER, str(tmp_path)]
    running = [subprocess.Popen([*command, who], cwd=repository) for who in ("Ana", "Ben", "Cy")]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    registry = Registry(tmp_path / "models", clock)
    models = registry.models()
    assert len(models) == 18
    assert [m.state for m in models].count(State.CHAMPION) == 1
    approvals = [step.model for step in registry.history() if step.act is Act.APPROVED]
    assert approvals[-1] == next(m.number for m in models if m.state is State.CHAMPION)
    assert registry.current(Kind.SEVERITY) is not None
    assert len(list(registry.files.folder.iterdir())) == 18


def test_that_figures_are_noted_with_their_time(registry: Registry, clock: ManualClock) -> None:
    registry.note(Kind.SEVERITY, MEMORY, 41.5)
    clock.advance(60)
    registry.note(Kind.SEVERITY, MEMORY, 42.0, "two models")
    registry.note(Kind.RESPONSE, MEMORY, 2.0)
    assert [reading.value for reading in registry.readings(Kind.SEVERITY, MEMORY)] == [41.5, 42.0]
    assert [reading.words for reading in registry.readings(Kind.SEVERITY, MEMORY, clock.now_ms())] == ["two models"]


def test_that_looking_into_a_registry_makes_none(tmp_path: Path, clock: ManualClock) -> None:
    registry = Registry(tmp_path / "models", clock)
    assert registry.models() == ()
    assert registry.champion(Kind.SEVERITY) is None
    assert registry.history() == ()
    assert not (tmp_path / "models").exists()
