"""The interface for other systems: what it reads, what it changes, whom it refuses and how."""

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core.clock import ManualClock
from sync.protocol.messages import Fix
from sync.server.accounts import Role
from sync.server.settings import ServerSettings
from tests.server.whole import AGENCY, FIRE, Server


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


def test_that_an_incident_lives_its_whole_life_over_the_interface(server: Server) -> None:
    ask = server.signed_in(Role.OPERATOR)
    opened = ask("POST", "/incidents", json={**FIRE, "narrative": "Smoke.", "caller": "Ana", "callback": "555"})
    assert opened.status_code == 201, opened.text
    incident = opened.json()
    assert incident["number"].split("-")[1] == "API"
    assert incident["state"] == "waiting"
    path = f"/incidents/{incident['id']}"
    assert opened.headers["location"] == f"/api/v1{path}"
    claimed = ask("POST", f"{path}/assignments", json={"unit": "e12", "override": "nearest"})
    assert (claimed.status_code, claimed.json()["unit"]) == (201, "E12")
    assert ask("PUT", "/units/E12/status", json={"status": "on scene"}).json()["status"] == "on scene"
    assert ask("PUT", f"{path}/priority", json={"priority": 2}).json()["priority"] == 2
    assert "Flames" in ask("POST", f"{path}/narrative", json={"text": "Flames."}).text
    refused = ask("POST", f"{path}/closing", json={"disposition": next(iter(AGENCY.dispositions))})
    assert refused.status_code == 409
    closed = ask(
        "POST", f"{path}/closing", json={"disposition": next(iter(AGENCY.dispositions)), "release_units": True}
    )
    assert closed.json()["state"] == "closed"
    assert ask("GET", f"/incidents/{incident['number']}").json()["calls"][0]["caller"] == "Ana"
    assert ask("GET", "/units/e12").json()["status"] == "available"


def test_that_of_two_claims_one_wins_and_the_other_learns_who_holds_the_unit(server: Server) -> None:
    ask = server.signed_in(Role.OPERATOR)
    first, second = (ask("POST", "/incidents", json=FIRE).json() for _ in range(2))
    with ThreadPoolExecutor(2) as both:
        answers = list(
            both.map(lambda i: ask("POST", f"/incidents/{i['id']}/assignments", json={"unit": "M3"}), (first, second))
        )
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code) == (201, 409)
    assert lost.headers["content-type"] == "application/problem+json"
    assert lost.json()["holder"]["incident"] == won.json()["incident"]
    assert lost.json()["do"]
    assert len(ask("GET", "/assignments").json()) == 1


def test_that_a_released_unit_can_be_claimed_again(embedded: Server) -> None:
    ask = embedded.signed_in(Role.OPERATOR)
    path = f"/incidents/{ask('POST', '/incidents', json=FIRE).json()['id']}/assignments"
    assert ask("POST", path, json={"unit": "M3"}).status_code == 201
    assert ask("POST", path, json={"unit": "M3"}).status_code == 409
    assert ask("DELETE", f"{path}/M3").json()["units"] == []
    assert ask("DELETE", f"{path}/M3").status_code == 409
    assert ask("POST", path, json={"unit": "M3"}).status_code == 201


def test_that_lists_are_filtered_and_come_in_pages(server: Server) -> None:
    ask = server.signed_in(Role.OPERATOR)
    opened = []
    for number in range(5):
        server.clock.advance(1)
        opened.append(ask("POST", "/incidents", json={**FIRE, "priority": 1 + number % 2}).json()["id"])
    closing = {"disposition": next(iter(AGENCY.dispositions))}
    assert ask("POST", f"/incidents/{opened[0]}/closing", json=closing).status_code == 200

    def pages(query: str) -> list[str]:
        found, after = [], ""
        while True:
            page = ask("GET", f"/incidents?limit=2&{query}{after and f'&after={after}'}").json()
            found += [item["id"] for item in page["items"]]
            after = page["next"]
            if after is None:
                return found

    assert pages("state=open") == opened[:0:-1]
    assert pages("state=all") == opened[::-1]
    assert pages("state=closed") == opened[:1]
    assert pages("state=open&priority=2") == [opened[3], opened[1]]
    assert pages("unit=M3") == []


@pytest.mark.parametrize(
    ("role", "method", "path", "body"),
    [
        (Role.VIEWER, "POST", "/incidents", FIRE),
        (Role.VIEWER, "PUT", "/units/E12/status", {"status": "out of service"}),
        (Role.OPERATOR, "POST", "/pairing-codes", None),
        (Role.OPERATOR, "GET", "/quarantine", None),
    ],
)
def test_that_a_role_may_only_what_is_its_own(embedded: Server, role: Role, method: str, path: str, body: Any) -> None:
    answer = embedded.signed_in(role)(method, path, json=body)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"happened", "holds", "do", "detail", "title", "status", "type"} <= set(answer.json())


