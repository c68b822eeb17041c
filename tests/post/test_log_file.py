"""The log that a desk keeps as a field post is as secret as the desk's own store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from sync.post.log_file import ASIDE, lay_aside_unless_ours
from sync.post.states import PostRole
from sync.server.database import EMBEDDED_NAME, EmbeddedDatabase, connect_embedded
from sync.server.upgrade import bring_up_now
from tests.link.rig import Agency, wait_until
from tests.post.village import FieldDesk, Village

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[list[FieldDesk]]:
    agency = Agency()
    made = [FieldDesk(tmp_path / name, name, agency, roster=name == "A") for name in "AB"]
    yield made
    for desk in made:
        desk.stop()


def events_in(path: Path, key: bytes) -> int:
    raw = connect_embedded(path, key)
    found = raw.execute("SELECT count(*) FROM events").fetchone()[0]
    raw.close()
    assert isinstance(found, int)
    return found


def test_that_what_others_send_to_a_post_lies_encrypted_on_its_disk(desks: list[FieldDesk]) -> None:
    a, b = desks
    village = Village()
    for desk in desks:
        desk.go_out(village)
    b.open_incident("17 Secret Street")
    wait_until(lambda: len(a.picture()["incidents"]) == 1)
    assert a.post is not None
    assert a.post.status().role is PostRole.HOSTING
    a.come_back()
    path = a.folder / "post" / EMBEDDED_NAME
    everything = b"".join(file.read_bytes() for file in path.parent.glob(f"{EMBEDDED_NAME}*"))
    assert everything
    assert b"Secret Street" not in everything
    assert b"CREATE TABLE" not in everything
    with pytest.raises(sqlcipher.DatabaseError, match="not a database"):
        connect_embedded(path)
    assert events_in(path, a.ask(lambda: a.store.key_for("field post"))) > 0


@pytest.mark.parametrize("before", [OTHER, b""])
def test_that_a_log_of_another_key_is_laid_aside_and_ours_is_kept(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / EMBEDDED_NAME
    for key in (before, KEY):
        database = EmbeddedDatabase(path, key)
        bring_up_now(database)
        database.close_now()
        kept = path.read_bytes()
        lay_aside_unless_ours(tmp_path, KEY)
        assert path.exists() == (key == KEY)
    assert path.read_bytes() == kept
    assert path.with_name(EMBEDDED_NAME + ASIDE).exists()


def test_that_each_purpose_has_a_key_of_its_own(desks: list[FieldDesk]) -> None:
    keys = {desks[0].ask(lambda purpose=purpose: desks[0].store.key_for(purpose)) for purpose in ("field post", "b")}
    assert len(keys) == 2
    assert {len(key) for key in keys} == {32}
