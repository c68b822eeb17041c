"""How long to wait before the next try: full jitter, so that many desks do not come back in one wave.

Waits are uniform between 0 and a bound that doubles: M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture
Blog, 2015), where "full jitter" needed the least work and the least time.
"""

from collections.abc import Callable
from random import Random


class Backoff:
    """Seconds to wait; `reset` once something succeeded."""

    def __init__(self, base_s: float, cap_s: float, chance: Callable[[], float] | None = None) -> None:
        self._base_s, self._cap_s = base_s, cap_s
        self._chance = chance or Random().random
        self._tries = 0

    def next_s(self) -> float:
        bound = min(self._cap_s, self._base_s * 2.0 ** min(self._tries, 30))
        self._tries += 1
        return self._chance() * bound

    def reset(self) -> None:
        self._tries = 0
