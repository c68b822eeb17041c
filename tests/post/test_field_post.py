"""Desks in the field without a server: they find each other, agree on a host, outlive it, and meet the centre later."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import Refused, Unavailable
from sync.link.states import LinkState
from sync.post.guests import join_post
from sync.post.states import PostRole
from sync.protocol.packing import encode
from tests.link.rig import Agency, ServerThread, wait_until
from tests.post.village import FieldDesk, Village

NewDesk = Callable[..., FieldDesk]


@pytest.fixture
def agency() -> Agency:
    return Agency()


@pytest.fixture
def village() -> Village:
    return Village()


@pytest.fixture
def new_desk(tmp_path: Path, agency: Agency) -> Iterator[NewDesk]:
    made: list[FieldDesk] = []

    def make(name: str, **settings: object) -> FieldDesk:
        made.append(FieldDesk(tmp_path / name, name, settings.pop("of", agency), roster=name == "A", **settings))
        return made[-1]

    yield make
    for desk in made:
        desk.stop()


def role(desk: FieldDesk) -> PostRole:
    assert desk.post is not None
    return desk.post.status().role


def level(*desks: FieldDesk) -> bool:
    first = desks[0].ids()
    return all(desk.ids() == first for desk in desks[1:]) and all(
        desk.post is None or ((desk.post.status().link or 0) and desk.post.status().link.state is LinkState.UP_TO_DATE)  # type: ignore[union-attr]
        for desk in desks
    )


def test_that_desks_without_a_server_come_to_one_board_over_one_of_them(new_desk: NewDesk, village: Village) -> None:
    a, b, c = (new_desk(name) for name in "ABC")
    for number, desk in enumerate((a, b, c)):
        desk.open_incident(f"{number} Camp Road")
        desk.go_out(village)
    wait_until(lambda: level(a, b, c) and len(a.picture()["incidents"]) == 3)
    assert a.picture() == b.picture() == c.picture()
    assert [role(desk) for desk in (a, b, c)] == [PostRole.HOSTING, PostRole.MEMBER, PostRole.MEMBER]
    assert b.post is not None
    assert b.post.status().sentence() == "Field post at Desk A: this desk has what the others have."


def test_that_when_the_host_is_gone_another_takes_over_and_nothing_is_lost(new_desk: NewDesk, village: Village) -> None:
    a, b, c = (new_desk(name).go_out(village) for name in "ABC")
    b.open_incident("1 Camp Road")
    wait_until(lambda: level(a, b, c) and len(c.picture()["incidents"]) == 1)
    village.silent.add("A")  # no word of it: the machine is gone
    a.come_back()
    c.open_incident("2 Camp Road")
    wait_until(lambda: role(b) is PostRole.HOSTING and level(b, c) and len(b.picture()["incidents"]) == 2)
    assert b.picture() == c.picture()


def test_that_a_person_can_make_another_desk_the_host(new_desk: NewDesk, village: Village) -> None:
    a, b = new_desk("A").go_out(village), new_desk("B").go_out(village)
    wait_until(lambda: role(a) is PostRole.HOSTING and level(a, b))
    assert b.post is not None
    b.post.host_here()
    wait_until(lambda: role(b) is PostRole.HOSTING and role(a) is PostRole.MEMBER)
    a.open_incident("1 Camp Road")
    wait_until(lambda: level(a, b) and len(b.picture()["incidents"]) == 1)


def test_that_another_agencys_desk_is_not_let_in(new_desk: NewDesk, village: Village) -> None:
    a, stranger = new_desk("A").go_out(village), new_desk("S", of=Agency())
    stranger.open_incident("1 Elsewhere")
    b = new_desk("B").go_out(village)
    stranger.go_out(village)
    wait_until(lambda: level(a, b) and role(a) is PostRole.HOSTING)
    assert stranger.post is not None
    wait_until(lambda: stranger.post is not None and bool(stranger.post._gone))
    assert not a.picture()["incidents"]


def test_that_what_was_done_in_the_field_reaches_the_centre_once_whoever_comes_first(
    new_desk: NewDesk, village: Village, tmp_path: Path, agency: Agency
) -> None:
    a, b, c = (new_desk(name) for name in "ABC")
    for number, desk in enumerate((a, b, c)):
        desk.open_incident(f"{number} Camp Road")
        desk.go_out(village)
    wait_until(lambda: level(a, b, c) and len(a.picture()["incidents"]) == 3)
    for desk in (a, b, c):
        desk.come_back()
        desk.admit()
    c.open_incident("9 Home Road")
    with ServerThread(tmp_path / "centre", agency.roll) as centre:
        b.begin(centre.port)
        wait_until(lambda: b.link is not None and b.link.status().state is LinkState.UP_TO_DATE)
        c.begin(centre.port)
        a.begin(centre.port)
        wait_until(lambda: all(desk.link.status().state is LinkState.UP_TO_DATE for desk in (a, b, c) if desk.link))
        wait_until(lambda: level_at_centre(a, b, c))
        assert a.picture() == b.picture() == c.picture()
        assert len(a.picture()["incidents"]) == 4
        for desk in (a, b, c):
            desk.end_link()


def level_at_centre(*desks: FieldDesk) -> bool:
    return all(desk.ids() == desks[0].ids() and not desk.ask(desk.store.waiting) for desk in desks)


def test_that_a_guest_comes_in_by_the_code_on_the_screen_and_stays_known_to_the_next_host(
    new_desk: NewDesk, village: Village
) -> None:
    a, b = new_desk("A").go_out(village), new_desk("B").go_out(village)
    wait_until(lambda: role(a) is PostRole.HOSTING and level(a, b))
    assert a.post is not None
    a.post.invite()
    wait_until(lambda: a.post is not None and bool(a.post.status().code))
    code = a.post.status().code
    guest = new_desk("G", prefix="A")
    public_key = guest.ask(guest.store.identity).public_key
    asked = {"desk": "G", "name": "Red Cross", "prefix": "A", "public_key": public_key}
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    with pytest.raises(Refused, match="not that of this field post"):
        join_post(village.told["A"], wrong, **asked)
    with pytest.raises(Unavailable, match="not the one"):
        join_post(village.told["A"], "0" + code[1:] if code[0] != "0" else "1" + code[1:], **asked)
    came = join_post(village.told["A"], code, **asked)
    assert came.prefix != "A"
    guest.ask(lambda: guest.store.keep_cards({card.id: encode(card) for card in came.cards}))
    guest.open_incident("1 Tent Row")
    guest.go_out(village, member=came.member)
    wait_until(lambda: level(a, b, guest) and len(b.picture()["incidents"]) == 1)
    village.silent.add("A")
    a.come_back()
    guest.open_incident("2 Tent Row")
    wait_until(lambda: role(b) is PostRole.HOSTING and level(b, guest) and len(b.picture()["incidents"]) == 2)
