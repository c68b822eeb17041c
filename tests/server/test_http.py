"""The server over HTTP and WebSocket, as desks meet it; on both databases."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import structs
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from core.clock import ManualClock
from core.domain import events as e
from core.merge.run import Run
from sync.protocol import routes as r
from sync.protocol.messages import (
    CLONED,
    UNKNOWN_DESK,
    DesksAnswer,
    Fix,
    HaveAnswer,
    Hello,
    Hint,
    LiveFrame,
    Positions,
    Presence,
    PullAnswer,
    Push,
    PushAnswer,
    SnapshotHead,
    Tail,
    Trouble,
    Watching,
)
from sync.protocol.packing import compress, decompress, pack, unpack
from sync.server import live
from sync.server.app import create_app
from sync.server.roll import FixedRoll
from sync.server.settings import ServerSettings
from tests.server.desks import Origin, shift
from tests.server.loopback import served

LIMIT = 1 << 26


class Desk:
    """A desk's side of the wire."""

    def __init__(self, client: httpx.Client, origin: Origin) -> None:
        self.client, self.origin = client, origin
        self.headers = {"authorization": r.authorization(origin.name, origin.token), r.VERSION_HEADER: "1"}

    def get(self, path: str, kind: type[Any], **query: object) -> Any:
        answer = self.client.get(path, params=query, headers=self.headers)  # type: ignore[arg-type]
        assert answer.status_code == 200, unpack(answer.content, Trouble, LIMIT)
        return unpack(answer.content, kind, LIMIT)

    def push(self, *runs: Run) -> PushAnswer:
        answer = self.client.post(r.PUSH, content=pack(Push(list(runs))), headers=self.headers)
        assert answer.status_code == 200, unpack(answer.content, Trouble, LIMIT)
        return unpack(answer.content, PushAnswer, LIMIT)

    def pull(self, cursor: str = "", **query: object) -> PullAnswer:
        answer: PullAnswer = self.get(r.PULL, PullAnswer, cursor=cursor, **query)
        return answer

    def live(self) -> ClientConnection:
        return live_at(self.client, self.headers)


def live_at(client: httpx.Client, headers: dict[str, str]) -> ClientConnection:
    address = f"ws://{client.base_url.host}:{client.base_url.port}{r.LIVE}"
    return connect(address, additional_headers=headers, max_size=None, proxy=None)


def heard(socket: ClientConnection) -> Any:
    return unpack(bytes(socket.recv(20, decode=False)), LiveFrame, LIMIT)  # type: ignore[arg-type]


def tell(socket: ClientConnection, frame: object) -> None:
    socket.send(pack(frame))


@pytest.fixture
def roll() -> FixedRoll:
    return FixedRoll()


@pytest.fixture
def client(database_url: str, tmp_path: Path, roll: FixedRoll) -> Iterator[httpx.Client]:
    settings = ServerSettings(folder=tmp_path, database=database_url)
    with (
        served(create_app(settings, lambda database, now_ms: roll)) as address,
        httpx.Client(base_url=f"http://{address}", trust_env=False, timeout=30) as client,
    ):
        yield client


@pytest.fixture
def desk(client: httpx.Client, roll: FixedRoll) -> Callable[[str], Desk]:
    def admit(name: str) -> Desk:
        origin = Origin(name, ManualClock(int(time.time() * 1000) - 3_600_000))
        roll.admit(origin.desk_pass, origin.token)
        return Desk(client, origin)

    return admit


def test_that_one_desks_events_reach_the_other(desk: Callable[[str], Desk]) -> None:
    a, b = desk("A"), desk("B")
    runs = shift(a.origin, 40, a.origin.clock)  # type: ignore[arg-type]
    assert a.push(*runs).outcomes == []
    assert a.push(*runs).outcomes == []
    first = b.pull(limit=100)
    assert first.more
    rest = b.pull(first.cursor)
    assert first.runs + rest.runs == runs
    assert not b.pull(rest.cursor).runs
    assert a.pull().runs == []
    assert a.pull(own=1).runs == runs
    have = b.get(r.HAVE, HaveAnswer)
    assert have.cursor == rest.cursor
    assert [(one.desk, one.length, one.head) for one in have.desks] == [("A", a.origin.length, a.origin.head)]
    assert b.get(r.HAVE, HaveAnswer, desk="B").desks == []
    assert {card.id for card in b.get(r.DESKS, DesksAnswer).desks} == {"A", "B"}


def test_that_a_relayed_run_counts_as_its_writers(desk: Callable[[str], Desk], roll: FixedRoll) -> None:
    a, b = desk("A"), desk("B")
    stranger = Origin("C")
    answer = a.push(b.origin.run(e.UnitContacted("M1")), stranger.run(e.UnitContacted("M2")))
    assert [(o.run, o.kind, o.code) for o in answer.outcomes] == [(1, "later", UNKNOWN_DESK)]
    assert [run.desk for run in a.pull().runs] == ["B"]


