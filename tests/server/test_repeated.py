"""A request that is repeated because no answer came opens one incident, on whatever replica."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.clock import ManualClock
from core.errors import Unavailable
from sync.server.accounts import Role
from sync.server.authority_tables import REPEATED_WITHIN_MS, repeats
from sync.server.retention import tidy
from sync.server.settings import ServerSettings
from tests.server.whole import FIRE, Server

KEY = {"idempotency-key": "5f0c-1"}
ASKED = {**FIRE, "narrative": "Smoke.", "caller": "Ana", "callback": "555"}


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    with Server(ServerSettings(folder=tmp_path, database=database_url), ManualClock()).running() as running:
        running.fill()
        yield running


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Server]:
    with Server(ServerSettings(folder=tmp_path), ManualClock()).running() as running:
        running.fill()
        yield running


class Client:
    """Somebody signed in, who sends headers of their own."""

    def __init__(self, server: Server, role: Role = Role.OPERATOR) -> None:
        self._server = server
        token = server.ask("POST", "/api/v1/session", json={"name": role.value, "password": "correct horse battery"})
        self._authorization = f"Bearer {token.json()['token']}"

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Any:
        sent = {"authorization": self._authorization, **(headers or {})}
        return self._server.ask(method, f"/api/v1{path}", headers=sent, **more)

    def open(self, asked: dict[str, Any] = ASKED, headers: dict[str, str] = KEY) -> Any:
        return self.ask("POST", "/incidents", headers, json=asked)

    def count(self) -> int:
        return len(self.ask("GET", "/incidents?state=all").json()["items"])


def test_that_a_repeated_request_gets_the_same_answer_and_opens_nothing(server: Server) -> None:
    client = Client(server)
    first = client.open()
    assert first.status_code == 201, first.text
    path = f"/incidents/{first.json()['id']}"
    assert client.ask("POST", f"{path}/narrative", json={"text": "Flames."}).status_code == 201
    again = client.open()
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert client.count() == 1
    assert client.ask("GET", path).json()["narrative"][-1]["text"] == "Flames."


def test_that_the_same_key_with_another_body_is_refused(server: Server) -> None:
    client = Client(server)
    number = client.open().json()["number"]
    other = client.open({**ASKED, "caller": "Luis"})
    assert (other.status_code, other.headers["content-type"]) == (409, "application/problem+json")
    assert number in other.json()["happened"]
    assert client.count() == 1


def test_that_requests_at_the_same_moment_open_one_incident(server: Server) -> None:
    client = Client(server)
    with ThreadPoolExecutor(4) as all_at_once:
        answers = list(all_at_once.map(lambda _: client.open(), range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert client.count() == 1


def test_that_another_replica_knows_of_the_request(postgres: str, tmp_path: Path) -> None:
    settings = ServerSettings(folder=tmp_path, database=postgres)
    clock = ManualClock()
    with Server(settings, clock).running() as one:
        one.fill()
        first = Client(one).open()
        with Server(settings, clock).running() as two:
            assert Client(two).open().json() == first.json()
            assert Client(two).open({**ASKED, "caller": "Luis"}).status_code == 409
            assert Client(two).count() == 1


def test_that_keys_are_each_accounts_own_and_without_one_every_request_counts(embedded: Server) -> None:
    operator, administrator = Client(embedded), Client(embedded, Role.ADMINISTRATOR)
    ids = {operator.open().json()["id"], administrator.open().json()["id"]}
    ids |= {operator.open(headers={}).json()["id"] for _ in range(2)}
    assert len(ids) == 4


def test_that_what_was_noted_and_never_entered_is_done_when_it_is_repeated(
    embedded: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(embedded)

    async def away(*_: Any) -> Any:
        raise Unavailable("The disk is full.")

    with monkeypatch.context() as failing:
        failing.setattr(embedded.services.group, "push", away)
        assert client.open().status_code == 503
    assert client.count() == 0
    assert client.open({**ASKED, "caller": "Luis"}).status_code == 201
    assert client.count() == 1


def test_that_a_key_is_forgotten_after_a_day(embedded: Server) -> None:
    client = Client(embedded)
    first = client.open().json()["id"]
    noted = embedded.run(lambda connection: connection.scalar(select(repeats.c.at)))
    for now_ms, left in ((noted + REPEATED_WITHIN_MS - 1, 1), (noted + REPEATED_WITHIN_MS, 0)):
        embedded.run(lambda connection, now_ms=now_ms: tidy(connection, now_ms))
        assert embedded.run(lambda connection: connection.scalar(select(func.count()).select_from(repeats))) == left
    assert Client(embedded).open().json()["id"] != first


@pytest.mark.parametrize("key", ["", "with a space", "x" * 201])
def test_that_a_key_that_is_none_is_refused(embedded: Server, key: str) -> None:
    refused = Client(embedded).open(headers={"idempotency-key": key})
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")


def test_that_the_description_tells_of_the_key(embedded: Server) -> None:
    described = embedded.ask("GET", "/api/v1/openapi.json").json()["paths"]["/incidents"]["post"]
    (header,) = [parameter for parameter in described["parameters"] if parameter["in"] == "header"]
    assert (header["name"], header["required"]) == ("Idempotency-Key", False)
    assert "409" in described["responses"]
