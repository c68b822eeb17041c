"""What a desk that was started again knows of its server: since when there is no contact, and that it is shut out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.agency_file import read_agency
from core.store import Store
from resources import resource_path
from sync.link.membership import Membership, keep_membership
from sync.link.states import LinkState, LinkStatus
from sync.protocol.messages import DeskCard
from workstation.compose import open_desk
from workstation.sync.joining import standing
from workstation.sync.standing import keep_standing, since_of

NOON = 1_790_000_000_000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
MEMBER = Membership(
    "https://dispatch.example:8787", "secret", "", "La Serena", b"", DeskCard("B-1", "Console 2", "B", b"", b"")
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_desk(tmp_path, read_agency(resource_path("agency", "demo.toml")))
    keep_membership(opened.store, MEMBER)
    yield opened.store
    opened.close()


def shown_since(store: Store, state: LinkState, at: int, since: int, detail: str = "") -> int:
    status = LinkStatus(state, since, detail=detail)
    return since_of(status, keep_standing(store, MEMBER, status, at))


def test_that_a_desk_started_again_has_been_offline_since_the_last_contact(store: Store) -> None:
    shown_since(store, LinkState.UP_TO_DATE, NOON, NOON - HOUR_MS)
    assert shown_since(store, LinkState.OFFLINE, NOON + HOUR_MS, NOON + HOUR_MS) == NOON


def test_that_a_desk_that_goes_on_is_offline_since_its_line_broke(store: Store) -> None:
    shown_since(store, LinkState.SYNCING, NOON, NOON)
    broke = NOON + MINUTE_MS - 1
    assert shown_since(store, LinkState.OFFLINE, NOON + HOUR_MS, broke) == broke


def test_that_a_server_never_reached_is_missed_since_the_start(store: Store) -> None:
    assert shown_since(store, LinkState.OFFLINE, NOON, NOON - MINUTE_MS) == NOON - MINUTE_MS


def test_that_the_contact_with_another_membership_does_not_count(store: Store) -> None:
    keep_standing(store, MEMBER, LinkStatus(LinkState.UP_TO_DATE, NOON), NOON)
    other = Membership("https://other.example:8787", "", "", "", b"", DeskCard("C-2", "", "C", b"", b""))
    assert keep_standing(store, other, LinkStatus(LinkState.OFFLINE, NOON + HOUR_MS), NOON + HOUR_MS).heard_at == 0


def test_that_the_status_of_a_shut_out_desk_says_so_until_the_server_takes_it_again(store: Store) -> None:
    why = "This desk was revoked: lost."
    shown_since(store, LinkState.REFUSED, NOON, NOON, why)
    said = " ".join(standing(store))
    assert "The server has shut this desk out since" in said
    assert why in said
    assert "foredesk desk join" in said
    shown_since(store, LinkState.OFFLINE, NOON, NOON)
    assert "shut this desk out" in " ".join(standing(store))
    shown_since(store, LinkState.SYNCING, NOON + MINUTE_MS, NOON)
    assert "shut this desk out" not in " ".join(standing(store))
