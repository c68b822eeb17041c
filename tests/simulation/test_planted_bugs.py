"""A simulation that finds nothing proves nothing: each planted bug has to be noticed within some worlds."""

import pytest

from tests.simulation.bugs import BUGS
from tests.simulation.world import run_world

MOST_WORLDS = 40


@pytest.mark.parametrize("name", BUGS)
def test_that_the_simulation_notices(name: str) -> None:
    bug = BUGS[name]
    for seed in range(bug.first, bug.first + MOST_WORLDS):
        with bug.plant():
            failures = run_world(seed, steps=16, chances=bug.chances).failures
        if failures:
            print(f"{name}: seed {seed}: {failures[0]}")
            return
    pytest.fail(f"{MOST_WORLDS} worlds did not notice: {name}")
