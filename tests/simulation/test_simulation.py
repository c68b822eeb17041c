"""Many small worlds, each from its seed: what fails in one is found again by `simulate_sync.py --seed N --trace`.

The nightly run does 20,000 larger ones: python tests/bench/simulate_sync.py --seeds 20000 --processes 2.
"""

import multiprocessing
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.simulation.world import Result, run_world

WORLDS = int(os.environ.get("FOREDESK_WORLDS", "500"))
STEPS = 10
MUST_OCCUR = (
    "drop",
    "duplicate",
    "far_delay",
    "cut",
    "crash",
    "clock",
    "full",
    "usb",
    "post",
    "late_desk",
    "server_crash",
)


def _world(seed: int) -> Result:
    return run_world(seed, steps=STEPS)


@pytest.mark.timeout(900)  # 500 worlds take under a minute on two quiet cores
def test_that_everything_holds_after_healing_whatever_failed_before() -> None:
    counts: Counter[str] = Counter()
    failed: dict[int, list[str]] = {}
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        for result in pool.map(_world, range(WORLDS), chunksize=4):
            counts.update(result.counts)
            if result.failures:
                failed[result.seed] = result.failures
    print(f"{WORLDS} worlds:", ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    assert not failed
    assert all(counts[fault] for fault in MUST_OCCUR), counts


def test_that_a_world_is_the_same_each_time() -> None:
    one, other = run_world(7, steps=12), run_world(7, steps=12)
    assert (one.counts, one.events, one.messages) == (other.counts, other.events, other.messages)
