"""What goes wrong in one world, and how often: all of it from the seed, so that a world can be replayed."""

import random
from collections import Counter

from msgspec import Struct


class Chances(Struct, frozen=True):
    """Probabilities per occasion, but for those that say otherwise."""

    drop: float = 0.08
    duplicate: float = 0.08
    far_delay: float = 0.05
    cut: float = 0.03  # a desk's line, for minutes to an hour
    crash: float = 0.02  # a desk; half of them in the middle of a write
    power_cut: float = 0.3  # of the crashes: what was not synced is lost
    server_crash: float = 0.01
    restore: float = 0.15  # of the server's crashes: it comes back from an earlier copy
    full: float = 0.02  # a desk's disk, for a while
    clock: float = 0.03  # a desk's clock jumps
    mad_clock: float = 0.25  # of the jumps: it is hours ahead
    usb: float = 0.03
    post: float = 0.5  # of the worlds: some desks have a field post
    late_desk: float = 0.3  # of the worlds: a desk that joins while the others work, from a snapshot
    distrusted: float = 0.15  # of the worlds: a desk that may not do everything
    clone: float = 0.1  # of the worlds: a desk's disk is copied, and both go on


class Fate:
    """The seed's decisions, and a count of what happened."""

    def __init__(self, seed: int, chances: Chances | None = None) -> None:
        self.random = random.Random(seed)
        self.chances = chances or Chances()
        self.counts: Counter[str] = Counter()
        self.healed = False

    def strikes(self, what: str) -> bool:
        """Whether this fault happens now; never once the world is healing."""
        happens = not self.healed and self.random.random() < getattr(self.chances, what)
        if happens:
            self.counts[what] += 1
        return happens
