"""Made-up history with a rule in it, and one small model trained on it in a child process for all these tests."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core.models.record import Evaluation
from core.response.correct import ResponseModel

ROWS = 4000


@dataclass(frozen=True)
class Trained:
    data: Path
    file: Path
    model: ResponseModel
    evaluation: Evaluation
    told: list[str]


def write_history(path: Path, rows: int = ROWS, seed: int = 3) -> Path:
    """Roads promise `eta_s`; really it takes 1.3 times as long plus a turnout that depends on the kind and the hour."""
    rng = np.random.default_rng(seed)
    at = np.sort(rng.integers(1_700_000_000, 1_700_000_000 + 120 * 86_400, rows)).astype("datetime64[s]")
    kinds, areas = rng.choice(["ALS", "BLS", "ENGINE"], rows), rng.choice(["north", "south", "harbour"], rows)
    eta_s = rng.gamma(4, 90, rows) + 30
    night = (at.astype(int) % 86_400) < 6 * 3600
    turnout_s = (np.where(kinds == "ENGINE", 90, 50) + 60 * night) * np.exp(0.2 * rng.normal(size=rows))
    travel_s = 1.3 * eta_s * np.where(areas == "harbour", 1.4, 1.0) * np.exp(0.15 * rng.normal(size=rows))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["at", "kind", "area", "eta_s", "turnout_s", "travel_s"])
        for row in zip(at, kinds, areas, eta_s.round(1), turnout_s.round(1), travel_s.round(1), strict=True):
            writer.writerow(row)
    return path


@pytest.fixture(scope="session")
def history_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_history(tmp_path_factory.mktemp("history") / "history.csv")


@pytest.fixture(scope="session")
def trained(history_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One training for the whole session: TensorFlow takes seconds to load, in a process of its own."""
    from workstation.models.response_commands import train_file

    out = tmp_path_factory.mktemp("trained") / "small.fdmodel"
    told: list[str] = []
    evaluation = train_file(
        str(history_csv),
        out,
        lambda done, words: told.append(f"{done:.2f} {words}"),
        name="small",
        members=1,
        epochs=12,
    )
    return Trained(history_csv, out, ResponseModel.load(out), evaluation, told)
