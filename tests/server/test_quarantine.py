"""What the server refused stays visible until somebody decides, and can then still become part of the truth."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from core.clock import ManualClock
from core.domain import commands as c
from core.domain import events as e
from core.merge.run import is_signed_by
from sync.protocol.messages import PERMISSION, SIGNATURE
from sync.server import authority, quarantine
from sync.server.accounts import Role
from sync.server.log import Point, run_of
from sync.server.settings import ServerSettings
from tests.server.whole import FIRE, Server


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    with Server(ServerSettings(folder=tmp_path, database=database_url), ManualClock()).running() as running:
        running.fill()
        yield running


def test_that_a_refused_event_can_be_entered_by_the_server_itself(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, desk = server.signed_in(Role.ADMINISTRATOR), server.pair("Console")
    incident = ask("POST", "/incidents", json=FIRE).json()["id"]
    desk_pass = authority.DeskRow.desk_pass
    narrow = property(lambda row: structs.replace(desk_pass.fget(row), may=frozenset()))
    monkeypatch.setattr(authority.DeskRow, "desk_pass", narrow)
    answer = server.push(desk, desk.run(e.NarrativeAdded(incident, "The roof is gone.")))
    assert [outcome.code for outcome in answer.outcomes] == [PERMISSION]
    monkeypatch.undo()
    [held] = ask("GET", "/quarantine").json()
    assert held["code"] == PERMISSION
    shown = ask("GET", f"/quarantine/{held['id']}").json()
    assert shown["events"][0]["body"]["text"] == "The roof is gone."
    assert "The roof is gone." not in ask("GET", f"/incidents/{incident}").text
    released = ask("POST", f"/quarantine/{held['id']}/release")
    assert released.json()["settled_by"] == "administrator"
    [line] = ask("GET", f"/incidents/{incident}").json()["narrative"]
    assert (line["text"], line["desk"]) == ("The roof is gone.", "SERVER")
    assert line["operator"] == "Kim, released by administrator"
    assert ask("GET", "/quarantine").json() == []
    assert ask("POST", f"/quarantine/{held['id']}/release").status_code == 409


def test_that_a_wish_of_the_command_line_is_carried_out(server: Server) -> None:
    ask, desk = server.signed_in(Role.ADMINISTRATOR), server.pair("Console")
    server.push(desk, structs.replace(desk.run(e.UnitContacted("E12")), signature=bytes(64)))
    [held] = ask("GET", "/quarantine").json()
    assert held["code"] == SIGNATURE
    server.run(lambda connection: quarantine.wish_release(connection, held["id"], "root at the server"))
    own_desk = server.office._rest.own_desk
    server.portal.call(quarantine.carry_out_wishes, server.services, own_desk)
    after = ask("GET", f"/quarantine/{held['id']}").json()
    assert after["how"].startswith("not released: ")
    assert after["settled_at"] is None


def test_that_a_run_of_an_unknown_desk_is_taken_once_the_desk_is_known(server: Server) -> None:
    ask, desk = server.signed_in(Role.ADMINISTRATOR), server.pair("Console")
    stranger = server.pair("Truck")
    server.run(lambda connection: authority.revoke(connection, stranger.name, "ada", "lost", 5))
    server.clock.advance(2)
    server.push(desk, stranger.run(e.UnitContacted("M3")))
    [held] = ask("GET", "/quarantine").json()
    assert held["code"] == "revoked"
    assert held["pushed_by"] == desk.name
    refused = ask("POST", f"/quarantine/{held['id']}/release")
    assert refused.status_code == 409
    assert "shut out" in refused.json()["happened"]
    server.run(lambda con: con.exec_driver_sql("UPDATE desks SET revoked_at = NULL"))
    server.clock.advance(2)
    assert ask("POST", f"/quarantine/{held['id']}/release").status_code == 200
    assert [have.length for have in server.portal.call(server.services.log.have, stranger.name)] == [1]


def test_that_a_desk_hears_that_its_refused_run_was_taken_after_all(server: Server) -> None:
    ask, desk = server.signed_in(Role.ADMINISTRATOR), server.pair("Console")
    run = desk.run(e.UnitContacted("M3"))
    server.run(lambda connection: authority.revoke(connection, desk.name, "ada", "lost", 5))
    server.clock.advance(2)
    server.push(server.pair("Other"), run)
    server.run(lambda connection: connection.exec_driver_sql("UPDATE desks SET revoked_at = NULL"))
    server.clock.advance(2)
    [held] = ask("GET", "/quarantine").json()
    assert ask("POST", f"/quarantine/{held['id']}/release").status_code == 200
    page = server.portal.call(server.services.log.pull, Point(), 100, desk.name)
    [told] = [run for run in map(run_of, page.runs) if run.desk == desk.name]
    assert [(event.place_id, event.flag) for event in told.events] == [(run.events[0].id.hex(), "")]
    assert is_signed_by(told, desk.desk_pass.public_key)


def test_that_a_discarded_entry_stays_on_record(server: Server) -> None:
    ask, desk = server.signed_in(Role.ADMINISTRATOR), server.pair("Console")
    server.push(desk, desk.run(b'{"what": "nonsense"}'))
    [held] = ask("GET", "/quarantine").json()
    refused = ask("POST", f"/quarantine/{held['id']}/release")
    assert refused.status_code == 409
    assert ask("POST", f"/quarantine/{held['id']}/discard", json={"reason": "A test device."}).status_code == 200
    assert ask("GET", "/quarantine").json() == []
    [kept] = ask("GET", "/quarantine?settled=true").json()
    assert kept["how"] == "discarded: A test device."


def test_that_the_board_is_the_same_after_a_claim_that_lost(server: Server) -> None:
    """The server's own claim is taken back whole when another desk's came first."""
    ask, desk = server.signed_in(Role.OPERATOR), server.pair("Console")
    first, second = (ask("POST", "/incidents", json=FIRE).json()["id"] for _ in range(2))
    server.clock.advance(1)
    own_desk = server.office._rest.own_desk
    enter = own_desk._enter

    async def overtaken(events):
        if own_desk._enter is overtaken:
            own_desk._enter = enter
            from sync.server.admission import examine

            run = desk.run(desk.sent("M3", second))
            known = await server.services.roll.card(desk.name)
            await server.services.group.push([examine(run, known, server.clock.now_ms(), lambda: b"")])
        return await enter(events)

    own_desk._enter = overtaken
    lost = ask("POST", f"/incidents/{first}/assignments", json={"unit": "M3"})
    assert (lost.status_code, lost.json()["holder"]["incident"]) == (409, second)
    assert ask("GET", "/units/M3").json()["incident"] == second
    assert ask("GET", f"/incidents/{first}").json()["units"] == []
    assert server.do(c.Contact("M3"))
