"""Version 2: events of many desks: numbered by their desk, placed in one order, sealed, relayed, quarantined."""

from typing import Any

_STATEMENTS = """
ALTER TABLE events ADD COLUMN n INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN unit TEXT;
ALTER TABLE events ADD COLUMN flag TEXT NOT NULL DEFAULT '';
UPDATE events SET place = id, unit = json_extract(CAST(body AS TEXT), '$.unit'), n = numbered.n
    FROM (SELECT seq, row_number() OVER (PARTITION BY desk ORDER BY seq) AS n FROM events) AS numbered
    WHERE numbered.seq = events.seq;
DROP INDEX events_by_desk;
CREATE UNIQUE INDEX events_by_desk ON events (desk, n);
CREATE INDEX events_by_unit ON events (unit, place);
CREATE INDEX events_by_flag ON events (flag, place) WHERE flag <> '';
CREATE TABLE seals (
    desk TEXT NOT NULL,
    first_n INTEGER NOT NULL,
    last_n INTEGER NOT NULL,
    prev_hash BLOB NOT NULL,
    signature BLOB NOT NULL,
    schema INTEGER NOT NULL,
    PRIMARY KEY (desk, first_n)
) WITHOUT ROWID;
CREATE TABLE peers (
    server TEXT PRIMARY KEY NOT NULL,
    epoch TEXT NOT NULL,
    cursor TEXT NOT NULL,
    mark INTEGER NOT NULL,
    at INTEGER NOT NULL
);
CREATE TABLE cards (desk TEXT PRIMARY KEY NOT NULL, card BLOB NOT NULL);
CREATE TABLE quarantine (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    desk TEXT NOT NULL,
    n INTEGER NOT NULL,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    hash BLOB NOT NULL,
    held BLOB NOT NULL
);
CREATE UNIQUE INDEX quarantine_by_desk ON quarantine (desk, n, hash)
"""


def migrate(raw: Any) -> None:
    for statement in _STATEMENTS.split(";"):
        raw.execute(statement)
