"""Map packs, models, agency files and run cards: kept in parts in the database, verified, offered to every desk.

In the database they are in every replica and in every backup. Bytes arrive in any number of requests; nothing is
offered before all of them are there and their hash is the one in the name.
"""

import hashlib
import re
from collections.abc import AsyncIterator, Callable

from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, update
from starlette.requests import ClientDisconnect

from core.errors import Refused
from sync.protocol.offers import KINDS, ArtefactEntry, Received
from sync.server.authority_tables import artefact_parts, artefacts
from sync.server.beside import insert_absent, one_at_a_time
from sync.server.database import Database

PART_BYTES = 1 << 20
MOST_BYTES = 8 << 30
_HASH = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 200
_FINGERPRINT = 8  # hex digits: what a change is noticed by may cost a thin line little


class Wanted(Struct, frozen=True):
    """An artefact as it is announced by whoever sends it."""

    sha256: str
    kind: str
    name: str
    size: int


class NoArtefact(Refused):
    """404."""


class WrongOffset(Refused):
    """409: the bytes do not follow those that the server has. `received` says where to go on."""

    def __init__(self, received: int) -> None:
        super().__init__(f"The server has {received} bytes of it: send what follows them.")
        self.received = received


def check(wanted: Wanted) -> None:
    """Raises Refused for what can be no artefact."""
    if not _HASH.fullmatch(wanted.sha256):
        raise Refused("An artefact is named by its SHA-256, 64 hex digits.")
    if wanted.kind not in KINDS:
        raise Refused(f"There is no kind {wanted.kind}.", do=f"The kinds are {', '.join(KINDS)}.")
    if not 1 <= len(wanted.name) <= _LONGEST_NAME or not wanted.name.isprintable() or "/" in wanted.name:
        raise Refused(f"An artefact's name has 1 to {_LONGEST_NAME} characters and no slash.")
    if not 0 < wanted.size <= MOST_BYTES:
        raise Refused(f"An artefact has at least one byte and at most {MOST_BYTES >> 30} GiB.")


def announce(connection: Connection, wanted: Wanted, by: str, now_ms: int) -> Received:
    """Begin (or go on with) taking it; how much of it there is. Raises Refused."""
    check(wanted)
    row = {"sha256": wanted.sha256, "kind": wanted.kind, "name": wanted.name, "size": wanted.size}
    rest = {"received": 0, "published_at": now_ms, "published_by": by, "complete": False}
    insert_absent(connection, artefacts, **row, **rest)
    known = state(connection, wanted.sha256)
    assert known is not None
    if known.size != wanted.size:
        raise Refused(f"This artefact was announced with {known.size} bytes, not {wanted.size}.")
    _take_as(connection, wanted, now_ms)
    return known


def _take_as(connection: Connection, wanted: Wanted, now_ms: int) -> None:
    """One file is one offer: Refused where it is whole under another kind or name; offered anew, it holds again."""
    mine = artefacts.c.sha256 == wanted.sha256
    kept = connection.execute(select(artefacts.c.kind, artefacts.c.name, artefacts.c.complete).where(mine)).one()
    if kept.complete and (kept.kind, kept.name) != (wanted.kind, wanted.name):
        raise Refused(
            f"This very file is on offer already, as the {kept.kind} file “{kept.name}”.",
            "Nothing was changed.",
            f"Withdraw that offer first: foredesk server withdraw {wanted.sha256[:12]}.",
        )
    changed = {"kind": wanted.kind, "name": wanted.name, "published_at": now_ms}
    connection.execute(update(artefacts).where(mine).values(**changed))


def state(connection: Connection, sha256: str) -> Received | None:
    columns = (artefacts.c.sha256, artefacts.c.size, artefacts.c.received, artefacts.c.complete)
    row = connection.execute(select(*columns).where(artefacts.c.sha256 == sha256)).one_or_none()
    return None if row is None else Received(row.sha256, row.size, row.received, row.complete)


def entry(connection: Connection, sha256: str) -> ArtefactEntry:
    """Raises NoArtefact for one that is not (wholly) here."""
    found = next((offered for offered in listed(connection) if offered.sha256 == sha256), None)
    if found is None:
        raise NoArtefact("The server has no such artefact.", do="Ask for the list.")
    return found


def listed(connection: Connection) -> list[ArtefactEntry]:
    """What is offered, the newest of each kind and name first."""
    columns = [artefacts.c[name] for name in ArtefactEntry.__struct_fields__]
    newest_first = (artefacts.c.kind, artefacts.c.published_at.desc(), artefacts.c.sha256)
    rows = connection.execute(select(*columns).where(artefacts.c.complete).order_by(*newest_first))
    return [ArtefactEntry(*row) for row in rows]


