"""The form of an exchange file: a mark, a version, packed sections, and at the end its hash and the desk's signature.

8 bytes    b"FDSYNC\\x1a\\n"; the control characters show whether it was copied as if it were text
2 bytes    version, big endian
sections   4 bytes of length, then that many bytes packed as on the wire: one FileHead, then any number of FileRuns
4 bytes    0: no more sections
32 bytes   SHA-256 of everything before
64 bytes   Ed25519 signature over the hash, of the desk that the head names
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO

from msgspec import Struct

from core.errors import Refused, Unavailable
from core.merge.run import Run
from sync.protocol.messages import DeskCard
from sync.protocol.routes import MOST_PACKED_BYTES

SUFFIX = ".fdsync"
MAGIC = b"FDSYNC\x1a\n"
VERSION = 1
MOST_UNPACKED = 48 << 20
HASH_BYTES = 32
SIGNATURE_BYTES = 64
_VERSION_BYTES = 2
_LENGTH_BYTES = 4
_SIGNED = b"foredesk exchange file 1\n"


class FileHead(Struct, array_like=True, frozen=True):
    """Who wrote it, for whom, and what it holds. `cards` are those of the desks whose events are in it."""

    agency: str
    agency_key: bytes
    desk: DeskCard
    made_at: int  # UTC ms
    to: str  # whom it was written for, "" for anybody
    whole: bool  # everything the desk has, rather than what came since the last file
    cards: list[DeskCard]


class FileRuns(Struct, array_like=True, frozen=True):
    runs: list[Run]


def signed_bytes(digest: bytes) -> bytes:
    """What the desk signs."""
    return _SIGNED + digest


class SectionWriter:
    """Writes sections, hashing what it writes. Raises OSError."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = sha256()
        self._write(MAGIC + VERSION.to_bytes(_VERSION_BYTES, "big"))

    def add(self, packed: bytes) -> None:
        self._write(len(packed).to_bytes(_LENGTH_BYTES, "big"))
        self._write(packed)

    def end(self) -> bytes:
        """No more sections; returns the hash that is to be signed."""
        self._write(bytes(_LENGTH_BYTES))
        digest = self._digest.digest()
        self._file.write(digest)
        return digest

    def _write(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)


class SectionReader:
    """Reads sections and holds them against the hash at the end. Raises Unavailable and Refused, in whole sentences."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        self._digest = sha256()
        self.hash = b""
        self.signature = b""
        if self._file.read(len(MAGIC)) != MAGIC:
            raise Refused(f"{name} is not a file of events that a Foredesk wrote.")
        self._digest.update(MAGIC)
        version = int.from_bytes(self._take(_VERSION_BYTES), "big")
        if version > VERSION:
            raise Refused(
                f"{name} was written by a newer Foredesk (form {version}; this one reads form {VERSION}).",
                do="Update this Foredesk and import it again.",
            )
        if version < 1:
            raise damaged(name)

    def sections(self) -> Iterator[bytes]:
        """One after the other; after the last one `hash` has been checked and `signature` read."""
        while length := int.from_bytes(self._take(_LENGTH_BYTES), "big"):
            if length > MOST_PACKED_BYTES:
                raise damaged(self._name)
            yield self._take(length)
        self.hash = self._digest.digest()
        if self._take(HASH_BYTES) != self.hash:
            raise damaged(self._name)
        self.signature = self._take(SIGNATURE_BYTES)
        if self._file.read(1):
            raise damaged(self._name)

    def _take(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise Refused(
                f"{self._name} is cut short.", do="Copy it again from the stick, or have it written once more."
            )
        self._digest.update(data)
        return data


def damaged(name: str) -> Refused:
    return Refused(
        f"{name} is damaged, or was changed after it was written.",
        do="Copy it again from the stick, or have it written once more.",
    )


def unreadable(name: str, error: OSError) -> Unavailable:
    return Unavailable(f"{name} cannot be read or written ({error.strerror or error}).", "Nothing was changed.")
