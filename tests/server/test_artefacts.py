"""Artefacts arrive in pieces, are verified, and are fetched in pieces."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.clock import ManualClock
from sync.protocol.messages import Trouble
from sync.protocol.offers import ARTEFACTS, ArtefactsAnswer, Received
from sync.protocol.packing import unpack
from sync.protocol.routes import authorization
from sync.server.accounts import Role
from sync.server.artefacts import PART_BYTES, fingerprint
from sync.server.settings import ServerSettings
from tests.server.desks import Origin
from tests.server.whole import Server

CONTENT = bytes(range(256)) * (PART_BYTES // 100)  # two parts and a half
NAME = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    with Server(ServerSettings(folder=tmp_path, database=database_url), ManualClock()).running() as running:
        running.fill()
        yield running


def _put(server: Server, content: bytes, offset: int, role: Role, **changes: object) -> httpx.Response:
    query = {"kind": "pack", "name": "coast.fdpack", "size": len(CONTENT), "offset": offset, **changes}
    return server.signed_in(role)("PUT", f"/../..{ARTEFACTS}/{NAME}", params=query, content=content)


def _get(server: Server, desk: Origin, path: str = "", **headers: str) -> httpx.Response:
    headers["authorization"] = authorization(desk.name, desk.token)
    return server.ask("GET", f"{ARTEFACTS}{path}", headers=headers)


def _offered(server: Server, desk: Origin) -> ArtefactsAnswer:
    return unpack(_get(server, desk).content, ArtefactsAnswer, 10_000)


def test_that_an_interrupted_upload_goes_on_where_it_stopped_and_is_offered_once_it_is_whole(server: Server) -> None:
    desk = server.pair("Console")
    some = len(CONTENT) // 2
    begun = unpack(_put(server, CONTENT[:some], 0, Role.ADMINISTRATOR).content, Received, 1000)
    assert (begun.received, begun.complete) == (some, False)
    assert _offered(server, desk).artefacts == []
    assert _get(server, desk, f"/{NAME}").status_code == 404
    wrong = _put(server, CONTENT, 0, Role.ADMINISTRATOR)
    assert (wrong.status_code, unpack(wrong.content, Received, 1000).received) == (409, some)
    done = unpack(_put(server, CONTENT[some:], some, Role.ADMINISTRATOR).content, Received, 1000)
    assert (done.received, done.complete) == (len(CONTENT), True)
    [entry] = _offered(server, desk).artefacts
    assert (entry.kind, entry.name, entry.sha256, entry.size) == ("pack", "coast.fdpack", NAME, len(CONTENT))
    assert _get(server, desk, f"/{NAME}").content == CONTENT


PIECES = {
    "bytes=0-9": (0, 10),
    f"bytes={PART_BYTES - 3}-{PART_BYTES + 3}": (PART_BYTES - 3, PART_BYTES + 4),
    f"bytes={len(CONTENT) - 5}-": (len(CONTENT) - 5, len(CONTENT)),
    "bytes=10-999999999": (10, len(CONTENT)),
}


def test_that_a_piece_is_fetched_by_range(server: Server) -> None:
    desk = server.pair("Console")
    assert _put(server, CONTENT, 0, Role.ADMINISTRATOR).status_code == 200
    for asked, (begin, end) in PIECES.items():
        answer = _get(server, desk, f"/{NAME}", range=asked)
        assert (answer.status_code, answer.content) == (206, CONTENT[begin:end])
        assert answer.headers["content-range"] == f"bytes {begin}-{end - 1}/{len(CONTENT)}"
    assert _get(server, desk, f"/{NAME}", range=f"bytes={len(CONTENT)}-").status_code == 416


def test_that_content_which_is_not_what_its_hash_says_is_thrown_away(server: Server) -> None:
    desk = server.pair("Console")
    refused = _put(server, b"x" * len(CONTENT), 0, Role.ADMINISTRATOR)
    assert refused.status_code == 400
    assert "hash" in unpack(refused.content, Trouble, 10_000).happened
    assert _put(server, CONTENT, 0, Role.ADMINISTRATOR).status_code == 200
    assert len(_offered(server, desk).artefacts) == 1


def test_that_only_administrators_publish_and_strangers_see_nothing(server: Server) -> None:
    desk = server.pair("Console")
    assert _put(server, CONTENT, 0, Role.OPERATOR).status_code == 403
    headers = {"authorization": authorization(desk.name, desk.token)}
    assert server.ask("PUT", f"{ARTEFACTS}/{NAME}", headers=headers, params={"size": 1}).status_code == 403
    assert server.ask("GET", ARTEFACTS).status_code == 401
    assert server.ask("GET", ARTEFACTS, headers={"authorization": "Bearer x"}).status_code == 401


def test_that_one_file_is_not_offered_under_two_kinds_and_holds_again_when_offered_anew(server: Server) -> None:
    desk = server.pair("Console")
    assert _put(server, CONTENT, 0, Role.ADMINISTRATOR).status_code == 200
    for changes in ({"kind": "cards"}, {"name": "hills.fdpack"}):
        refused = _put(server, CONTENT, 0, Role.ADMINISTRATOR, **changes)
        assert refused.status_code == 400
        assert "as the pack file “coast.fdpack”" in unpack(refused.content, Trouble, 10_000).happened
    [before] = _offered(server, desk).artefacts
    marked = server.run(fingerprint)
    server.clock.advance(60)
    assert _put(server, CONTENT, 0, Role.ADMINISTRATOR).status_code == 200
    [after] = _offered(server, desk).artefacts
    assert (after.kind, after.published_at - before.published_at) == ("pack", 60_000)
    assert server.run(fingerprint) != marked


NONSENSE = ({"kind": "virus"}, {"name": "a/b"}, {"name": ""}, {"size": 0}, {"size": "much"}, {"size": 1 << 50})


def test_that_nonsense_is_refused_in_words(tmp_path: Path) -> None:
    with Server(ServerSettings(folder=tmp_path), ManualClock()).running() as server:
        server.fill()
        for changes in NONSENSE:
            refused = _put(server, CONTENT, 0, Role.ADMINISTRATOR, **changes)
            assert refused.status_code == 400
            assert unpack(refused.content, Trouble, 10_000).happened.endswith(".")
