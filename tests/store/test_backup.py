"""Copies of a store in use: whole or not at all."""

import shutil

import pytest

from core.domain.board import Board
from core.errors import Unavailable
from core.store import open_to_read


def test_that_a_backup_holds_everything_and_opens_with_the_same_key(store, scribe, opened, tmp_path):
    events = scribe.opening()
    store.commit(events)
    store.backup(tmp_path / "copy.store")
    store.commit(scribe.opening())
    copy = opened(tmp_path / "copy.store")
    assert copy.events_of_incident(events[0].body.incident) == events
    assert copy.verify() == []
    assert copy.store_id == store.store_id
    assert len(copy.history()) == 1


def test_that_a_backup_is_one_encrypted_file(store, scribe, tmp_path):
    store.commit(scribe.opening("77 Secret Lane"))
    folder = tmp_path / "stick"
    folder.mkdir()
    store.backup(folder / "copy.store")
    assert [p.name for p in folder.iterdir()] == ["copy.store"]
    assert b"Secret" not in (folder / "copy.store").read_bytes()


def test_that_the_last_backup_is_remembered(store, clock, opened, tmp_path):
    assert store.status().last_backup_at is None
    clock.advance(60)
    store.backup(tmp_path / "copy.store")
    assert store.status().last_backup_at == clock.now_ms()
    store.close()
    assert opened().status().last_backup_at == clock.now_ms()


def test_that_a_newer_backup_replaces_an_older_one(store, scribe, opened, tmp_path):
    store.backup(tmp_path / "copy.store")
    store.commit(scribe.opening())
    store.backup(tmp_path / "copy.store")
    assert len(opened(tmp_path / "copy.store").history()) == 1


def test_that_a_backup_that_fails_leaves_the_older_one_and_no_remains(store, tmp_path):
    with pytest.raises(Unavailable, match=r"cannot be used|cannot be opened"):
        store.backup(tmp_path / "no such folder" / "copy.store")
    blocked = tmp_path / "folder.store"
    blocked.mkdir()
    with pytest.raises(Unavailable):
        store.backup(blocked)
    assert store.status().last_backup_at is None
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []


def test_that_a_backup_cannot_replace_the_store_itself(store, path, scribe):
    store.commit(scribe.opening())
    with pytest.raises(Unavailable, match="cannot replace the store"):
        store.backup(path.parent / "." / path.name)
    assert store.load_board() != Board()


def test_that_a_backup_replaces_no_file_but_an_earlier_backup(store, tmp_path):
    thesis = tmp_path / "thesis.pdf"
    thesis.write_bytes(b"%PDF years of work")
    with pytest.raises(Unavailable, match="some other file"):
        store.backup(thesis)
    assert thesis.read_bytes() == b"%PDF years of work"
    (tmp_path / "empty").touch()
    store.backup(tmp_path / "empty")


def test_that_a_restored_backup_is_not_ruined_by_the_log_of_the_store_it_replaces(
    store, scribe, opened, tmp_path, as_after_kill, key, clock
):
    for _ in range(50):
        store.commit(scribe.opening("x" * 500))
    store.backup(tmp_path / "copy.store")
    for _ in range(5):
        store.commit(scribe.opening("y" * 500))
    place = as_after_kill(store.path)
    shutil.copyfile(tmp_path / "copy.store", place)
    log = place.with_name(f"{place.name}-wal")
    before = (place.read_bytes(), log.read_bytes())
    with pytest.raises(Unavailable, match="belongs to the store that it replaces"):
        opened(place)
    with pytest.raises(Unavailable, match="belongs to the store that it replaces"):
        open_to_read(place, key, clock)
    assert (place.read_bytes(), log.read_bytes()) == before
    log.rename(tmp_path / "kept aside")
    restored = opened(place)
    assert len(restored.history(limit=99)) == 50
    restored.commit(scribe.opening())
    again = opened(as_after_kill(place))  # its own log is no foreign one
    assert len(again.history(limit=99)) == 51
    assert again.verify() == []
