"""Version 1: the log of runs, the index of their events, chains, claims, quarantine and snapshots.

`era` numbers the lives of the database: a restored or failed-over one begins the next, so that old cursors stay good.
PostgreSQL orders rows by (era, xid, seq), as transactions that run beside each other commit in any order; SQLite has
one writer, and there `xid` is 0.
"""

from alembic import op  # noqa: TID253 - only Alembic runs this

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE eras (
    era BIGINT PRIMARY KEY,
    epoch TEXT NOT NULL UNIQUE,
    life TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    first_seq BIGINT NOT NULL
);
CREATE TABLE runs (
    seq {sequence},
    era BIGINT NOT NULL,
    xid {xid},
    desk TEXT NOT NULL,
    first_n BIGINT NOT NULL,
    last_n BIGINT NOT NULL,
    prev_hash {bytes} NOT NULL,
    head {bytes} NOT NULL,
    events BIGINT NOT NULL,
    marked BOOLEAN NOT NULL,
    payload {bytes} NOT NULL,
    received_at BIGINT NOT NULL,
    {last}
);
CREATE INDEX runs_by_number ON runs (desk, first_n);
CREATE TABLE events (
    id {bytes} PRIMARY KEY NOT NULL,
    place {bytes} NOT NULL,
    run BIGINT NOT NULL,
    i BIGINT NOT NULL,
    desk TEXT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    incident TEXT,
    unit TEXT,
    flag TEXT NOT NULL
){rowless};
CREATE INDEX events_by_incident ON events (incident, place) WHERE incident IS NOT NULL;
CREATE INDEX events_by_unit ON events (unit, place) WHERE unit IS NOT NULL;
CREATE INDEX events_opened ON events (place) WHERE kind = 'incident.opened';
CREATE INDEX events_of_rest ON events (place) WHERE incident IS NULL AND unit IS NULL;
CREATE TABLE chains (
    desk TEXT PRIMARY KEY NOT NULL,
    length BIGINT NOT NULL,
    head {bytes} NOT NULL,
    top BIGINT NOT NULL
);
CREATE TABLE claims (
    assignment TEXT PRIMARY KEY NOT NULL,
    unit TEXT NOT NULL,
    incident TEXT NOT NULL,
    desk TEXT NOT NULL,
    operator TEXT NOT NULL,
    event {bytes} NOT NULL,
    at BIGINT NOT NULL,
    turn BIGINT NOT NULL,
    holds BOOLEAN NOT NULL,
    ended BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX claims_one_holder ON claims (unit) WHERE holds;
CREATE INDEX claims_open ON claims (unit, turn) WHERE NOT ended;
CREATE TABLE quarantine (
    id {sequence},
    key {bytes} NOT NULL UNIQUE,
    at BIGINT NOT NULL,
    desk TEXT NOT NULL,
    pushed_by TEXT NOT NULL,
    first_n BIGINT NOT NULL,
    last_n BIGINT NOT NULL,
    event {bytes},
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    payload {bytes} NOT NULL,
    times BIGINT NOT NULL,
    settled_at BIGINT,
    settled_by TEXT NOT NULL DEFAULT '',
    how TEXT NOT NULL DEFAULT ''{last_id}
);
CREATE TABLE snapshots (
    sha256 TEXT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    events BIGINT NOT NULL,
    head {bytes} NOT NULL,
    body {bytes} NOT NULL
)
"""
_DIALECTS = {
    "sqlite": {
        "sequence": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "xid": "BIGINT NOT NULL DEFAULT 0",
        "bytes": "BLOB",
        "last": "CHECK (events > 0)",
        "last_id": "",
        "rowless": " WITHOUT ROWID",
    },
    "postgresql": {
        "sequence": "BIGSERIAL",
        "xid": "xid8 NOT NULL DEFAULT pg_current_xact_id()",
        "bytes": "BYTEA",
        "last": "PRIMARY KEY (era, xid, seq)",
        "last_id": ",\n    PRIMARY KEY (id)",
        "rowless": "",
    },
}
_ONLY_POSTGRESQL = """
CREATE UNIQUE INDEX runs_by_seq ON runs (seq);
ALTER TABLE runs ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE snapshots ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE UNLOGGED TABLE lasts (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
)
"""


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    statements = _TABLES.format(**_DIALECTS[dialect])
    if dialect == "postgresql":
        statements += ";" + _ONLY_POSTGRESQL
    for statement in statements.split(";"):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """There is no way back: an older server would not know what the newer one wrote."""
    raise NotImplementedError
