"""Two and more desks, cut off from each other until a test lets them tell each other what they did."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.domain.agency import Agency
from core.domain.agency_file import read_agency, roster_commands
from core.domain.commands import SignOn
from core.store import open_store
from resources import resource_path
from tests.merge.sites import KEY, Site, reconcile


@pytest.fixture(scope="session")
def agency() -> Agency:
    return read_agency(resource_path("agency", "demo.toml"))


@pytest.fixture
def new_site(tmp_path: Path, agency: Agency) -> Iterator[Callable[..., Site]]:
    sites: list[Site] = []

    def make(name: str, skew_s: float = 0) -> Site:
        clock = ManualClock(1_780_000_000_000 + round(skew_s * 1000))
        sites.append(Site(name, open_store(tmp_path / f"{name}.foredesk", KEY, clock), agency, clock))
        return sites[-1]

    yield make
    for site in sites:
        site.store.close()


@pytest.fixture
def two(new_site: Callable[..., Site], agency: Agency) -> tuple[Site, Site]:
    """Two desks that know of each other's operators and of the same units."""
    a, b = new_site("A"), new_site("B")
    a.do(SignOn("Ana", "Dispatch 1", "day"))
    a.desk.roster(roster_commands(agency, a.board))
    a.tell(b)
    b.do(SignOn("Ben", "Dispatch 2", "day"))
    b.desk.roster(roster_commands(agency, b.board))
    reconcile(a, b)
    return a, b
