"""Reading a store beside the desk that writes it: a report printed from another process."""

import pytest

from core.errors import Unavailable
from core.store import open_to_read
from core.store.migrations import MIGRATIONS


@pytest.fixture
def reader(path, key, clock):
    """Opens the store for reading; closed at the end."""
    readers = []

    def open_reader():
        readers.append(open_to_read(path, key, clock))
        return readers[-1]

    yield open_reader
    for each in readers:
        each.close()


def test_that_a_reader_sees_what_the_desk_commits_meanwhile(store, scribe, reader):
    store.commit(scribe.opening())
    beside = reader()
    assert len(beside.history()) == 1
    store.commit(scribe.opening())
    assert len(beside.history()) == 2
    assert len(beside.load_board().incidents) == 2


def test_that_a_reader_cannot_write(store, scribe, reader):
    beside = reader()
    with pytest.raises(Unavailable, match="read-only"):
        beside.commit(scribe.opening())
    store.commit(scribe.opening())


def test_that_a_desk_that_closes_leaves_the_reader_its_view(store, scribe, reader):
    store.commit(scribe.opening())
    beside = reader()
    store.close()
    assert len(beside.history()) == 1


def test_that_there_must_be_a_store_to_read(path, key, clock):
    path.parent.mkdir()
    with pytest.raises(Unavailable, match="There is no store"):
        open_to_read(path, key, clock)
    assert list(path.parent.iterdir()) == []


def test_that_an_earlier_store_is_not_migrated_by_a_reader(store, path, key, clock):
    store._session.raw.execute(f"PRAGMA user_version = {len(MIGRATIONS) - 1}")
    store.close()
    before = path.read_bytes()
    with pytest.raises(Unavailable, match="older Foredesk"):
        open_to_read(path, key, clock)
    assert path.read_bytes() == before
