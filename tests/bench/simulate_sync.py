"""Simulates desks and servers that fail, deterministically: `python tests/bench/simulate_sync.py --seeds 20000`.

`--seed N --trace` replays one world and tells what happened in it. docs/sync-simulation.md explains the rest.
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.simulation.world import Result, run_world


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="how many worlds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--steps", type=int, default=30, help="what the desks do in each world")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seed", type=int, help="only this world")
    parser.add_argument("--trace", action="store_true", help="tell what happens in it")
    asked = parser.parse_args()
    if asked.seed is not None:
        result = run_world(asked.seed, steps=asked.steps, trace=asked.trace)
        print(*(result.failures or ["Everything holds."]), sep="\n")
        print(dict(result.counts))
        return bool(result.failures)
    return many(asked.first, asked.seeds, asked.steps, asked.processes)


def many(first: int, seeds: int, steps: int, processes: int) -> int:
    began, totals, failed = time.monotonic(), Counter[str](), []
    for result in results(range(first, first + seeds), steps, processes):
        totals.update(result.counts)
        totals.update(
            worlds=1,
            events=result.events,
            messages=result.messages,
            conflicts=result.conflicts,
            virtual_s=result.virtual_ms // 1000,
        )
        if result.failures:
            failed.append(result)
            print(f"seed {result.seed}: {'; '.join(result.failures)}", flush=True)
    took_s = time.monotonic() - began
    print(f"{seeds} worlds in {took_s:.0f} s, {seeds / took_s:.1f} a second; {len(failed)} failed")
    print(", ".join(f"{name} {count:,}" for name, count in sorted(totals.items())))
    return bool(failed)


def results(seeds: range, steps: int, processes: int) -> "list[Result] | object":
    if processes == 1:
        return (run_world(seed, steps=steps) for seed in seeds)
    pool = ProcessPoolExecutor(processes)
    return pool.map(run_with_steps, ((seed, steps) for seed in seeds), chunksize=4)


def run_with_steps(what: tuple[int, int]) -> Result:
    return run_world(what[0], steps=what[1])


if __name__ == "__main__":
    sys.exit(main())
