"""A backup holds everything, is verified, and stands in for the server that it was taken from, on either database."""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.domain.events import NarrativeAdded
from core.errors import Unavailable
from core.merge.run import is_signed_by
from sync.protocol.messages import PullAnswer
from sync.protocol.offers import ARTEFACTS
from sync.protocol.packing import unpack
from sync.protocol.routes import PULL, authorization
from sync.server import archive, backup, restore, retention
from sync.server.accounts import Role
from sync.server.database import connect_embedded, opened
from sync.server.settings import ServerSettings
from sync.server.upgrade import bring_up
from tests.server.desks import Origin, shift
from tests.server.whole import AGENCY, FIRE, Server


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    settings = ServerSettings(folder=tmp_path / "server", database=database_url)
    with Server(settings, ManualClock()).running() as running:
        running.fill()
        yield running


def _filled(server: Server) -> Origin:
    desk = server.pair("Console")
    server.push(desk, *shift(desk, 60, server.clock))
    server.signed_in(Role.OPERATOR)("POST", "/incidents", json=FIRE)
    return desk


def _pulled(server: Server, desk: Origin, cursor: str = "") -> PullAnswer:
    headers = {"authorization": authorization(desk.name, desk.token)}
    answer = server.ask("GET", PULL, headers=headers, params={"own": "1", "limit": 10_000, "cursor": cursor})
    assert answer.status_code == 200, answer.content
    return unpack(answer.content, PullAnswer, 1 << 24)


def _backup(server: Server, target: Path, *, replace: bool = False) -> backup.Verified:
    return server.portal.call(partial(backup.back_up, server.services.database, target, replace=replace))


def _offer(server: Server, content: bytes) -> None:
    name = hashlib.sha256(content).hexdigest()
    query = {"kind": "cards", "name": "coast", "size": len(content), "offset": 0}
    put = server.signed_in(Role.ADMINISTRATOR)("PUT", f"/../..{ARTEFACTS}/{name}", params=query, content=content)
    assert put.status_code == 200, put.content


def test_that_a_backup_of_either_database_starts_an_embedded_server_that_desks_know(
    server: Server, tmp_path: Path
) -> None:
    desk = _filled(server)
    before = _pulled(server, desk)
    target = tmp_path / "kept.fdserver"
    verified = _backup(server, target)
    assert verified.events == sum(len(run.events) for run in before.runs)
    assert backup.verify(target) == verified
    folder = tmp_path / "new"
    assert restore.restore_embedded(target, folder, server.clock.now_ms()) == (verified, None)
    with Server(ServerSettings(folder=folder), server.clock).running() as restored:
        after = _pulled(restored, desk)
        assert {run.signature for run in after.runs} == {run.signature for run in before.runs}
        assert after.epoch != before.epoch
        assert restored.signed_in(Role.OPERATOR)("POST", "/incidents", json=FIRE).status_code == 201
        assert restored.push(desk, *shift(desk, 1, server.clock)).outcomes == []


def test_that_nobody_else_on_the_machine_reads_the_servers_keys(tmp_path: Path) -> None:
    folder = tmp_path / "open to all"
    folder.mkdir(mode=0o755)
    with Server(ServerSettings(folder=folder), ManualClock()).running() as running:
        running.fill()
        _backup(running, folder / "kept.fdserver")
        files = [path for path in folder.iterdir() if path.name.startswith(("server.db", "kept"))]
        assert {"server.db", "server.db-wal", "kept.fdserver"} <= {path.name for path in files}
        assert [path.name for path in files if path.stat().st_mode & 0o077] == []


