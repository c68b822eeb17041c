"""Opens the encrypted file and nothing else: the key, the salt that names it ours, the settings of every connection.

The file's first 16 bytes are SQLCipher's salt. Ours begins with four fixed bytes and ends with six made from the key,
so that a foreign file, another key and a damaged file can be told apart before anything is decrypted.
"""

import hmac
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from typing import Any

from sqlcipher3 import dbapi2 as sqlcipher

from core.errors import Unavailable

KEY_BYTES = 32
SALT_BYTES = 16
WAL_PAGES = 250  # of 4 KB; then the log is folded into the file
_MARK = b"FDSK"
_RANDOM_BYTES = 6
_PLAIN_SQLITE = b"SQLite format 3\x00"
_BUSY_TIMEOUT_S = 5.0


def new_salt(key: bytes) -> bytes:
    stem = _MARK + token_bytes(_RANDOM_BYTES)
    return stem + _check_of(key, stem)


def _check_of(key: bytes, stem: bytes) -> bytes:
    return hmac.new(key, b"foredesk store " + stem, sha256).digest()[: SALT_BYTES - len(stem)]


def begins_as_store(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MARK)) == _MARK


def salt_of(path: Path, key: bytes) -> bytes | None:
    """The file's salt, None where there is no file or an empty one. Raises Unavailable for one that is not ours."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        salt = file.read(SALT_BYTES)
    if not salt:
        return None
    if not salt.startswith(_MARK) or len(salt) < SALT_BYTES:
        kind = "an unencrypted SQLite database" if salt == _PLAIN_SQLITE else "some other file, or its start is damaged"
        raise Unavailable(
            f"{path} is not a Foredesk store: it is {kind}.",
            "The file was left as it is.",
            "Move it away or restore a backup, or set FOREDESK_HOME to another folder.",
        )
    stem = salt[: len(_MARK) + _RANDOM_BYTES]
    if not hmac.compare_digest(salt, stem + _check_of(key, stem)):
        raise Unavailable(
            f"The key at hand does not open the store {path}: it was made with another key.",
            "The store was left as it is.",
            "Bring back the key that belongs to it, from the keyring or the key file of the machine that made it.",
        )
    return salt


def connect(path: Path, key: bytes, salt: bytes, *, immutable: bool = False) -> Any:
    """A raw connection in autocommit, keyed and set up. Raises sqlcipher3's errors; Unavailable without a cipher.

    `immutable` reads a file that nobody writes to without making any other beside it.
    """
    if len(key) != KEY_BYTES or len(salt) != SALT_BYTES:
        raise ValueError("the store's key is 32 bytes and its salt 16")
    # The single-threaded rule is the desk's; a thread check here would only forbid closing at exit.
    name = f"{path.absolute().as_uri()}?immutable=1" if immutable else str(path)
    raw = sqlcipher.connect(name, isolation_level=None, timeout=_BUSY_TIMEOUT_S, check_same_thread=False, uri=immutable)
    try:
        raw.execute(f"PRAGMA key = \"x'{key.hex()}{salt.hex()}'\"")
        raw.execute("PRAGMA cipher_log_level = NONE")
        if raw.execute("PRAGMA cipher_version").fetchone() is None:
            raise Unavailable(
                "This SQLite build cannot encrypt.",
                "No store was opened or created.",
                "Install sqlcipher3 0.6.4 or newer with `foredesk doctor`.",
            )
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA cache_size = -32000")
    except BaseException:
        raw.close()
        raise
    return raw


def make_durable(raw: Any) -> None:
    """Write-ahead log, and every commit on the disk before it is acknowledged."""
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = FULL")
    # Folding the log into the file happens inside a commit: 1 MB at a time costs it 2 to 10 ms, SQLite's 4 MB up to 60.
    raw.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