def test_that_nobody_comes_in_without_a_session_and_after_signing_out(embedded: Server) -> None:
    assert embedded.ask("GET", "/api/v1/incidents").status_code == 401
    ask = embedded.signed_in(Role.VIEWER)
    assert ask("GET", "/session").json()["role"] == "viewer"
    assert ask("DELETE", "/session").status_code == 204
    assert ask("GET", "/session").status_code == 401


def test_that_a_new_replica_shows_what_the_last_one_wrote(server: Server, tmp_path: Path) -> None:
    ask = server.signed_in(Role.OPERATOR)
    incident = ask("POST", "/incidents", json=FIRE).json()
    if server.services.database.dialect == "sqlite":
        return
    other = Server(ServerSettings(folder=tmp_path, database=server.services.settings.database), server.clock)
    with other.running():
        theirs = other.signed_in(Role.OPERATOR)
        assert theirs("GET", f"/incidents/{incident['id']}").json()["number"] == incident["number"]
        assert theirs("POST", f"/incidents/{incident['id']}/assignments", json={"unit": "M3"}).status_code == 201
        again = ask("POST", f"/incidents/{incident['id']}/assignments", json={"unit": "E12"})
        assert again.status_code == 201
        numbers = {ask("POST", "/incidents", json=FIRE).json()["number"] for _ in range(2)}
        numbers |= {theirs("POST", "/incidents", json=FIRE).json()["number"] for _ in range(2)}
        assert len(numbers) == 4


def test_that_units_tell_their_last_position(embedded: Server) -> None:
    ask = embedded.signed_in(Role.VIEWER)
    assert ask("GET", "/positions/M3").status_code == 404
    embedded.services.live.lasts.place([Fix("M3", 41.0, -8.0, 5), Fix("ghost", 1.0, 1.0, 5, "telepathy")])
    assert ask("GET", "/positions/M3").json()["lat"] == 41.0
    assert ask("GET", "/units/m3").json()["position"]["fixed_at"] == 5
    assert [position["unit"] for position in ask("GET", "/positions").json()] == ["M3"]
    assert {status["code"] for status in ask("GET", "/statuses").json()} >= {"AV", "OS"}


def test_that_desks_are_listed_and_revoked(embedded: Server) -> None:
    ask = embedded.signed_in(Role.ADMINISTRATOR)
    code = ask("POST", "/pairing-codes").json()["code"]
    assert len(code) == 24
    [server_desk] = ask("GET", "/desks").json()
    assert (server_desk["id"], server_desk["prefix"]) == ("SERVER", "API")
    assert ask("POST", "/desks/SERVER/revocation", json={"reason": "no"}).status_code == 409
    assert ask("POST", "/desks/NOBODY/revocation", json={"reason": "no"}).status_code == 404


def test_that_health_and_readiness_need_no_session(server: Server) -> None:
    assert server.ask("GET", "/api/v1/health").json()["alive"] is True
    ready = server.ask("GET", "/api/v1/readiness").json()
    assert ready["ready"] is True
    assert ready["epoch"] == server.services.log.lives.epoch


def test_that_metrics_tell_of_requests_events_and_desks(embedded: Server) -> None:
    embedded.signed_in(Role.VIEWER)("GET", "/incidents")
    embedded.services.settings = ServerSettings(folder=embedded.services.settings.folder, metrics_open=True)
    text = embedded.ask("GET", "/metrics").text
    for line in (
        "foredesk_events 2.0",
        'foredesk_group_events_bucket{le="1.0"} 2.0',
        "foredesk_picture_lag_events 0.0",
    ):
        assert line in text
    assert 'foredesk_requests_total{area="api",method="GET",status="200"}' in text


def test_that_nobody_fills_the_memory_with_a_body(embedded: Server) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 100_000

    for content in (b" " * 2_000_000, endless()):
        refused = embedded.ask("POST", "/api/v1/session", content=content)
        assert refused.status_code == 413
        assert refused.json()["happened"].startswith("A request has 1048576 bytes at most")


@pytest.mark.parametrize("path", ["/nothing", "/units/%0A", "/units/a%0Ab", "/incidents/%00", "/units/%C3%28", "//"])
def test_that_every_path_is_refused_as_a_problem(embedded: Server, path: str) -> None:
    answer = embedded.signed_in(Role.VIEWER)("GET", path)
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_that_strangers_see_no_metrics(embedded: Server) -> None:
    assert embedded.ask("GET", "/metrics").status_code == 401
