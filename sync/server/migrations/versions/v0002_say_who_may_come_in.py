"""Version 2: desks, accounts, sessions, pairing codes, artefacts and the server's own secrets."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE desks (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    public_key {bytes} NOT NULL,
    token_hash {bytes} NOT NULL,
    card_signature {bytes} NOT NULL,
    paired_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_by TEXT NOT NULL DEFAULT '',
    revoked_why TEXT NOT NULL DEFAULT '',
    cloned_at BIGINT,
    succeeded_by TEXT NOT NULL DEFAULT '',
    last_seen_at BIGINT NOT NULL DEFAULT 0,
    clock_offset_ms BIGINT NOT NULL DEFAULT 0,
    unsent BIGINT NOT NULL DEFAULT 0,
    version TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT ''
);
CREATE TABLE accounts (
    name TEXT PRIMARY KEY NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    disabled_at BIGINT
);
CREATE TABLE sessions (
    token_hash {bytes} PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account);
CREATE TABLE attempts (
    key TEXT PRIMARY KEY NOT NULL,
    wrong BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);
CREATE TABLE pairing_codes (
    code_hash {bytes} PRIMARY KEY NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    used_by TEXT NOT NULL DEFAULT ''
);
CREATE TABLE artefacts (
    sha256 TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    size BIGINT NOT NULL,
    received BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    published_by TEXT NOT NULL,
    complete BOOLEAN NOT NULL
);
CREATE TABLE artefact_parts (
    sha256 TEXT NOT NULL,
    "offset" BIGINT NOT NULL,
    content {bytes} NOT NULL,
    PRIMARY KEY (sha256, "offset")
);
CREATE TABLE secrets (
    name TEXT PRIMARY KEY NOT NULL,
    value {bytes} NOT NULL
)
"""
_BYTES = {"sqlite": "BLOB", "postgresql": "BYTEA"}


def upgrade() -> None:
    from alembic import op

    connection = op.get_bind()
    for statement in _TABLES.format(bytes=_BYTES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement)
    if connection.dialect.name == "postgresql":  # parts are compressed already
        connection.exec_driver_sql("ALTER TABLE artefact_parts ALTER COLUMN content SET STORAGE EXTERNAL")


def downgrade() -> None:
    """There is no way back: an older server would not know what the newer one wrote."""
    raise NotImplementedError
