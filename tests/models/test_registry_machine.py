"""Whatever is done in whatever order, the registry agrees with a simple picture of it; killed at any moment, too."""

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.clock import ManualClock
from core.errors import Refused
from core.models.record import Act, Evaluation, Kind, Measure, Origin, State
from core.models.registry import Registry

MEASURES = {"auroc": 0.9, "under_triage": 0.1, "over_triage": 0.3, "ece": 0.01}


class RegistryMachine(RuleBasedStateMachine):
    """The picture: states by number, and the pile of champions."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="foredesk-registry-"))
        self.registry = Registry(self.folder / "models", ManualClock())
        self.states: dict[int, State] = {}
        self.pile: list[int] = []
        self.made = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def _pick(self, at: int) -> int:
        return sorted(self.states)[at % len(self.states)]

    def _swap(self, state: State, displaced: State, number: int) -> None:
        for other, known in self.states.items():
            if known is state:
                self.states[other] = displaced
        self.states[number] = state

    @rule(passes=st.booleans())
    def add(self, passes: bool) -> None:
        self.made += 1
        path = self.folder / "made"
        path.write_text(f"model {self.made}")
        values = MEASURES if passes else {**MEASURES, "ece": 0.5}
        found = Evaluation("a", "d", 10, self.made, {name: Measure(value) for name, value in values.items()})
        model = self.registry.add(
            Kind.SEVERITY, path, name="x", made_by="Kim", origin=Origin(code_version=str(passes)), evaluations=[found]
        )
        self.states[model.number] = State.CANDIDATE

    @precondition(lambda self: self.states)
    @rule(at=st.integers(0, 50))
    def approve(self, at: int) -> None:
        number = self._pick(at)
        passes = self.registry.model(number).origin.code_version == "True"
        if self.states[number] is State.CHAMPION or not passes:
            with pytest.raises(Refused):
                self.registry.approve(number, who="Kim", reason="r")
            return
        self.registry.approve(number, who="Kim", reason="r")
        self._swap(State.CHAMPION, State.RETIRED, number)
        self.pile.append(number)

    @precondition(lambda self: self.states)
    @rule(at=st.integers(0, 50))
    def shadow(self, at: int) -> None:
        number = self._pick(at)
        if self.states[number] in (State.CHAMPION, State.SHADOW):
            with pytest.raises(Refused):
                self.registry.put_in_shadow(number, who="Kim", reason="r")
            return
        self.registry.put_in_shadow(number, who="Kim", reason="r")
        self._swap(State.SHADOW, State.CANDIDATE, number)

    @precondition(lambda self: self.states)
    @rule(at=st.integers(0, 50))
    def retire(self, at: int) -> None:
        number = self._pick(at)
        if self.states[number] in (State.CHAMPION, State.RETIRED):
            with pytest.raises(Refused):
                self.registry.retire(number, who="Kim", reason="r")
            return
        self.registry.retire(number, who="Kim", reason="r")
        self.states[number] = State.RETIRED

    @rule()
    def roll_back(self) -> None:
        champion = next((number for number, state in self.states.items() if state is State.CHAMPION), None)
        if champion is None:
            with pytest.raises(Refused):
                self.registry.roll_back(Kind.SEVERITY, who="Kim", reason="r")
            return
        back = self.registry.roll_back(Kind.SEVERITY, who="Kim", reason="r")
        self.pile.pop()
        self.states[champion] = State.RETIRED
        while self.pile and self.pile[-1] == champion:
            self.pile.pop()
        if self.pile:
            self.states[self.pile[-1]] = State.CHAMPION
        assert (back.number if back else None) == (self.pile[-1] if self.pile else None)

    @invariant()
    def agrees(self) -> None:
        assert {m.number: m.state for m in self.registry.models()} == self.states
        current = self.registry.current(Kind.SEVERITY)
        assert (current is None) == (State.CHAMPION not in self.states.values())


TestRegistryMachine = RegistryMachine.TestCase
TestRegistryMachine.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)

_BUSY = """
import sys
from pathlib import Path
from core.clock import ManualClock
from core.models.record import Evaluation, Kind, Measure, Origin
from core.models.registry import Registry
folder = Path(sys.argv[1])
registry = Registry(folder / "models", ManualClock())
for n in range(10_000):
    file = folder / "made"
    file.write_text(f"{sys.argv[2]} {n}")
    values = {"auroc": 0.9, "under_triage": 0.1, "over_triage": 0.3, "ece": 0.01}
    found = Evaluation("a", "d", 10, 1, {name: Measure(value) for name, value in values.items()})
    model = registry.add(Kind.SEVERITY, file, name="x", made_by="Kim", origin=Origin(), evaluations=[found])
    registry.approve(model.number, who="Kim", reason="In turn")
    print(model.number, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="only where a process can be killed outright")
def test_that_a_registry_survives_being_killed_at_any_moment(tmp_path: Path, repository: Path) -> None:
    told = 0
    for life in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", _BUSY, str(tmp_path), str(life)], cwd=repository, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(3 + life):
            told = int(process.stdout.readline())
        process.kill()
        process.stdout.close()
        process.wait(30)
        registry = Registry(tmp_path / "models", ManualClock())
        champion = registry.champion(Kind.SEVERITY)
        assert champion is not None
        assert champion.number >= told
        assert registry.current(Kind.SEVERITY) is not None
        assert [m.state for m in registry.models()].count(State.CHAMPION) == 1
        assert [s.model for s in registry.history() if s.act is Act.APPROVED][-1] == champion.number
        assert all(registry.files.verified(m.sha256, m.title).exists() for m in registry.models())
