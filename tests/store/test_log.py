"""The log, its outbox and its chain."""

from zlib import crc32

import msgspec
import pytest

from core.domain import events as happened
from core.domain.board import Board
from core.domain.fold import apply_event
from core.merge.chain import link
from core.store import snapshots
from core.store.seal import seal

SHAPE_SUM = 4_105_528_377


def without_words(schema: object) -> object:
    """A JSON schema without the sentences that describe it."""
    if isinstance(schema, dict):
        return {key: without_words(value) for key, value in schema.items() if key not in ("description", "title")}
    return [without_words(part) for part in schema] if isinstance(schema, list) else schema


def test_that_committed_events_come_back_as_they_were(store, scribe):
    events = scribe.opening("12 Calle Ñuñoa \N{FIRE} شارع")
    store.commit(events)
    assert store.events_of_command(events[0].command) == events
    assert store.events_of_incident(events[0].body.incident) == events


def test_that_committing_the_same_events_again_changes_nothing(store, scribe):
    first, second = scribe.opening(), scribe.opening()
    store.commit(first)
    store.commit((*first, *second, second[-1]))
    store.commit(first)
    assert store.status().events == 6
    assert store.status().unsynced == 6
    assert len(store.history()) == 2
    assert store.verify() == []


def test_that_committing_nothing_is_nothing(store):
    store.commit(())
    assert store.status().events == 0
    assert store.newest_event_id() is None
    assert store.newest_at() == 0


def test_that_the_newest_id_is_the_one_that_sorts_last_whichever_desk_made_it(store, scribe, clock):
    mine = scribe.opening()
    other = type(scribe)(clock, "B")
    theirs = other.opening()
    store.commit(theirs)
    store.commit(mine)
    assert store.newest_event_id() == theirs[-1].id
    assert store.newest_at() == theirs[-1].at


def test_that_each_desk_has_a_chain_of_its_own(store, scribe, clock):
    other = type(scribe)(clock, "B")
    for _ in range(3):
        store.commit(scribe.opening())
        store.commit(other.opening())
    assert store.verify() == []


def test_that_a_changed_event_is_found_and_never_returned(store, scribe):
    events = scribe.opening()
    store.commit(events)
    store._session.raw.execute("UPDATE events SET operator = 'someone else' WHERE seq = 2")
    assert any("is not what was written" in finding for finding in store.verify())
    with pytest.raises(Exception, match=r"damaged: the event .* is not what was written"):
        store.load_board()


def test_that_a_removed_event_is_found(store, scribe):
    for _ in range(2):
        store.commit(scribe.opening())
    store._session.raw.execute("DELETE FROM events WHERE seq = 2")
    findings = store.verify()
    assert any("An event is missing" in finding for finding in findings)
    assert any("chain of desk A is broken" in finding for finding in findings)


def test_that_events_removed_from_the_end_are_found(store, scribe):
    store.commit(scribe.opening())
    store._session.raw.execute("DELETE FROM events WHERE seq = 3")
    assert any("does not end where it was last written" in finding for finding in store.verify())


def test_that_a_stray_outbox_row_is_found(store, scribe):
    store.commit(scribe.opening())
    store._session.raw.execute("UPDATE outbox SET event = 'nobody' WHERE row = 1")
    assert any("outbox" in finding for finding in store.verify())


def test_that_the_outbox_holds_every_event_until_it_is_acknowledged_by_id(store, scribe):
    first, second = scribe.opening(), scribe.opening()
    store.commit(first)
    store.commit(second)
    assert store.unsent() == first + second
    assert store.unsent(limit=2) == first[:2]
    assert store.acknowledge([first[1].id, first[0].id, "unknown"]) == 2
    assert store.unsent() == (first[2], *second)
    assert store.status().unsynced == 4
    assert store.verify() == []


def test_that_the_oldest_unsynced_time_is_told(store, scribe, clock):
    assert store.status().oldest_unsynced_at is None
    events = scribe.opening()
    at = clock.now_ms()
    store.commit(events)
    clock.advance(60)
    store.commit(scribe.opening())
    assert store.status().oldest_unsynced_at == at