def test_that_a_backup_fills_postgresql(server: Server, postgres: str, tmp_path: Path) -> None:
    desk = _filled(server)
    before = _pulled(server, desk)
    _backup(server, tmp_path / "kept.fdserver")
    url = postgres if not server.services.settings.database else server.services.settings.database

    async def fill(replace: bool) -> None:
        async with opened(url, tmp_path) as database:
            await bring_up(database)
            await restore.restore_postgresql(tmp_path / "kept.fdserver", database, replace=replace)

    if server.services.settings.database:
        with pytest.raises(Unavailable, match="A server is connected"):
            asyncio.run(fill(replace=True))
        return
    asyncio.run(fill(replace=False))
    with pytest.raises(Unavailable, match="holds a server's events already"):
        asyncio.run(fill(replace=False))
    asyncio.run(fill(replace=True))
    with Server(ServerSettings(folder=tmp_path, database=url), server.clock).running() as restored:
        assert {run.signature for run in _pulled(restored, desk).runs} == {run.signature for run in before.runs}
        assert _pulled(restored, desk, before.cursor).runs == []
        assert restored.push(desk, *shift(desk, 1, server.clock)).outcomes == []
        assert len(_pulled(restored, desk, before.cursor).runs) == 1


def test_that_a_flipped_bit_is_found_and_nothing_is_touched(tmp_path: Path) -> None:
    with Server(ServerSettings(folder=tmp_path / "server"), ManualClock()).running() as server:
        server.fill()
        _filled(server)
        target = tmp_path / "kept.fdserver"
        _backup(server, target)
    raw = connect_embedded(target)
    payload = bytearray(raw.execute("SELECT payload FROM runs WHERE seq = 3").fetchone()[0])
    raw.execute("UPDATE runs SET head = ? WHERE seq = 3", (bytes(32),))
    raw.execute("PRAGMA journal_mode = DELETE")
    raw.close()
    assert payload
    with pytest.raises(Unavailable, match="is damaged"):
        restore.restore_embedded(target, tmp_path / "new", 1)
    assert not (tmp_path / "new").exists()


def test_that_a_backup_replaces_no_other_file(tmp_path: Path) -> None:
    with Server(ServerSettings(folder=tmp_path / "server"), ManualClock()).running() as server:
        server.fill()
        note = tmp_path / "note.txt"
        note.write_text("precious")
        with pytest.raises(Unavailable, match="some other file"):
            _backup(server, note)
        with pytest.raises(Unavailable, match="own file"):
            _backup(server, tmp_path / "server" / "server.db")
        assert note.read_text() == "precious"
        _backup(server, tmp_path / "kept.fdserver")
        with pytest.raises(Unavailable, match="there already"):
            _backup(server, tmp_path / "kept.fdserver")
        _backup(server, tmp_path / "kept.fdserver", replace=True)
    with pytest.raises(Unavailable, match="no backup"):
        backup.verify(note)


def test_that_only_this_user_reads_a_backup_whatever_the_others_may_read(server: Server, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        _backup(server, tmp_path / "kept.fdserver")
    finally:
        os.umask(before)
    assert (tmp_path / "kept.fdserver").stat().st_mode & 0o777 == 0o600


def test_that_a_flipped_bit_in_what_is_offered_is_found(tmp_path: Path) -> None:
    target = tmp_path / "kept.fdserver"
    with Server(ServerSettings(folder=tmp_path / "server"), ManualClock()).running() as server:
        server.fill()
        _offer(server, b"A page of cards. " * 100)
        _backup(server, target)
    raw = connect_embedded(target)
    content = bytearray(raw.execute("SELECT content FROM artefact_parts").fetchone()[0])
    content[700] ^= 4
    raw.execute("UPDATE artefact_parts SET content = ?", (bytes(content),))
    raw.close()
    with pytest.raises(Unavailable, match="“coast” that it offers is not what its hash says"):
        restore.restore_embedded(target, tmp_path / "new", 1)
    assert not (tmp_path / "new").exists()


def test_that_a_backup_cut_short_is_told_as_one_file_that_another_replaces(tmp_path: Path) -> None:
    target = tmp_path / "kept.fdserver"
    with Server(ServerSettings(folder=tmp_path / "server"), ManualClock()).running() as server:
        server.fill()
        _backup(server, target)
    target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])
    with pytest.raises(Unavailable, match="Use another backup") as told:
        backup.verify(target)
    assert "-wal" not in str(told.value)


