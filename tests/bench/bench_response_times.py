"""How good response times are on New York's data, beside gradient boosting fitted in the same run; a command, no test.

    python tests/bench/bench_response_times.py [--members 3] [--rows 373154] [--data FILE]

By time: trained on three and a quarter years, stopped and calibrated on the four months after, tested on the half year
after that. Configurations were compared on the months between only (`--search` does it again).
"""

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

DATA = ROOT.parent / "shared" / "data" / "response_times" / "nyc_ems_response_times_373k.csv.gz"
TRIED = (
    {},
    {"hidden": (256, 128)},
    {"hidden": (64, 32)},
    {"dropout": 0.2},
    {"forget": 0.05},
    {"forget": 0.2},
    {"l2": 1e-4},
    {"rate": 4e-3, "batch": 1024},
    {"rate": 1e-3, "batch": 256},
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--members", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--search", action="store_true", help="compare configurations on the months before the test")
    args = parser.parse_args()
    if args.search:
        search(args.data)
        return
    from workstation.models.response_commands import print_evaluation, train_file

    with TemporaryDirectory() as folder:
        out = Path(folder) / "nyc.fdmodel"
        began = time.perf_counter()
        evaluation = train_file(
            str(args.data), out, lambda done, words: print(f"{done:4.0%} {words}", file=sys.stderr),
            name="NYC", seed=args.seed, members=args.members, epochs=args.epochs,
        )  # fmt: skip
        print(f"{time.perf_counter() - began:.0f} s for everything; the file has {out.stat().st_size:,} bytes.\n")
        print_evaluation(evaluation)
        one_recommendation(out)


def one_recommendation(path: Path) -> None:
    """Times for the twenty units of one recommendation."""
    from core.response.correct import Facts, ResponseModel, journeys_of

    began = time.perf_counter()
    model = ResponseModel.load(path)
    loaded_ms = (time.perf_counter() - began) * 1000
    words = {"type": "5", "priority": "3", "area": "5", "place": "10475"}
    journeys = journeys_of([300.0] * 20, [Facts(at=1_450_000_000, words=words)] * 20)
    took = []
    for _ in range(300):
        began = time.perf_counter()
        model.times(journeys)
        took.append((time.perf_counter() - began) * 1000)
    print(f"\nloaded in {loaded_ms:.0f} ms; 20 units in {np.median(took):.2f} ms (median)")


def search(data: Path) -> None:
    """Two seeds of each configuration, measured on the months before the test."""
    from core.learning.response.measures import losses
    from core.learning.response.networks import Settings, train_member
    from core.learning.response.table import read_table
    from core.learning.response.training import prepare

    table = read_table(data)
    ready = prepare(table)
    split, featuriser = ready.split, ready.featuriser
    between = split.stop | split.calibrate
    part = [(ready.inputs[0][rows], ready.inputs[1][rows]) for rows in (split.train, split.stop, between)]
    for tried in TRIED:
        found = []
        for seed in (1, 2):
            member = train_member(
                part[0], ready.logs[split.train], (part[1], ready.logs[split.stop]), featuriser.vocabularies,
                featuriser.strange, Settings(**tried), seed, lambda _done, _words: None,
            )  # fmt: skip
            seconds = np.exp(member(*part[2])[:, 0, :].astype(float) + ready.targets[0].base_log)
            values = losses(table.whole[between], seconds)
            found.append((values["mae_s"].mean(), values["pinball_90_s"].mean()))
        error, loss = np.mean(found, axis=0)
        print(f"{error:7.2f} s mean error {loss:7.2f} s loss at 90 %  {tried or 'as shipped'}", flush=True)


if __name__ == "__main__":
    main()
