"""What a server is sent: the urgent ahead and with its whole command, and nothing that it is known to have."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.commands import OpenIncident
from core.domain.statuses import Priority
from core.domain.values import Location
from sync.link.store_side import StoreSide
from sync.protocol.messages import DeskHave
from tests.link.real import RealDesk
from tests.link.rig import Agency


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RealDesk]:
    made = RealDesk(tmp_path / "A", "A", Agency())
    yield made
    made.stop()


@pytest.mark.parametrize("server", ["centre", "post:B"])
def test_that_an_urgent_call_is_sent_ahead_with_its_whole_command_and_to_a_post_only_once(
    desk: RealDesk, server: str
) -> None:
    desk.open_incident("1 High Street", Priority.P3)
    command = desk.do(OpenIncident("FIRE-STR", Location("2 High Street"), priority=Priority.P1))
    side = StoreSide(desk.desk, desk.store, nudge=lambda: None, server=server, is_post=server != "centre")
    ahead = desk.ask(lambda: side.outgoing(200, after=0, urgent=True))
    assert {event.id.hex() for run in ahead.runs for event in run.events} == {event.id for event in command}
    assert not desk.ask(lambda: side.outgoing(200, after=ahead.after, urgent=True)).runs
    if server != "centre":
        rest = desk.ask(lambda: side.outgoing(200, after=0, urgent=False))
        desk.ask(lambda: desk.store.set_mark(server, mark=rest.after))
        assert not desk.ask(lambda: side.outgoing(200, after=0, urgent=True)).runs
    desk.ask(side.close)


def test_that_a_post_is_offered_only_what_came_after_all_that_it_has(desk: RealDesk) -> None:
    for number in range(3):
        desk.open_incident(f"{number} High Street")
    side = StoreSide(desk.desk, desk.store, nudge=lambda: None, server="post:B", is_post=True)
    total = len(desk.ids())

    def waiting(length: int, *beyond: tuple[int, int]) -> int:
        found = desk.ask(lambda: side.begin_epoch("e", "", [DeskHave("A", length, b"", list(beyond))]))
        assert isinstance(found, int)
        return found

    assert waiting(0) == total
    assert waiting(total - 2) == 2
    assert waiting(total) == 0
    assert waiting(1, (total - 1, total)) == total - 1, "nothing that it lacks is left out"
    assert desk.ask(lambda: side.begin_epoch("e", "", [])) == total
    desk.ask(side.close)