def test_that_the_replaced_server_is_kept_beside(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    with Server(ServerSettings(folder=folder), ManualClock()).running() as server:
        server.fill()
        _backup(server, tmp_path / "kept.fdserver")
    _, moved = restore.restore_embedded(tmp_path / "kept.fdserver", folder, server.clock.now_ms())
    assert moved is not None
    assert moved.exists()
    assert shutil.disk_usage(folder)


def test_that_an_archive_holds_what_was_closed_long_ago(server: Server, tmp_path: Path) -> None:
    ask = server.signed_in(Role.OPERATOR)
    old, new, still_open = (ask("POST", "/incidents", json=FIRE).json()["id"] for _ in range(3))
    closing = {"disposition": next(iter(AGENCY.dispositions))}
    server.clock.advance(10)
    assert ask("POST", f"/incidents/{old}/closing", json=closing).status_code == 200
    server.clock.advance(1000)
    ask("POST", f"/incidents/{new}/closing", json=closing)
    target = tmp_path / "2025.fdarchive"
    done = server.portal.call(archive.archive, server.services.database, target, server.clock.now_ms() - 500_000)
    assert done.incidents == 1
    assert archive.read_back(target) == done
    assert ask("GET", f"/incidents/{still_open}").status_code == 200
    with pytest.raises(Unavailable, match="already"):
        server.portal.call(archive.archive, server.services.database, target, 1)
    target.write_bytes(target.read_bytes()[:-50])
    with pytest.raises(Unavailable):
        archive.read_back(target)


def test_that_callers_and_words_of_long_ago_are_forgotten_and_every_hash_still_holds(
    server: Server, tmp_path: Path
) -> None:
    ask, desk = server.signed_in(Role.OPERATOR), server.pair("Console")
    said = {**FIRE, "caller": "Ana Rojas", "callback": "555 0147", "narrative": "Smoke."}
    old, new = (ask("POST", "/incidents", json=said).json()["id"] for _ in range(2))
    server.clock.advance(10)
    ask("POST", f"/incidents/{old}/closing", json={"disposition": next(iter(AGENCY.dispositions))})
    server.clock.advance(24 * 3600)
    done = server.portal.call(retention.forget, server.services.database, server.clock.now_ms() - 3600_000)
    assert (done.incidents, done.events) == (1, 2)
    later = server.portal.call(retention.forget, server.services.database, server.clock.now_ms() - 3600_000)
    assert (later.incidents, later.events) == (0, 0)
    bodies = b"".join(wire.body for run in _pulled(server, desk).runs for wire in run.events)
    assert bodies.count(b"Ana Rojas") == 1
    assert server.portal.call(server.office._rest.past_incident, old).calls == []
    kept = server.signed_in(Role.VIEWER)("GET", f"/incidents/{new}").json()
    assert kept["calls"][0]["caller"] == "Ana Rojas"
    assert _backup(server, tmp_path / "kept.fdserver").events > 0


def test_that_words_that_came_twice_are_forgotten_twice(server: Server) -> None:
    ask, desk, other = server.signed_in(Role.OPERATOR), server.pair("Console"), server.pair("Truck")
    incident = ask("POST", "/incidents", json=FIRE).json()["id"]
    wires = desk.wire([NarrativeAdded(incident, "Ana Rojas called.")])
    server.push(desk, desk.seal(wires))
    server.push(other, other.seal(wires))  # the same desk under another identity
    server.clock.advance(10)
    ask("POST", f"/incidents/{incident}/closing", json={"disposition": next(iter(AGENCY.dispositions))})
    server.clock.advance(24 * 3600)
    server.portal.call(retention.forget, server.services.database, server.clock.now_ms() - 3600_000)
    runs = _pulled(server, desk).runs
    assert b"Ana Rojas" not in b"".join(wire.body for run in runs for wire in run.events)
    keys = {one.name: one.desk_pass.public_key for one in (desk, other)}
    assert all(is_signed_by(run, keys[run.desk]) for run in runs if run.desk in keys)


def test_that_leftovers_are_tidied_away(tmp_path: Path) -> None:
    with Server(ServerSettings(folder=tmp_path), ManualClock()).running() as server:
        server.fill()
        ask = server.signed_in(Role.VIEWER)
        late_ms = server.clock.now_ms() + 30 * 24 * 3600 * 1000
        server.run(lambda connection: retention.tidy(connection, late_ms))
        assert ask("GET", "/session").status_code == 401
