"""The chain of hashes in which each desk's events hang together, wherever they are kept."""

from collections.abc import Sequence
from hashlib import sha256

FIRST_LINK = bytes(32)


def link(prev_hash: bytes, fields: Sequence[object], body: bytes) -> bytes:
    """SHA-256 over the desk's previous hash, then id, desk, operator, at, command, undoes and the body's bytes.

    Each part is preceded by its length, so that no text can be moved from one field to the next.
    """
    parts = [str(field).encode() for field in fields]
    parts.append(body)
    return sha256(prev_hash + b"".join([len(part).to_bytes(8, "big") + part for part in parts])).digest()