def test_that_a_clone_is_told_and_marked(desk: Callable[[str], Desk], roll: FixedRoll) -> None:
    a = desk("A")
    clone = a.origin.fork()
    a.push(a.origin.run(e.UnitContacted("M1")))
    [outcome] = a.push(clone.run(e.UnitContacted("M2"))).outcomes
    assert outcome.code == CLONED
    assert roll.cloned == {"A"}


def test_that_nobody_else_comes_in(desk: Callable[[str], Desk], client: httpx.Client) -> None:
    known = desk("A").headers
    for header, status, code in (
        ({"authorization": "Desk A:wrong"}, 401, "unknown"),
        ({"authorization": "Bearer x"}, 401, "unknown"),
        ({"authorization": ""}, 401, "unknown"),
        ({r.VERSION_HEADER: "9"}, 426, "version"),
    ):
        headers = known | header
        for path in (r.PULL, r.HAVE, r.DESKS, r.SNAPSHOT):
            answer = client.get(path, headers=headers)
            assert (answer.status_code, unpack(answer.content, Trouble, LIMIT).code) == (status, code)
        assert client.post(r.PUSH, content=b"x", headers=headers).status_code == status
        with pytest.raises(InvalidStatus), live_at(client, headers):
            pass


def test_that_a_revoked_desk_is_shut_out(desk: Callable[[str], Desk], client: httpx.Client, roll: FixedRoll) -> None:
    a = desk("A")
    with a.live() as socket:
        tell(socket, Hello(cursor=""))
        roll.admit(structs.replace(a.origin.desk_pass, revoked_at=1))
        with pytest.raises(ConnectionClosed):
            socket.recv(20)
    answer = client.get(r.PULL, headers=a.headers)
    assert (answer.status_code, unpack(answer.content, Trouble, LIMIT).code) == (403, "revoked")


def test_that_what_is_no_push_is_refused_in_words(desk: Callable[[str], Desk], client: httpx.Client) -> None:
    headers = desk("A").headers
    for body in (b"", b"{}", bytes(40), compress(b""), compress(b"\x93\x01"), pack([["A", 1]])):
        answer = client.post(r.PUSH, content=body, headers=headers)
        assert answer.status_code == 400
        assert unpack(answer.content, Trouble, LIMIT).code == "form"


def test_that_nothing_unpacks_without_end(desk: Callable[[str], Desk], client: httpx.Client) -> None:
    bomb = compress(bytes(r.MOST_UNPACKED_BYTES + 1))
    assert len(bomb) < 1 << 16
    assert client.post(r.PUSH, content=bomb, headers=desk("A").headers).status_code == 400
    answer = client.post(r.PUSH, content=bytes(r.MOST_PACKED_BYTES + 1), headers=desk("A").headers)
    assert answer.status_code == 413


def test_that_a_cursor_nobody_gave_is_answered_so(desk: Callable[[str], Desk], client: httpx.Client) -> None:
    answer = client.get(r.PULL, params={"cursor": "what"}, headers=desk("A").headers)
    assert (answer.status_code, unpack(answer.content, Trouble, LIMIT).code) == (400, "cursor")


def test_that_a_new_desk_begins_from_a_snapshot_fetched_in_parts(
    desk: Callable[[str], Desk], client: httpx.Client
) -> None:
    a, b = desk("A"), desk("B")
    a.push(*shift(a.origin, 40, a.origin.clock))  # type: ignore[arg-type]
    told = b.get(r.SNAPSHOT, SnapshotHead)
    path = f"{r.SNAPSHOT}/{told.sha256}"
    half = told.size // 2
    parts = [
        client.get(path, headers=b.headers | {"range": f"bytes={span}"})
        for span in (f"0-{half - 1}", f"{half}-", f"{told.size}-")
    ]
    assert [part.status_code for part in parts] == [206, 206, 416]
    assert parts[0].headers["content-range"] == f"bytes 0-{half - 1}/{told.size}"
    whole = client.get(path, headers=b.headers).content
    assert parts[0].content + parts[1].content == whole
    assert len(decompress(whole, told.unpacked)) == told.unpacked
    assert b.pull(told.cursor).runs == []
    assert client.get(f"{r.SNAPSHOT}/{'0' * 64}", headers=b.headers).status_code == 404


