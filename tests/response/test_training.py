"""What training learns, promises and refuses; it runs in a child process, which harms nothing when it crashes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import Refused, Unavailable
from core.learning.response.boosting import MEDIAN
from core.learning.response.table import read_table
from core.learning.response.training import prepare
from core.response.correct import Facts
from workstation.models.child import Stopped, run_in_child

TWICE = """
import sys
from hashlib import sha256
from pathlib import Path
from core.learning.response.jobs import TrainResponse, train_response
out = Path(sys.argv[2])
sums = []
for seed in (5, 5):
    request = TrainResponse(data=sys.argv[1], out=str(out), name="x", now_ms=1, made_at="2026-01-01", code_version="0",
                            members=1, epochs=1, seed=seed, compare=False)
    train_response(request, lambda done, words: None)
    sums.append(sha256(out.read_bytes()).hexdigest())
print(sums[0] == sums[1])
"""


def test_that_training_finds_the_rule_in_the_history(trained: Any) -> None:
    at_noon, at_night = 1_700_049_600, 1_700_006_400 + 3600
    facts = [
        Facts(at=at_noon, words={"kind": "ALS", "area": "north"}),
        Facts(at=at_noon, words={"kind": "ALS", "area": "harbour"}),
        Facts(at=at_night, words={"kind": "ENGINE", "area": "north"}),
    ]
    noon, harbour, night = trained.model.correct([300.0] * 3, facts)
    assert noon.eta_s == pytest.approx(50 + 1.3 * 300, rel=0.12)
    assert harbour.eta_s == pytest.approx(50 + 1.4 * 1.3 * 300, rel=0.12)
    assert night.turnout_s == pytest.approx(150, rel=0.15)
    assert noon.turnout_s == pytest.approx(50, rel=0.15)


def test_that_nine_in_ten_keep_what_is_promised_to_nine_in_ten(trained: Any) -> None:
    assert trained.evaluation.measures["within_90"].value == pytest.approx(0.9, abs=0.035)


def test_that_the_network_is_measured_beside_baselines_of_the_same_run(trained: Any) -> None:
    evaluation = trained.evaluation
    assert len(evaluation.baselines) == 3
    assert evaluation.measures["mae_s"].value < evaluation.baselines[MEDIAN]["mae_s"]
    assert evaluation.measures["gain"].value > -0.15  # so little data is the trees' strength
    low, high = evaluation.measures["mae_s"].low, evaluation.measures["mae_s"].high
    assert low is not None
    assert high is not None
    assert low < evaluation.measures["mae_s"].value < high


def test_that_progress_is_told_and_ends(trained: Any) -> None:
    assert any("round 1" in words for words in trained.told)
    assert trained.told[-1].startswith("1.00")


def test_that_the_card_and_the_manifest_say_what_was_trained_on(trained: Any) -> None:
    manifest = trained.model.manifest
    assert manifest.rows == 4000
    assert [target.name for target in manifest.targets] == ["response", "turnout", "travel"]
    assert manifest.evaluation == trained.evaluation
    assert trained.model.follows_roads


def test_that_the_same_seed_gives_the_same_file(tmp_path: Path, repository: Path, history_csv: Path) -> None:
    data = tmp_path / "few.csv"
    data.write_text("".join(history_csv.read_text().splitlines(keepends=True)[:600]))
    command = [sys.executable, "-W", "ignore", "-c", TWICE, str(data), str(tmp_path / "x.fdmodel")]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False, timeout=110)
    assert done.stdout.split() == ["True"], done.stderr[-2000:]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("kind,response_s\nALS,300\n", "no column of dates"),
        ("at,kind\n2026-01-01,ALS\n", "no times"),
        ("at,response_s\n2026-01-01,\n", "nothing but blanks"),
        ("at,response_s\nyesterday,300\n", "no date that can be read"),
        ("at,response_s\n2026-01-01,300\n2026-01-02,400\n2026-01-03,350\n", "3 responses"),
        ("at,response_s\n" + "2026-01-01T00:00:00,300\n" * 400, "hardly any different times"),
        ("", "cannot be read"),
    ],
)
def test_that_data_that_teach_nothing_are_refused_with_the_reason(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "data.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Unavailable, match=says):
        read_table(path)


def test_that_rows_that_were_no_response_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [f"2026-01-01T{hour:02}:{minute:02}:00,{200 + hour + minute}" for hour in range(24) for minute in range(60)]
    path = tmp_path / "data.csv"
    odd = ["2026-01-02T00:00:00,5", "2026-01-02T00:00:00,90000", "2026-01-02T00:00:00,", "never,300"]
    path.write_text("\n".join(["at,response_s", *rows, *odd]), encoding="utf-8")
    table = read_table(path)
    assert len(table) == 24 * 60
    assert any("2 responses under 30 s" in finding for finding in table.findings)
    assert any("1 rows without a time" in finding for finding in table.findings)
    assert any("1 rows without a date" in finding for finding in table.findings)


def test_that_the_split_is_by_time_and_nothing_is_seen_early(history_csv: Path) -> None:
    ready = prepare(read_table(history_csv))
    at, split = ready.table.journeys.at, ready.split
    assert at[split.train].max() < at[split.stop].min()
    assert at[split.stop].max() < at[split.calibrate].min()
    assert at[split.calibrate].max() < at[split.test].min()
    shuffled = ready.table.part(np.arange(len(at)))
    shuffled.whole[split.test] *= 3
    again = prepare(shuffled)
    assert again.featuriser.spec == ready.featuriser.spec
    first = np.flatnonzero(split.test)[0]
    assert np.array_equal(again.inputs[1][: first + 1], ready.inputs[1][: first + 1])


JOBS = """
import os
from core.errors import Refused

def crash(request, tell):
    os._exit(request)

def refuse(request, tell):
    raise Refused("That cannot be.", "All is as it was.", request)

def fail(request, tell):
    raise ValueError(request)

def look(request, tell):
    tell(0.5, "half")
    return os.getppid(), os.nice(0)
"""


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "made_up_jobs.py").write_text(JOBS)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("jobs")
def test_that_a_child_that_crashes_is_told_plainly_and_harms_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Unavailable, match="exit code 7"):
        run_in_child("made_up_jobs:crash", 7, lambda done, words: None)
    with pytest.raises(Unavailable, match="ValueError: odd data"):
        run_in_child("made_up_jobs:fail", "odd data", lambda done, words: None)
    with pytest.raises(Refused, match="Ask otherwise"):
        run_in_child("made_up_jobs:refuse", "Ask otherwise", lambda done, words: None)
    capfd.readouterr()


@pytest.mark.usefixtures("jobs")
def test_that_a_child_gives_way_to_everything_else() -> None:
    told: list[str] = []
    parent, niceness = run_in_child("made_up_jobs:look", None, lambda done, words: told.append(words))
    assert parent == os.getpid()
    assert niceness >= 10
    assert told == ["half"]


def test_that_a_child_that_is_not_wanted_any_more_ends() -> None:
    with pytest.raises(Stopped):
        run_in_child("core.learning.response.jobs:train_response", None, lambda done, words: None, wanted=lambda: False)
