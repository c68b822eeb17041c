"""Damage in the write-ahead log of a killed desk: SQLite would go on without a word, the store does not."""

import random

import pytest

from core.store.wal import commit_frames

FRAME = 24 + 4096


@pytest.fixture
def killed(store, scribe, path, as_after_kill):
    """A killed desk's files, the events it had acknowledged, and its log's bytes."""
    for _ in range(6):
        store.commit(scribe.opening())
    copy = as_after_kill(path)
    return copy, store.status().events, copy.with_name(f"{copy.name}-wal")


def test_that_a_whole_log_is_taken_over_without_a_word(killed, opened):
    path, events, wal = killed
    assert len(commit_frames(path)) >= 6
    store = opened(path)
    assert store.status().events == events
    assert store.verify() == []
    assert not wal.with_name(f"{wal.name}.damaged").exists()


def test_that_a_log_cut_short_in_its_last_commit_is_an_ordinary_end(killed, opened):
    path, events, wal = killed
    wal.write_bytes(wal.read_bytes()[: 32 + commit_frames(path)[-1] * FRAME - 100])
    store = opened(path)
    assert store.status().events == events - 3
    assert store.verify() == []


def test_that_a_new_header_before_frames_of_an_earlier_round_is_an_ordinary_end(
    store, scribe, path, opened, as_after_kill
):
    def log_of(many):
        for _ in range(many):
            store.commit(scribe.opening())
        store._session.raw.execute("PRAGMA wal_checkpoint(RESTART)")
        return path.with_name(f"{path.name}-wal").read_bytes()

    earlier = log_of(6)
    header = log_of(1)[:32]
    copy = as_after_kill(path)
    copy.with_name(f"{copy.name}-wal").write_bytes(header + earlier[32:])
    again = opened(copy)
    assert again.status().events == 21
    assert again.verify() == []


def test_that_flipped_bits_in_the_log_cost_at_most_the_last_commit_or_are_told(killed, opened, tmp_path):
    path, events, wal = killed
    main, log = path.read_bytes(), wal.read_bytes()
    rng = random.Random(7)
    lost = 0
    for number in range(60):
        position = rng.randrange(len(log))
        flipped = bytearray(log)
        flipped[position] ^= 1 << rng.randrange(8)
        copy = tmp_path / str(number) / "s.store"
        copy.parent.mkdir()
        copy.write_bytes(main)
        copy.with_name("s.store-wal").write_bytes(flipped)
        store = opened(copy)
        missing = events - store.status().events
        findings = store.verify()
        if missing > 3:  # the last commit alone cannot be told from one that a kill interrupted
            lost += 1
            assert any("write-ahead log could not be read" in finding for finding in findings)
        else:
            assert findings == []
        store.close()
    assert lost


def test_that_the_finding_goes_when_the_kept_log_is_deleted(killed, opened):
    path, _, wal = killed
    log = bytearray(wal.read_bytes())
    log[40] ^= 1
    wal.write_bytes(log)
    opened(path).close()
    kept = wal.with_name(f"{wal.name}.damaged")
    assert kept.read_bytes() == bytes(log)
    store = opened(path)
    assert len(store.verify()) == 1
    kept.unlink()
    assert store.verify() == []
