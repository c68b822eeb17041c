"""Hypothesis drives real desks: whatever they do and hear in whatever order, telling everything makes them alike."""

import random
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from core.clock import ManualClock
from core.domain import commands as c
from core.domain.agency_file import roster_commands
from core.errors import Refused
from core.store import open_store
from tests.merge.made_logs import AGENCY, START_MS, UNITS, any_command
from tests.merge.sites import KEY, Site, assert_alike, reconcile

NAMES = ("A", "B", "C")
SITE = st.sampled_from(range(len(NAMES)))


class Desks(RuleBasedStateMachine):
    """Three desks whose clocks differ; any may tell any other, or start again."""

    @initialize(skews=st.tuples(*[st.integers(-90, 90)] * 3))
    def begin(self, skews: tuple[int, ...]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="foredesk-desks-"))
        clocks = [ManualClock(START_MS + skew * 1000) for skew in skews]
        self.sites = [self.open(name, clock) for name, clock in zip(NAMES, clocks, strict=True)]
        first = self.sites[0]
        first.do(c.SignOn("Ana"))
        for command in roster_commands(AGENCY, first.board):
            if isinstance(command, c.Enrol) and command.unit in UNITS:
                first.do(command)
        reconcile(*self.sites)

    def open(self, name: str, clock: ManualClock) -> Site:
        return Site(name, open_store(self.folder / name, KEY, clock), AGENCY, clock)

    @rule(at=SITE, seed=st.integers(0, 2**32), seconds=st.sampled_from([0, 1, 60]))
    def act(self, at: int, seed: int, seconds: int) -> None:
        site = self.sites[at]
        site.clock.advance(seconds)
        with suppress(Refused):
            site.do(any_command(site.board, random.Random(seed)))

    @rule(one=SITE, other=SITE)
    def tell(self, one: int, other: int) -> None:
        if one != other:
            self.sites[one].tell(self.sites[other])

    @rule(at=SITE)
    def start_again(self, at: int) -> None:
        was = self.sites[at]
        was.desk.close()
        self.sites[at] = self.open(was.name, was.clock)
        self.sites[at].given = was.given

    def teardown(self) -> None:
        if not hasattr(self, "sites"):
            return
        reconcile(*self.sites)
        try:
            assert_alike(*self.sites)
        finally:
            for site in self.sites:
                site.store.close()
            shutil.rmtree(self.folder)


TestDesks = Desks.TestCase
TestDesks.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
