"""Two desks and the embedded server over real sockets: what one writes the other has, whatever happens between."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec import structs

from core.clock import ManualClock
from core.domain import events as e
from core.domain.values import Position
from core.merge.run import Run
from sync.link.desk_side import Receipt
from sync.link.states import LinkState
from tests.link.lines import SlowLine
from tests.link.rig import Agency, LinkedDesk, ServerThread, WallClock, wait_until
from tests.server.desks import shift

NewDesk = Callable[..., LinkedDesk]


@pytest.fixture
def agency() -> Agency:
    return Agency()


@pytest.fixture
def server(tmp_path: Path, agency: Agency) -> Iterator[ServerThread]:
    with ServerThread(tmp_path / "server", agency.roll) as serving:
        yield serving


@pytest.fixture
def new_desk(agency: Agency, server: ServerThread) -> Iterator[NewDesk]:
    made: list[LinkedDesk] = []

    def make(name: str, **settings: object) -> LinkedDesk:
        made.append(LinkedDesk(name, agency, settings.pop("port", server.port), **settings))
        return made[-1]

    yield make
    for desk in made:
        desk.stop()


def equal(*desks: LinkedDesk) -> bool:
    first = desks[0].plain.ids()
    return all(desk.plain.ids() == first for desk in desks[1:])


def test_that_what_one_desk_writes_the_other_has(new_desk: NewDesk) -> None:
    a, b = new_desk("A").start(), new_desk("B").start()
    for number in range(5):
        a.write(e.UnitContacted(f"M{number}"))
        b.write(e.UnitContacted(f"E{number}"))
    wait_until(lambda: equal(a, b) and len(a.plain.ids()) == 10)
    wait_until(lambda: all(desk.link.status().state is LinkState.UP_TO_DATE for desk in (a, b)))
    assert a.link.status().waiting == 0
    assert a.plain.cards.keys() >= {"B"}


def test_that_a_shift_written_alone_reaches_the_others_in_batches(new_desk: NewDesk) -> None:
    a, b = new_desk("A"), new_desk("B")
    for run in shift(a.origin, 400, ManualClock(WallClock().now_ms())):
        a.plain.keep(run)
    a.start()
    b.start()
    wait_until(lambda: equal(a, b))
    assert len(b.plain.ids()) == 2000
    assert max(a.plain.pushes) > 400


def test_that_a_server_that_ends_is_offline_and_its_return_is_noticed(new_desk: NewDesk, server: ServerThread) -> None:
    a, b = new_desk("A").start(), new_desk("B").start()
    wait_until(lambda: a.link.status().live and b.link.status().live)
    server.stop()
    wait_until(lambda: a.link.status().state is LinkState.OFFLINE)
    a.write(e.UnitContacted("M1"))
    wait_until(lambda: a.link.status().waiting == 1)
    server.start()
    wait_until(lambda: equal(a, b) and len(b.plain.ids()) == 1)


def test_that_a_server_restored_from_nothing_is_given_everything_again(
    new_desk: NewDesk, agency: Agency, tmp_path: Path, server: ServerThread
) -> None:
    a, b = new_desk("A").start(), new_desk("B").start()
    a.write(e.UnitContacted("M1"))
    b.write(e.UnitContacted("M2"))
    wait_until(lambda: equal(a, b) and len(a.plain.ids()) == 2)
    server.stop()
    with ServerThread(tmp_path / "another", agency.roll) as another:
        another.stop()
        another.port = server.port
        another.start()
        c = new_desk("C").start()
        wait_until(lambda: equal(a, b, c) and len(c.plain.ids()) == 2)


def test_that_what_is_urgent_goes_before_what_waited_longer(new_desk: NewDesk, server: ServerThread) -> None:
    with SlowLine(server.port, bits_per_s=200_000, latency_s=0.26) as line:
        a, b = new_desk("A", port=line.port), new_desk("B").start()
        for run in shift(a.origin, 8, ManualClock(WallClock().now_ms()), a_run=10):
            a.plain.keep(run)
        mayday = a.plain.write(e.EmergencyRaised("E1"), urgent=True)
        a.start()
        wait_until(lambda: equal(a, b))
        arrived = b.plain.arrived_at
        assert arrived[mayday.events[0].id] == min(arrived.values())
        a.stop()


def test_that_what_is_urgent_goes_before_a_backlog_on_a_wide_line_too(new_desk: NewDesk) -> None:
    a, b = new_desk("A"), new_desk("B").start()
    for run in shift(a.origin, 1000, ManualClock(WallClock().now_ms())):
        a.plain.keep(run)
    settle, maydays = a.plain.settle, list[Run]()

    def settle_and_hear(receipt: Receipt) -> int:
        if len(a.plain.pushes) == 2:
            maydays.append(a.plain.write(e.EmergencyRaised("E1"), urgent=True))
            a.link.nudge()
        return settle(receipt)

    a.plain.settle = settle_and_hear  # type: ignore[method-assign]
    a.start()
    wait_until(lambda: equal(a, b) and maydays)
    arrived = b.plain.arrived_at
    assert not a.link.status().bytes_per_s or a.link.status().bytes_per_s > 4000  # type: ignore[operator]
    assert sum(at > arrived[maydays[0].events[0].id] for at in arrived.values()) > 1000


def test_that_a_desk_that_is_not_known_is_told_why(new_desk: NewDesk, agency: Agency) -> None:
    a = new_desk("A")
    agency.roll.passes.clear()
    a.start()
    wait_until(lambda: a.link.status().state is LinkState.REFUSED)
    status = a.link.status()
    assert "does not know this desk" in status.detail
    assert "foredesk desk join" in status.remedy


def test_that_a_clock_ahead_is_placed_by_the_server_and_told_to_everybody(new_desk: NewDesk) -> None:
    ahead = ManualClock(WallClock().now_ms() + 90_000)
    a, b = new_desk("A", clock=ahead).start(), new_desk("B").start()
    run = a.write(e.UnitContacted("M1"))
    wait_until(lambda: equal(a, b) and len(b.plain.ids()) == 1)
    event = b.plain.runs["A", 1].events[0]
    assert event.flag == "clock"
    wait_until(lambda: a.plain.placed == {run.events[0].id.hex(): event.place_id})


def test_that_a_run_that_was_forged_on_the_way_is_kept_apart(new_desk: NewDesk, agency: Agency) -> None:
    a, b = new_desk("A").start(), new_desk("B")
    another_key = structs.replace(agency.card(a.origin), public_key=b.origin.desk_pass.public_key)
    b.plain.cards["A"] = agency.vouch(another_key)
    b.start()
    a.write(e.UnitContacted("M1"))
    wait_until(lambda: b.plain.distrusted)
    run, why = b.plain.distrusted[0]
    assert (run.desk, "is not what the desk" in why) == ("A", True)
    assert not b.plain.runs


def test_that_positions_and_presence_reach_the_others(new_desk: NewDesk) -> None:
    a, b = new_desk("A").start(), new_desk("B").start()
    wait_until(lambda: a.link.status().live and b.link.status().live)
    a.link.say_presence("Kim", "i1", "edits")
    for step in range(3):
        a.link.place({"M1": Position(-29.9, -71.2 + step, WallClock().now_ms() + step)})
    wait_until(lambda: b.plain.positions)
    wait_until(lambda: b.plain.positions["M1"].lon == pytest.approx(-69.2))
    wait_until(lambda: any(seen.desk == "A" for seen in b.presence))
    seen = next(seen for seen in b.presence if seen.desk == "A")
    assert (seen.operator, seen.incident, seen.note) == ("Kim", "i1", "edits")


def test_that_the_clocks_difference_is_measured(new_desk: NewDesk) -> None:
    a = new_desk("A").start()
    wait_until(lambda: a.link.status().clock_offset_ms is not None)
    assert abs(a.link.status().clock_offset_ms or 0) < 1000


def test_that_a_link_ends_at_once_whatever_it_does(new_desk: NewDesk, server: ServerThread) -> None:
    a = new_desk("A").start()
    wait_until(lambda: a.link.status().live)
    a.link.stop()
    assert not a.link.running
    server.stop()
    b = new_desk("B").start()
    wait_until(lambda: b.link.status().state is LinkState.OFFLINE)
    b.link.stop()
    assert not b.link.running


def test_that_a_thin_slow_line_carries_everything_in_batches_that_fit_it(
    new_desk: NewDesk, server: ServerThread
) -> None:
    """tests/bench/bench_link.py tries 2,400 bit/s and 2 s each way, which takes minutes."""
    with SlowLine(server.port, bits_per_s=19_200, latency_s=0.2) as line:
        a, b = new_desk("A", port=line.port), new_desk("B").start()
        for run in shift(a.origin, 6, ManualClock(WallClock().now_ms()), a_run=5):
            a.plain.keep(run)
        a.start()
        b.write(e.UnitContacted("M1"))
        wait_until(lambda: equal(a, b) and len(b.plain.ids()) == 31)
        assert 1500 < (a.link.status().bytes_per_s or 0) < 4000
        assert line.connections <= 3
        a.stop()


def test_that_lost_packets_are_noticed_and_everything_is_there_soon_after_they_pass_again(
    new_desk: NewDesk, server: ServerThread
) -> None:
    with SlowLine(server.port) as line:
        a, b = new_desk("A", port=line.port).start(), new_desk("B").start()
        a.write(e.UnitContacted("M1"))
        wait_until(lambda: equal(a, b) and a.link.status().live)
        line.drop()
        a.write(e.UnitContacted("M2"))
        wait_until(lambda: a.link.status().state is LinkState.OFFLINE)
        assert "answer" in a.link.status().detail
        for run in shift(a.origin, 200, ManualClock(WallClock().now_ms())):
            a.plain.keep(run)
        line.restore()
        wait_until(lambda: equal(a, b) and len(b.plain.ids()) == 1002)
        a.stop()
