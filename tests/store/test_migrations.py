"""Stores of other versions: earlier ones are brought up with a copy kept, newer ones are refused."""

import pytest
from sqlalchemy import inspect

from core.errors import Unavailable
from core.store import open_store
from core.store.migrations import MIGRATIONS, version_of
from core.store.tables import metadata


def add_a_column(raw):
    raw.execute("ALTER TABLE drafts ADD COLUMN colour TEXT")


def fail_half_way(raw):
    raw.execute("DROP TABLE drafts")
    raw.execute("SELECT no_such_thing()")


def columns(raw, table):
    return [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]


def test_that_the_migrated_schema_is_the_one_the_code_knows(store):
    with store._session.reading() as connection:
        found = inspect(connection)
        names = set(found.get_table_names())
        assert names == set(metadata.tables)
        for name, table in metadata.tables.items():
            assert [c["name"] for c in found.get_columns(name)] == [c.name for c in table.columns], name
            assert {i["name"]: i["column_names"] for i in found.get_indexes(name)} == {
                i.name: [c.name for c in i.columns] for i in table.indexes
            }, name


def test_that_a_new_store_has_the_newest_version_and_no_copy(store, path):
    assert version_of(store._session.raw) == len(MIGRATIONS)
    assert sorted(p.name for p in path.parent.iterdir() if p.suffix == ".bak") == []


def test_that_an_earlier_store_is_migrated_with_a_copy_kept(store, scribe, path, key, clock, opened):
    store.commit(scribe.opening())
    store.close()
    migrated = open_store(path, key, clock, migrations=(*MIGRATIONS, add_a_column))
    assert version_of(migrated._session.raw) == len(MIGRATIONS) + 1
    assert "colour" in columns(migrated._session.raw, "drafts")
    assert len(migrated.history()) == 1
    migrated.close()

    copy = opened(path.with_name(f"{path.name}.version-{len(MIGRATIONS)}.bak"))
    assert "colour" not in columns(copy._session.raw, "drafts")
    assert len(copy.history()) == 1


def test_that_a_migration_that_fails_leaves_the_store_as_it_was(store, scribe, path, key, clock, opened):
    store.commit(scribe.opening())
    store.close()
    with pytest.raises(Exception, match="no_such_thing"):
        open_store(path, key, clock, migrations=(*MIGRATIONS, add_a_column, fail_half_way))
    again = opened()
    assert version_of(again._session.raw) == len(MIGRATIONS)
    assert "colour" not in columns(again._session.raw, "drafts")
    assert again.verify() == []


def test_that_a_newer_store_is_refused_and_left_as_it_is(store, path, opened):
    store._session.raw.execute("PRAGMA user_version = 99")
    store.close()
    before = path.read_bytes()
    with pytest.raises(Unavailable, match="written by a newer Foredesk") as trouble:
        opened()
    assert "Install the newer Foredesk" in trouble.value.do
    assert path.read_bytes() == before


def test_that_a_database_with_our_key_that_is_no_store_is_refused(store, path, opened):
    store._session.raw.execute("PRAGMA application_id = 7")
    store.close()
    with pytest.raises(Unavailable, match="is not a Foredesk store"):
        opened()