def test_that_who_is_up_to_date_gets_what_is_new_itself(desk: Callable[[str], Desk]) -> None:
    a, b = desk("A"), desk("B")
    a.push(*shift(a.origin, 20, a.origin.clock))  # type: ignore[arg-type]
    cursor = b.pull().cursor
    with b.live() as socket, a.live() as own:
        tell(socket, Hello(cursor=cursor))
        tell(own, Hello(cursor=cursor))
        for _ in range(3):
            run = a.origin.run(e.UnitContacted("M1"))
            a.push(run)
            tail, echo = heard(socket), heard(own)
            assert isinstance(tail, Tail)
            assert (tail.after, tail.runs) == (cursor, [run])
            assert (echo.after, echo.cursor, echo.runs) == (tail.after, tail.cursor, [])
            cursor = tail.cursor
    assert b.pull(cursor).runs == []


def test_that_who_is_a_little_behind_is_brought_up_to_date_first(desk: Callable[[str], Desk]) -> None:
    a, b = desk("A"), desk("B")
    runs = shift(a.origin, 20, a.origin.clock)  # type: ignore[arg-type]
    a.push(*runs)
    with b.live() as socket:
        tell(socket, Hello(cursor=""))
        tail = heard(socket)
        assert (tail.after, tail.runs, tail.cursor) == ("", runs, b.pull().cursor)
        run = a.origin.run(e.UnitContacted("M1"))
        a.push(run)
        assert heard(socket).runs == [run]


def test_that_thrifty_and_distant_desks_get_hints(desk: Callable[[str], Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "TAIL_EVENTS", 50)
    a, b = desk("A"), desk("B")
    a.push(*shift(a.origin, 50, a.origin.clock))  # type: ignore[arg-type]
    cursor = b.pull().cursor
    with b.live() as thrifty, b.live() as distant:
        tell(distant, Hello(cursor=""))
        assert heard(distant) == Hint(cursor.partition(":")[0], cursor)
        tell(thrifty, Hello(tail=False, cursor=cursor))
        a.push(a.origin.run(e.UnitContacted("M1")))
        for socket in (thrifty, distant):
            hint = heard(socket)
            assert isinstance(hint, Hint)
            assert hint.cursor == b.pull().cursor


def test_that_positions_and_presence_are_passed_on_as_last_values(desk: Callable[[str], Desk]) -> None:
    a, b, c = desk("A"), desk("B"), desk("C")
    fix, older = Fix("M1", -29.9, -71.2, 2000), Fix("M1", -29.8, -71.2, 1000)
    with b.live() as socket:
        tell(socket, Hello(tail=False))
        with a.live() as speaker:
            tell(speaker, Positions([fix, older, Fix("M2", 99.0, 0.0, 1), Fix("", 0.0, 0.0, 1)]))
            assert heard(socket) == Positions([fix])
            tell(speaker, Presence([Watching("forged", "Kim", "i1")]))
            [watching] = heard(socket).watching
            assert (watching.desk, watching.operator, watching.incident) == ("A", "Kim", "i1")
            assert watching.at
            with c.live() as late:
                tell(late, Hello(tail=False))
                assert heard(late) == Positions([fix])
                assert heard(late) == Presence([watching])
        [gone] = heard(socket).watching
        assert (gone.desk, gone.operator) == ("A", "")


def test_that_a_frame_that_is_none_ends_the_socket(desk: Callable[[str], Desk]) -> None:
    a = desk("A")
    too_large = compress(bytes(r.MOST_FRAME_BYTES + 1))
    for frame in (b"", b"x", too_large, pack([9]), pack(Hello(cursor="?"))):
        with a.live() as socket:
            socket.send(frame)
            with pytest.raises(ConnectionClosed):
                socket.recv(20)


def test_that_replicas_tell_each_other_what_desks_told_them(postgres: str, tmp_path: Path, roll: FixedRoll) -> None:
    a, b = (Origin(name, ManualClock(int(time.time() * 1000))) for name in "AB")
    for origin in (a, b):
        roll.admit(origin.desk_pass, origin.token)
    settings = ServerSettings(folder=tmp_path, database=postgres)
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(2):
            address = stack.enter_context(served(create_app(settings, lambda database, now_ms: roll)))
            clients.append(stack.enter_context(httpx.Client(base_url=f"http://{address}", trust_env=False)))
        first, second = Desk(clients[0], a), Desk(clients[1], b)
        speaker, socket = stack.enter_context(first.live()), stack.enter_context(second.live())
        tell(socket, Hello(cursor=""))
        run = a.run(e.UnitContacted("M1"))
        first.push(run)
        assert heard(socket).runs == [run], "written through the other replica"
        fix = Fix("M1", -29.9, -71.2, 2000)
        tell(speaker, Positions([fix]))
        assert heard(socket) == Positions([fix])
        tell(speaker, Presence([Watching("", "Kim", "i1")]))
        assert [one.operator for one in heard(socket).watching] == ["Kim"]
        speaker.close()
        assert [one.operator for one in heard(socket).watching] == [""]
