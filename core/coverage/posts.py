"""The best posts for n units, by MCLP and MEXCLP, with a proof of how far from the best they can be at most.

Exact over every node, whatever the size of the map: the whole worth of a plan (see post_gains.py) is one concave
function of the units at each site, which HiGHS is told by and by through the lines that touch it (Benders cuts; for
covering: Cordeau, Furini and Ljubić 2019). Each answer of HiGHS bounds all plans; each plan it proposes is weighed
exactly. A greedy plan, improved by exchanges, stands from the first second on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.coverage.demand import Demand
from core.coverage.post_gains import Gains, gains_of
from core.coverage.reaches import Reaches, Spread, Start, in_turn
from core.roads.engine import RoadEngine
from core.roads.segments import Floats
from core.roads.snap import Snap

_ROUNDS = 400
_LEVEL = 1e-9  # shares that differ by less are equal


@dataclass(frozen=True, slots=True)
class PostPlan:
    """Units by site, the share of demand covered (with busy units: expected to be) and what no plan can exceed."""

    units: dict[str, int]
    share: float
    bound: float
    within_reach: float  # the share that a unit at every site would reach

    @property
    def gap(self) -> float:
        """How much better another plan could be at most, 0 for a plan proved to be the best."""
        return max(0.0, self.bound - self.share)


@dataclass(frozen=True, slots=True)
class Effort:
    """When to stop: at this gap between plan and bound (a share, 0 to 1), or after these seconds by that clock."""

    gap: float = 0.001
    limit_s: float = 60.0
    seconds: Callable[[], float] = lambda: 0.0


def best_posts(
    engine: RoadEngine,
    sites: Mapping[str, Snap],
    demand: Demand,
    units: int,
    threshold_s: float,
    *,
    busy: float = 0.0,
    turnout_s: float = 0.0,
    siren: bool = True,
    effort: Effort | None = None,
    spread: Spread = in_turn,
) -> PostPlan:
    """Where to post `units` among the sites so that most demand is reached within the threshold, turnout included.

    `busy`, 0 to below 1, is the share of time in which a unit is not free; above 0 several units may share a site.
    """
    reaches = Reaches(engine)
    limit_ms = round(1000 * (threshold_s - turnout_s))
    ranges = reaches.of([Start(place, siren, limit_ms) for place in sites.values()], spread)
    gains = gains_of(reaches, ranges, demand, busy)
    return solve_posts(gains, list(sites), units, effort or Effort())


def solve_posts(gains: Gains, names: list[str], units: int, effort: Effort) -> PostPlan:
    """The same on gains that are known already."""
    most_each = 1 if gains.busy == 0 else units
    units = min(units, most_each * gains.sites)
    if not units or not len(gains.weights):
        return PostPlan({}, 0.0, 0.0, gains.within_reach)
    search = _Search(gains, units, most_each, effort)
    search.run()
    best = {name: int(count) for name, count in zip(names, search.best, strict=True) if count}
    return PostPlan(best, search.share, max(search.share, search.bound), gains.within_reach)


class _Search:
    def __init__(self, gains: Gains, units: int, most_each: int, effort: Effort) -> None:
        self._gains = gains
        self._units = units
        self._most_each = most_each
        self._effort = effort
        self._until_s = effort.seconds() + effort.limit_s
        self._constants: list[Floats] = []
        self._slopes: list[Floats] = []
        self.best: Floats = np.zeros(gains.sites)
        self.share = 0.0
        self.bound = gains.within_reach

    def run(self) -> None:
        """Better plans and lower bounds in turn, first with fractions of units allowed and then with whole ones."""
        self._offer(self._improved(self._greedy()))
        self._cut(self.best)
        self._with_fractions()
        self._with_whole_units()

    def _with_fractions(self) -> None:
        for _ in range(_ROUNDS):
            proposed = None if self._done() else self._ask(whole=False)
            if proposed is None:
                return
            self._cut(proposed)
            self._cut((proposed + self.best) / 2)  # nearer the middle, where cuts go deeper
            if self.bound - self._gains.worth(proposed) < max(_LEVEL, self._effort.gap / 20):
                self._offer(self._improved(self._rounded(proposed)))
                return

    def _with_whole_units(self) -> None:
        for _ in range(_ROUNDS):
            proposed = None if self._done() else self._ask(whole=True)
            if proposed is None:
                return
            plan = np.rint(proposed)
            self._cut(plan)
            self._offer(plan)

    def _done(self) -> bool:
        return self.bound - self.share <= self._effort.gap or self._left_s() <= 0

    def _left_s(self) -> float:
        return self._until_s - self._effort.seconds()

    def _offer(self, plan: Floats) -> None:
        share = self._gains.worth(plan)
        if share > self.share:
            self.best, self.share = plan, share

    def _greedy(self, start: Floats | None = None) -> Floats:
        plan = np.zeros(self._gains.sites) if start is None else start.copy()
        while plan.sum() < self._units:
            gain = self._gains.gain_of_one_more(plan)
            gain[plan >= self._most_each] = -1.0
            plan[gain.argmax()] += 1
        return plan

    def _rounded(self, fractions: Floats) -> Floats:
        return self._greedy(np.floor(fractions + _LEVEL))

    def _improved(self, plan: Floats) -> Floats:
        """Exchange one site for another as long as that helps."""
        share, changed = self._gains.worth(plan), True
        while changed:
            changed = False
            for site in np.flatnonzero(plan).tolist():
                if self._left_s() <= 0:
                    return plan
                plan[site] -= 1
                gain = self._gains.gain_of_one_more(plan)
                gain[plan >= self._most_each] = -1.0
                gain[site] += _LEVEL  # stays unless another is better
                other = int(gain.argmax())
                plan[other] += 1
                if other != site:
                    better = self._gains.worth(plan)
                    changed, share = changed or better > share + _LEVEL, better
        return plan

    def _cut(self, plan: Floats) -> None:
        constant, slopes = self._gains.cuts(plan)
        self._constants.append(constant)
        self._slopes.append(slopes)

    def _ask(self, whole: bool) -> Floats | None:
        """HiGHS' best plan under the cuts so far, which lowers the bound; None when its time ran out without one."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        sites, blocks = self._gains.sites, len(self._gains.blocks) - 1
        worth_most = np.add.reduceat(self._gains.weights, self._gains.blocks[:-1])
        answer: Any = milp(
            np.concatenate([np.zeros(sites), -np.ones(blocks)]),
            integrality=np.concatenate([np.full(sites, int(whole)), np.zeros(blocks)]),
            bounds=Bounds(0, np.concatenate([np.full(sites, self._most_each), worth_most])),
            constraints=[
                LinearConstraint(self._matrix(), -np.inf, np.concatenate(self._constants)),
                LinearConstraint(np.concatenate([np.ones(sites), np.zeros(blocks)])[None], self._units, self._units),
            ],
            options={"time_limit": max(0.1, self._left_s()), "mip_rel_gap": self._effort.gap / 4},
        )
        proved = answer.mip_dual_bound if whole else (answer.fun if answer.status == 0 else None)
        if proved is not None and np.isfinite(proved):
            self.bound = min(self.bound, -float(proved))
        return None if answer.x is None else np.clip(answer.x[:sites], 0.0, self._most_each)

    def _matrix(self) -> Any:
        from scipy.sparse import csr_array, eye_array, hstack, vstack

        blocks = len(self._gains.blocks) - 1
        return hstack(
            [-csr_array(np.concatenate(self._slopes)), vstack([eye_array(blocks)] * len(self._slopes))]
        ).tocsr()
