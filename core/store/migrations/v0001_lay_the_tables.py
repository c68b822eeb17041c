"""Version 1: the log with its outbox, what is derived from it, drafts, positions, settings and snapshots."""

from typing import Any

_STATEMENTS = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    desk TEXT NOT NULL,
    operator TEXT NOT NULL,
    at INTEGER NOT NULL,
    command TEXT NOT NULL,
    undoes TEXT NOT NULL,
    incident TEXT,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL
);
CREATE INDEX events_by_command ON events (command);
CREATE INDEX events_by_incident ON events (incident);
CREATE INDEX events_by_desk ON events (desk);
CREATE TABLE chains (desk TEXT PRIMARY KEY NOT NULL, length INTEGER NOT NULL, head BLOB NOT NULL);
CREATE TABLE outbox (row INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL UNIQUE, at INTEGER NOT NULL);
CREATE TABLE incidents (
    id TEXT PRIMARY KEY NOT NULL,
    number TEXT NOT NULL,
    tail TEXT NOT NULL,
    type TEXT NOT NULL,
    priority INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    disposition TEXT NOT NULL,
    location_text TEXT NOT NULL,
    address_key TEXT NOT NULL,
    lat REAL,
    lon REAL,
    withdrawn BOOLEAN NOT NULL
);
CREATE INDEX incidents_by_number ON incidents (number);
CREATE INDEX incidents_by_tail ON incidents (tail, opened_at);
CREATE INDEX incidents_by_opening ON incidents (opened_at);
CREATE INDEX incidents_by_address ON incidents (address_key, opened_at);
CREATE INDEX incidents_by_place ON incidents (lat, lon);
CREATE TABLE calls (
    id TEXT PRIMARY KEY NOT NULL,
    incident TEXT NOT NULL,
    answered_at INTEGER NOT NULL,
    callback TEXT NOT NULL,
    callback_key TEXT NOT NULL
);
CREATE INDEX calls_by_incident ON calls (incident);
CREATE INDEX calls_by_callback ON calls (callback_key, answered_at);
CREATE TABLE positions (unit TEXT PRIMARY KEY NOT NULL, position BLOB NOT NULL);
CREATE TABLE tracks (
    unit TEXT NOT NULL,
    fixed_at INTEGER NOT NULL,
    lat REAL NOT NULL,
    lon REAL NOT NULL,
    heading REAL,
    speed_mps REAL,
    source TEXT NOT NULL,
    PRIMARY KEY (unit, fixed_at)
) WITHOUT ROWID;
CREATE TABLE drafts (id TEXT PRIMARY KEY NOT NULL, started_at INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE settings (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL);
CREATE TABLE snapshots (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, form INTEGER NOT NULL, board BLOB NOT NULL);
CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)
"""


def migrate(raw: Any) -> None:
    for statement in _STATEMENTS.split(";"):
        raw.execute(statement)