def fingerprint(connection: Connection) -> str:
    """Stands for all that is offered now, so that a change is noticed; "" for nothing."""
    offered = [f"{entry.sha256} {entry.published_at}" for entry in listed(connection)]
    return hashlib.sha256("\n".join(offered).encode()).hexdigest()[:_FINGERPRINT] if offered else ""


def append(connection: Connection, sha256: str, offset: int, content: bytes) -> Received:
    """Keep the next bytes. Raises NoArtefact, WrongOffset and Refused."""
    one_at_a_time(connection, f"artefact {sha256}")
    known = state(connection, sha256)
    if known is None:
        raise NoArtefact("Nobody has announced this artefact.")
    if offset != known.received or known.complete:
        raise WrongOffset(known.received)
    if offset + len(content) > known.size:
        raise Refused(f"That is more than the {known.size} bytes that were announced.")
    connection.execute(insert(artefact_parts).values(sha256=sha256, offset=offset, content=content))
    received = offset + len(content)
    connection.execute(update(artefacts).where(artefacts.c.sha256 == sha256).values(received=received))
    return Received(sha256, known.size, received, complete=False)


def remove(connection: Connection, sha256: str) -> None:
    """Offer it no longer. Raises NoArtefact."""
    connection.execute(delete(artefact_parts).where(artefact_parts.c.sha256 == sha256))
    if not connection.execute(delete(artefacts).where(artefacts.c.sha256 == sha256)).rowcount:
        raise NoArtefact("The server has no such artefact.")


class Artefacts:
    """The artefacts of one server process."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms

    async def take(self, wanted: Wanted, by: str, offset: int, stream: AsyncIterator[bytes]) -> Received:
        """Keep what the stream brings from `offset` on, a part at a time; verify once all is there. Raises Refused."""
        now_ms = self._now_ms()
        known = await self._database.run(lambda c: announce(c, wanted, by, now_ms))
        if known.complete:
            return known
        if known.received != offset:
            raise WrongOffset(known.received)
        async for part in _in_parts(stream):
            known = await self._append(wanted.sha256, known.received, part)
        return await self._finish(known)

    async def _append(self, sha256: str, offset: int, part: bytes) -> Received:
        return await self._database.run(lambda c: append(c, sha256, offset, part))

    async def _finish(self, known: Received) -> Received:
        if known.received < known.size:
            return known
        digest = hashlib.sha256()
        async for part in self.content(known.sha256, 0, known.size):
            digest.update(part)
        if digest.hexdigest() != known.sha256:
            await self._database.run(lambda c: remove(c, known.sha256))
            raise Refused("What arrived is not what its hash says.", "Nothing of it was kept.", "Send it again.")
        done = update(artefacts).where(artefacts.c.sha256 == known.sha256).values(complete=True)
        await self._database.run(lambda c: c.execute(done))
        return Received(known.sha256, known.size, known.size, complete=True)

    async def listed(self) -> list[ArtefactEntry]:
        return await self._database.run(listed, write=False)

    async def entry(self, sha256: str) -> ArtefactEntry:
        """Raises NoArtefact."""
        return await self._database.run(lambda c: entry(c, sha256), write=False)

    async def content(self, sha256: str, begin: int, end: int) -> AsyncIterator[bytes]:
        """Its bytes from `begin` up to `end`, a part at a time."""
        at = begin
        while at < end:
            offset, content = await self._part(sha256, at)
            piece = content[at - offset : end - offset]
            if not piece:
                return
            yield piece
            at += len(piece)

    async def _part(self, sha256: str, at: int) -> tuple[int, bytes]:
        """The part that holds byte `at`; empty where there is none."""

        def step(connection: Connection) -> tuple[int, bytes]:
            mine = artefact_parts.c.sha256 == sha256
            last = select(func.max(artefact_parts.c.offset)).where(mine, artefact_parts.c.offset <= at)
            query = select(artefact_parts.c.offset, artefact_parts.c.content)
            row = connection.execute(query.where(mine, artefact_parts.c.offset == last.scalar_subquery())).one_or_none()
            return (at, b"") if row is None else (row.offset, row.content)

        return await self._database.run(step, write=False)


async def _in_parts(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Parts of PART_BYTES; what is left when the sender goes away is a shorter one."""
    waiting = bytearray()
    try:
        async for chunk in stream:
            waiting += chunk
            while len(waiting) >= PART_BYTES:
                yield bytes(waiting[:PART_BYTES])
                del waiting[:PART_BYTES]
    except ClientDisconnect:
        pass  # resumed later from what has arrived
    if waiting:
        yield bytes(waiting)
