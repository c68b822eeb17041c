"""Takes what an older Foredesk could only keep, and this one can read: it is part of the truth from then on.

It goes into the outbox as well, whoever brought it: the centre's answer says whether it has it, and in which place.
"""

import msgspec
from sqlalchemy import Connection, Row, delete, func, select

from core.errors import Refused
from core.merge import schema
from core.merge.chain import FIRST_LINK
from core.merge.run import SCHEMA, BrokenRun, Run, WireEvent, hashes
from core.store import chained, log, sending
from core.store.arrivals import Arrived, Taking
from core.store.tables import quarantine

_decode = msgspec.msgpack.Decoder(WireEvent).decode


def take_newer(connection: Connection, now_ms: int) -> Arrived:
    """All that can be read by now, in the caller's transaction."""
    kept = select(quarantine).where(quarantine.c.reason == chained.NEWER).order_by(quarantine.c.row)
    rows = connection.execute(kept).all()
    known = log.known_ids(connection, [row.event for row in rows])
    to_send = Taking(connection, "", now_ms, centre=False)
    of_forks = Taking(connection, "", now_ms, centre=True)  # the other half of a fork: only the centre can give it
    for row in rows:
        wire, version = _decode(row.held), _schema_of(connection, row)
        prev_hash = _prev_hash(connection, row, wire)
        if row.event in known or prev_hash is None or not _is_read(wire, version):
            continue
        connection.execute(delete(quarantine).where(quarantine.c.row == row.row))
        run = Run(row.desk, abs(row.n), prev_hash, (wire,), schema=version)
        (to_send if row.n > 0 else of_forks).take_one(run, row.n, row.hash)
    of_forks.write()
    arrived = to_send.write()
    arrived.new += of_forks.arrived.new
    return arrived


def _is_read(wire: WireEvent, version: int) -> bool:
    try:
        schema.decode_body(wire.body, version)
    except Refused:
        return False
    return True


def _schema_of(connection: Connection, row: Row[tuple[object, ...]]) -> int:
    seal = sending.covering(connection, row.desk, abs(row.n))
    return SCHEMA if seal is None else seal.schema


def _prev_hash(connection: Connection, row: Row[tuple[object, ...]], wire: WireEvent) -> bytes | None:
    """The hash that it follows: whichever of its neighbour's makes its own."""
    number = abs(row.n)
    candidates = {near[0] for near in chained.near(connection, row.desk, number, number).values()}
    candidates |= {near[0] for near in chained.near(connection, row.desk, -number, -number).values()}
    seal = sending.covering(connection, row.desk, number)
    candidates |= {FIRST_LINK} if seal is None else {FIRST_LINK, seal.prev_hash}
    for prev_hash in candidates:
        try:
            if hashes(Run(row.desk, number, prev_hash, (wire,)))[0] == row.hash:
                return prev_hash
        except BrokenRun:
            return None
    return None


def waits(connection: Connection) -> bool:
    """Whether there is anything that an older Foredesk could not read."""
    count = select(func.count()).select_from(quarantine).where(quarantine.c.reason == chained.NEWER)
    return bool(connection.scalar(count))
