"""Two disks with one identity, over TLS with a real server: one takes another, and nothing of either is lost."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.link.membership import membership
from sync.link.states import LinkState
from tests.link.real import RealDesk
from tests.link.rig import Agency, wait_until
from tests.scenarios.centre import Centre


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    running = Centre(tmp_path / "centre")
    yield running
    running.stop()


def settled(*desks: RealDesk) -> bool:
    if not all(desk.link and desk.link.status().state is LinkState.UP_TO_DATE for desk in desks):
        return False
    return all(desk.ids() == desks[0].ids() for desk in desks)


def test_that_a_copied_disk_takes_an_identity_of_its_own_and_loses_nothing(centre: Centre, tmp_path: Path) -> None:
    agency = Agency()
    original = RealDesk(tmp_path / "original", "A", agency)
    member = original.join(f"https://127.0.0.1:{centre.port}", centre.first_code)
    original.open_incident("1 Common Road")
    original.stop()
    shutil.copytree(tmp_path / "original", tmp_path / "copy")
    desks = [RealDesk(tmp_path / name, "A", agency, roster=False) for name in ("original", "copy")]
    try:
        for number, desk in enumerate(desks):
            desk.open_incident(f"{number} Own Road")
            desk.link_up(member.link_settings())
        wait_until(lambda: settled(*desks))
        assert len(desks[0].picture()["incidents"]) == 3
        assert desks[0].picture() == desks[1].picture()
        ids = {desk.ask(desk.store.identity).desk for desk in desks}
        assert len(ids) == 2
        assert member.desk in ids
        kept = [desk.ask(lambda desk=desk: membership(desk.store)) for desk in desks]
        assert {each.desk for each in kept} == ids
        desks[1].open_incident("9 Late Road")
        wait_until(lambda: settled(*desks) and len(desks[0].picture()["incidents"]) == 4)
    finally:
        for desk in desks:
            desk.stop()
