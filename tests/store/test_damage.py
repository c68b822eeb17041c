"""Files that are not a sound store of ours: each is refused in whole sentences and left as it is."""

import random

import pytest

from core.desk import Draft
from core.domain import events as happened
from core.errors import Unavailable

SEED = 20260


def everything(store):
    """All that the store can be asked, read back."""
    rows = store.history(limit=1000)
    return (
        store.load_board(),
        rows,
        [store.incident(row.id) for row in rows],
        store.unsent(),
        store.drafts(),
        store.get_setting("theme"),
        store.get_setting("layout"),
        store.undoable_commands("A"),
        store.track("M1", 0, 1 << 60),
    )


@pytest.fixture
def full(opened, path, scribe):
    """The bytes of a closed store with some of everything in it, and what it answers."""
    store = opened()
    for number in range(40):
        store.commit(scribe.opening(f"{number} Long Road", f"555 01{number:03}", (1.0 + number / 1000, 2.0)))
    long = "".join(chr(32 + number % 90) for number in range(30_000))
    events = scribe.opening(long)
    store.commit(events)
    store.commit(scribe.command(happened.NarrativeAdded(events[0].body.incident, long)))
    store.save_draft(Draft("d1", 1, 2, "kim", {"address": "12 High Str", "narrative": long}))
    store.put_setting("theme", "dark")
    store.put_setting("layout", long)
    store.save_snapshot(store.load_board())
    store.commit(scribe.opening())
    answers = everything(store)
    store.close()
    return path.read_bytes(), answers


def test_that_200_flipped_bits_are_each_found_or_harmless(full, opened, path):
    whole, answers = full
    rng = random.Random(SEED)
    refused = 0
    for _ in range(200):
        position, bit = rng.randrange(len(whole)), rng.randrange(8)
        flipped = bytearray(whole)
        flipped[position] ^= 1 << bit
        path.write_bytes(flipped)
        try:
            store = opened()
        except Unavailable:
            refused += 1
            continue
        findings = store.verify()
        try:
            assert everything(store) == answers, f"byte {position}, bit {bit}"
        except Unavailable:
            pass
        assert findings, f"doctor saw nothing of byte {position}, bit {bit}"
        store.close()
    assert refused


def test_that_a_page_of_zeros_is_found(full, opened, path):
    whole, answers = full
    for page in range(len(whole) // 4096):
        path.write_bytes(whole[: page * 4096] + bytes(4096) + whole[(page + 1) * 4096 :])
        try:
            store = opened()
            store.verify()
            assert everything(store) == answers, f"page {page}"
            store.close()
        except Unavailable:
            continue


def test_that_a_truncated_store_is_refused_or_found(full, opened, path):
    whole, _ = full
    rng = random.Random(SEED)
    for _ in range(30):
        length = rng.randrange(1, len(whole))
        path.write_bytes(whole[:length])
        with pytest.raises(Unavailable):
            everything(opened())


def test_that_a_damaged_store_says_what_to_do_and_is_left_as_it_is(full, opened, path):
    whole, _ = full
    broken = whole[:5000] + b"broken" + whole[5006:]
    path.write_bytes(broken[:4096] + bytes(x ^ 255 for x in broken[4096:]))
    with pytest.raises(Unavailable) as trouble:
        everything(opened())
    assert "is damaged" in trouble.value.happened
    assert "backup" in trouble.value.do


@pytest.mark.parametrize(
    "content",
    [
        b"SQLite format 3\x00" + bytes(4080),
        b"just a text file that somebody put here\n" * 200,
        b"\x89PNG\r\n\x1a\n" + bytes(500),
        b"FDSK",
        b"x",
    ],
)
def test_that_a_foreign_file_is_refused_and_left_alone(content, opened, path):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(Unavailable, match="is not a Foredesk store"):
        opened()
    assert path.read_bytes() == content


def test_that_another_key_is_refused_as_just_that(store, opened, path, scribe):
    store.commit(scribe.opening())
    store.close()
    before = path.read_bytes()
    with pytest.raises(Unavailable, match="made with another key"):
        opened(path, b"\xff" * 32)
    assert path.read_bytes() == before
    assert len(opened().history()) == 1


def test_that_an_empty_file_becomes_a_new_store(opened, path, scribe):
    path.parent.mkdir()
    path.touch()
    store = opened()
    store.commit(scribe.opening())
    assert len(store.history()) == 1


def test_that_a_folder_in_the_stores_place_is_told_plainly(opened, path):
    path.mkdir(parents=True)
    with pytest.raises(Unavailable, match="cannot be used"):
        opened()


def test_that_nothing_in_the_file_can_be_read_without_the_key(full):
    whole, _ = full
    for plain in (b"SQLite", b"Long Road", b"incident", b"555 01", b"High Str"):
        assert plain not in whole


def test_that_a_key_of_another_length_is_a_bug(opened, path):
    with pytest.raises(ValueError, match="32 bytes"):
        opened(path, b"short")
