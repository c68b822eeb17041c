"""The whole server in its own process, over TLS: copied disks are told apart, and files on offer arrive."""

import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from sync.link.membership import membership
from sync.link.states import LinkState
from sync.protocol.offers import ArtefactEntry
from tests.link.real import RealDesk
from tests.link.rig import Agency, wait_until
from tests.scenarios.centre import Centre


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    running = Centre(tmp_path_factory.mktemp("centre"))
    yield running
    running.stop()


def settled(*desks: RealDesk) -> bool:
    if not all(desk.link and desk.link.status().state is LinkState.UP_TO_DATE for desk in desks):
        return False
    return all(desk.ids() == desks[0].ids() for desk in desks)


def test_that_a_copied_disk_takes_an_identity_of_its_own_and_loses_nothing(centre: Centre, tmp_path: Path) -> None:
    agency = Agency()
    original = RealDesk(tmp_path / "original", "A", agency)
    member = original.join(f"https://127.0.0.1:{centre.port}", centre.code())
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


def test_that_a_disk_restored_from_an_earlier_copy_gets_its_own_events_back_and_keeps_its_name(
    centre: Centre, tmp_path: Path
) -> None:
    agency = Agency()
    desk = RealDesk(tmp_path / "desk", "A", agency)
    member = desk.join(f"https://127.0.0.1:{centre.port}", centre.code())
    desk.open_incident("1 Common Road")
    desk.link_up(member.link_settings())
    wait_until(lambda: settled(desk) and desk.ask(lambda: desk.store.status().unsynced) == 0)
    desk.stop()
    shutil.copytree(tmp_path / "desk", tmp_path / "earlier")
    desk = RealDesk(tmp_path / "desk", "A", agency, roster=False)
    later = desk.open_incident("2 Later Road")
    desk.link_up(member.link_settings())
    wait_until(lambda: settled(desk) and desk.ask(lambda: desk.store.status().unsynced) == 0)
    desk.stop()
    earlier = RealDesk(tmp_path / "earlier", "A", agency, roster=False)
    try:
        earlier.link_up(member.link_settings())
        wait_until(lambda: later in earlier.picture()["incidents"])
        earlier.open_incident("3 Last Road")
        wait_until(lambda: settled(earlier) and earlier.ask(lambda: earlier.store.status().unsynced) == 0)
        assert earlier.ask(earlier.store.identity).desk == member.desk
        assert earlier.ask(earlier.store.verify) == []
    finally:
        earlier.stop()


def test_that_what_the_centre_offers_arrives_whole_and_goes_on_where_it_broke_off(
    centre: Centre, tmp_path: Path
) -> None:
    content = "".join(f"Card {number}: who comes to what.\n" for number in range(40_000)).encode()
    digest = sha256(content).hexdigest()
    (tmp_path / "city.txt").write_bytes(content)
    centre.run("server", "publish", str(tmp_path / "city.txt"), "--kind", "cards", "--name", "city")
    desk = RealDesk(tmp_path / "desk", "D", Agency())
    try:
        member = desk.join(f"https://127.0.0.1:{centre.port}", centre.code())
        folder = tmp_path / "artefacts"
        folder.mkdir()
        (folder / f"{digest}.part").write_bytes(content[:700_000])
        came: list[tuple[ArtefactEntry, Path]] = []
        desk.link_up(member.link_settings(), artefact_folder=folder, on_artefact=lambda *each: came.append(each))
        wait_until(lambda: came)
        entry, path = came[0]
        assert (entry.kind, entry.name, entry.sha256) == ("cards", "city", digest)
        assert path.read_bytes() == content
        assert [each.name for each in folder.iterdir()] == [digest]
        assert desk.link is not None
        assert desk.link.status().bytes_in < len(content)
    finally:
        desk.stop()


def test_that_what_is_published_while_a_desk_is_connected_arrives_at_once(centre: Centre, tmp_path: Path) -> None:
    desk = RealDesk(tmp_path / "desk", "E", Agency())
    try:
        member = desk.join(f"https://127.0.0.1:{centre.port}", centre.code())
        came: list[str] = []
        folder = tmp_path / "artefacts"
        desk.link_up(
            member.link_settings(), artefact_folder=folder, on_artefact=lambda entry, _path: came.append(entry.name)
        )
        wait_until(lambda: settled(desk) and desk.link and desk.link.status().live)
        for name in ("first", "second"):
            (tmp_path / name).write_text(f"{name} cards\n")
            centre.run("server", "publish", str(tmp_path / name), "--kind", "cards")
            wait_until(lambda name=name: name in came)
    finally:
        desk.stop()
