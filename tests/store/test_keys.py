"""Where the store's key lives, and what happens when it is gone."""

import os
import stat
import sys

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from core.errors import Unavailable
from workstation import keys
from workstation.keys import KEY_FILE, store_key
from workstation.paths import STORE_NAME


class Ring(KeyringBackend):
    """A keyring that works, until told to be locked or forgetful."""

    priority = 5
    name = "test ring"

    def __init__(self):
        super().__init__()
        self.kept = {}
        self.locked = False
        self.forgets = False

    def get_password(self, service, username):
        if self.locked:
            raise KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        if self.locked:
            raise KeyringLocked("locked")
        if not self.forgets:
            self.kept[service, username] = password

    def delete_password(self, service, username):
        del self.kept[service, username]


@pytest.fixture
def ring(monkeypatch):
    ring = Ring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: ring)
    return ring


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


def test_that_without_a_keyring_the_key_is_in_a_private_file_and_says_so(folder):
    made = store_key(folder)
    assert len(made.key) == 32
    assert str(folder / KEY_FILE) in made.where
    assert "whoever can read that file can read the store" in made.where
    if sys.platform != "win32":
        assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert store_key(folder) == made
    assert [p.name for p in folder.iterdir()] == [KEY_FILE]


def test_that_with_a_keyring_the_key_is_there_and_nowhere_else(folder, ring):
    made = store_key(folder)
    assert "keyring (test ring)" in made.where
    assert list(ring.kept.values()) == [made.key.hex()]
    assert not (folder / KEY_FILE).exists()
    assert store_key(folder).key == made.key


def test_that_a_moved_folder_still_finds_its_key(folder, ring, tmp_path):
    made = store_key(folder)
    folder.rename(tmp_path / "moved")
    assert store_key(tmp_path / "moved").key == made.key


def test_that_two_folders_have_two_keys(folder, ring, tmp_path):
    assert store_key(folder).key != store_key(tmp_path / "other").key
    assert len(ring.kept) == 2


@pytest.mark.parametrize("flaw", ["locked", "forgets"])
def test_that_a_keyring_that_does_not_keep_things_is_not_trusted(folder, ring, flaw):
    setattr(ring, flaw, True)
    assert "private file" in store_key(folder).where


def test_that_a_keyring_that_never_answers_does_not_stop_the_desk(folder, ring, monkeypatch):
    from threading import Event

    never = Event()
    monkeypatch.setattr(keys, "_ANSWER_WITHIN_S", 0.05)
    monkeypatch.setattr(Ring, "set_password", lambda *_: never.wait(30))
    assert "private file" in store_key(folder).where
    never.set()


def test_that_a_locked_keyring_is_told_and_makes_no_new_key_beside_a_store(folder, ring):
    made = store_key(folder)
    (folder / STORE_NAME).write_bytes(b"a store")
    ring.locked = True
    before = sorted(p.name for p in folder.iterdir())
    with pytest.raises(Unavailable, match=r"key of the store .* is missing: the keyring is locked") as trouble:
        store_key(folder)
    assert "Unlock the keyring" in trouble.value.do
    assert sorted(p.name for p in folder.iterdir()) == before
    ring.locked = False
    assert store_key(folder).key == made.key


def test_that_a_keyring_that_went_away_is_told_beside_a_store(folder, ring, monkeypatch):
    store_key(folder)
    (folder / STORE_NAME).write_bytes(b"a store")
    monkeypatch.undo()
    with pytest.raises(Unavailable, match="keyring that holds it does not work here"):
        store_key(folder)


def test_that_a_lost_key_file_is_told_and_makes_no_new_key(folder):
    store_key(folder)
    (folder / STORE_NAME).write_bytes(b"a store")
    (folder / KEY_FILE).unlink()
    with pytest.raises(Unavailable, match="is missing: there is no key file"):
        store_key(folder)
    assert [p.name for p in folder.iterdir()] == [STORE_NAME]
    assert (folder / STORE_NAME).read_bytes() == b"a store"


@pytest.mark.parametrize("content", [b"", b"12", b"zz" * 32, b"\xff\xfe" * 40, b"ab" * 33])
def test_that_a_damaged_key_file_is_told_and_left_alone(folder, content):
    folder.mkdir()
    (folder / KEY_FILE).write_bytes(content)
    with pytest.raises(Unavailable, match=r"key in .* is damaged"):
        store_key(folder)
    assert (folder / KEY_FILE).read_bytes() == content


def test_that_remains_of_a_killed_writing_are_no_obstacle(folder):
    folder.mkdir()
    (folder / f"{KEY_FILE}.part").write_bytes(b"ha")
    made = store_key(folder)
    assert store_key(folder) == made


def test_that_the_key_is_never_shown(folder):
    made = store_key(folder)
    assert made.key.hex() not in repr(made)
    assert str(made.key) not in repr(made)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write into any folder")
def test_that_a_folder_without_permission_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(Unavailable, match="read-only"):
        store_key(tmp_path / "data")
