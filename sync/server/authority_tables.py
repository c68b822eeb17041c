"""The tables of who may come in: desks, accounts, sessions, pairing codes, and what the server offers and keeps secret.

All times are UTC ms. Migrations lay them (sync/server/migrations); the same on SQLite and PostgreSQL.
"""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

desks = Table(
    "desks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),  # the middle of its incident numbers: A, B, ... AA
    Column("kind", Text, nullable=False),  # "desk", or "server" for what the server itself enters
    Column("public_key", LargeBinary, nullable=False),  # Ed25519, 32 bytes
    Column("token_hash", LargeBinary, nullable=False),  # SHA-256 of a token of 32 random bytes
    Column("card_signature", LargeBinary, nullable=False),  # the agency's, see sync.protocol.joining
    Column("paired_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("revoked_by", Text, nullable=False, server_default=""),
    Column("revoked_why", Text, nullable=False, server_default=""),
    Column("cloned_at", BigInteger),  # two machines write under this identity
    Column("succeeded_by", Text, nullable=False, server_default=""),  # the identity that it was given after that
    Column("last_seen_at", BigInteger, nullable=False, server_default="0"),
    Column("clock_offset_ms", BigInteger, nullable=False, server_default="0"),  # desk minus server
    Column("unsent", BigInteger, nullable=False, server_default="0"),
    Column("version", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False, server_default=""),
)

accounts = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("password_hash", Text, nullable=False),  # Argon2id, encoded with its parameters
    Column("role", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),  # of the password
    Column("disabled_at", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("account", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

# Wrong passwords and wrong codes, so that guessing gets slower; shared by all replicas.
attempts = Table(
    "attempts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

pairing_codes = Table(
    "pairing_codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("used_by", Text, nullable=False, server_default=""),  # the desk's id
)

# Requests to open an incident that their sender may repeat, by the key that it gave them.
REPEATED_WITHIN_MS = 24 * 3600 * 1000
repeats = Table(
    "repeats",
    metadata,
    Column("account", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_hash", Text, nullable=False),  # SHA-256 in hex
    Column("incident", Text, nullable=False),  # noted before it is entered in the log
    Column("at", BigInteger, nullable=False),
)

# Map packs, models, agency files and run cards, in parts, so that every replica has them and backups hold them.
artefacts = Table(
    "artefacts",
    metadata,
    Column("sha256", Text, primary_key=True),  # 64 hex digits
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),  # bytes that have arrived
    Column("published_at", BigInteger, nullable=False),
    Column("published_by", Text, nullable=False),
    Column("complete", Boolean, nullable=False),  # all has arrived and its hash is right
)

artefact_parts = Table(
    "artefact_parts",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