def test_that_an_acknowledged_event_committed_again_stays_acknowledged(store, scribe):
    events = scribe.opening()
    store.commit(events)
    store.acknowledge([event.id for event in events])
    store.commit(events)
    assert store.unsent() == ()


def test_that_undoable_commands_leave_out_undone_ones_and_undos(store, scribe, clock):
    first, second, third = scribe.opening(), scribe.opening(), scribe.opening()
    for events in (first, second, third):
        store.commit(events)
    store.commit(scribe.command(happened.IncidentWithdrawn(second[0].body.incident), undoes=second[0].command))
    store.commit(type(scribe)(clock, "B").opening())
    assert store.undoable_commands("A") == (third[0].command, first[0].command)
    assert store.undoable_commands("A", limit=1) == (third[0].command,)
    assert store.undoable_commands("C") == ()


def test_that_the_board_is_folded_from_the_snapshot_and_what_came_after(store, scribe):
    before, after = scribe.opening(), scribe.opening()
    board = Board()
    store.commit(before)
    for event in before:
        apply_event(board, event)
    store.save_snapshot(board)
    store.commit(after)
    for event in after:
        apply_event(board, event)
    assert store.load_board() == board


def test_that_a_snapshot_folded_by_other_rules_is_passed_over(store, scribe):
    store.commit(scribe.opening())
    store.save_snapshot(store.load_board())
    other = (b"a board folded by other rules", snapshots.FOLDING - 1)
    store._session.raw.execute("UPDATE snapshots SET board = ?, form = ?", other)
    assert len(store.load_board().incidents) == 1


def test_that_a_snapshot_from_before_a_field_was_added_still_spares_the_fold(store, scribe):
    store.commit(scribe.opening())
    board = store.load_board()
    store.save_snapshot(board)
    earlier = msgspec.to_builtins(board)
    del earlier["closures"]
    earlier["no_longer_there"] = 1
    store._session.raw.execute("UPDATE snapshots SET board = ?", (seal(msgspec.msgpack.encode(earlier)),))
    with store._session.reading() as connection:
        assert snapshots.load(connection, store.path) == (board, 0, ({}, {}))


def test_that_every_change_of_the_boards_shape_asks_whether_old_snapshots_still_serve():
    """Does an old snapshot, read with the new field's default, equal a fold of the same events? Then set SHAPE_SUM.

    Where it does not, as the field is folded from events that there were before, raise FOLDING as well.
    """
    shape = msgspec.json.encode(without_words(msgspec.json.schema(Board)), order="deterministic")
    assert (snapshots.FOLDING, crc32(shape)) == (3, SHAPE_SUM)


def test_that_a_long_fold_leaves_a_snapshot_for_the_next_opening(store, scribe):
    for _ in range(170):
        store.commit(scribe.opening())
    board = store.load_board()
    assert store._session.raw.execute("SELECT max(seq) FROM snapshots").fetchone() == (510,)
    assert store.load_board() == board


def test_that_only_the_newest_snapshots_are_kept(store, scribe):
    for _ in range(5):
        store.commit(scribe.opening())
        store.save_snapshot(store.load_board())
    assert store._session.raw.execute("SELECT count(*) FROM snapshots").fetchone() == (2,)


def test_that_an_event_of_a_later_foredesk_is_told_plainly(store, scribe):
    store.commit(scribe.opening())
    body = b'{"what":"incident.teleported"}'
    row = store._session.raw.execute("SELECT id, desk, operator, at, command, undoes, prev_hash FROM events").fetchone()
    hash_ = link(row[6], row[:6], body)
    store._session.raw.execute("UPDATE events SET body = ?, hash = ? WHERE seq = 1", (body, hash_))
    with pytest.raises(Exception, match="does not know"):
        store.load_board()


def test_that_text_of_100000_characters_is_kept_whole(store, scribe):
    events = scribe.opening("x\N{COMBINING ACUTE ACCENT}" * 50_000)
    long = scribe.command(happened.NarrativeAdded(events[0].body.incident, "\N{FIRE}" * 100_000))
    store.commit(events)
    store.commit(long)
    assert store.incident(events[0].body.incident).narrative[-1].text == "\N{FIRE}" * 100_000
    assert store.incident(events[0].body.incident).location == events[0].body.location
    assert store.history()[0].location_text == events[0].body.location.text[:500]
