"""A desk's part in field posts as its window keeps it: begun where it takes part, told in a sentence, ended with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import Refused
from tests.link.rig import Agency, wait_until
from tests.post.village import QUICK, FieldDesk, Village
from workstation.sync import posting
from workstation.sync.post_session import PostSession


@pytest.fixture
def village(monkeypatch: pytest.MonkeyPatch) -> Village:
    """A network in memory, in a hurry."""
    made = Village()
    monkeypatch.setattr(posting, "NetworkNeighbours", lambda _key: made.neighbours())
    usual = posting.FieldPost
    monkeypatch.setattr(
        posting, "FieldPost", lambda *parts, **options: usual(*parts, host="127.0.0.1", pace=QUICK, **options)
    )
    return made


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[dict[str, FieldDesk]]:
    agency = Agency()
    made = {name: FieldDesk(tmp_path / name, name, agency, roster=name == "A") for name in "ABG"}
    yield made
    for desk in made.values():
        desk.stop()


def session_of(desk: FieldDesk) -> PostSession:
    return PostSession(desk.desk, desk.store, desk.folder, desk.thread.hand, lambda: None)


def test_that_a_desk_takes_part_once_it_was_told_to_and_says_how_it_stands(
    village: Village, desks: dict[str, FieldDesk]
) -> None:
    a, b = desks["A"], desks["B"]
    sessions = [session_of(a), session_of(b)]
    with pytest.raises(Refused, match="belongs to no agency"):
        a.ask(lambda: sessions[0].use(on=True))
    for desk, session in zip((a, b), sessions, strict=True):
        desk.ask(lambda session=session, desk=desk: session.begin(desk.member))
        assert not session.sentence()
        desk.ask(lambda session=session: session.use(on=True))
    wait_until(lambda: "field post for 1 other desk." in sessions[0].sentence())
    wait_until(lambda: sessions[1].sentence() == "Field post at Desk A: this desk has what the others have.")
    sessions[1].be_host()
    wait_until(lambda: "field post for 1 other desk." in sessions[1].sentence())
    for desk, session in zip((a, b), sessions, strict=True):
        session.end()
        assert desk.ask(lambda desk=desk: posting.takes_part(desk.store))
        assert not session.sentence()


def test_that_a_host_shows_a_code_and_whoever_types_it_is_a_guest(
    village: Village, desks: dict[str, FieldDesk]
) -> None:
    a, b, guest = desks["A"], desks["B"], desks["G"]
    sessions = [session_of(a), session_of(b)]
    for desk, session in zip((a, b), sessions, strict=True):
        desk.ask(lambda desk=desk: posting.set_takes_part(desk.store, on=True))
        desk.ask(lambda session=session, desk=desk: session.begin(desk.member))
    wait_until(lambda: "with the code" in sessions[0].sentence())
    code = sessions[0].sentence().rsplit(" ", 1)[1].rstrip(".")
    came = guest.ask(lambda: posting.ask_posts([village.told["A"]], code, guest.desk, guest.store, "Red Cross"))
    guest.ask(lambda: posting.take_up_guest(guest.desk, guest.store, came))
    going = session_of(guest)
    guest.ask(lambda: going.begin(came.member))
    guest.open_incident("1 Tent Row")
    wait_until(lambda: len(b.picture()["incidents"]) == 1)
    wait_until(lambda: a.picture() == b.picture())
    for session in (*sessions, going):
        session.end()
