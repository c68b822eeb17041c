"""The store's tables as they stand after the newest migration; a test holds the two equal."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, Table, Text, text

metadata = MetaData()

events = Table(
    "events",
    metadata,
    Column("seq", Integer, primary_key=True),  # order of arrival at this desk
    Column("id", Text, nullable=False, unique=True),
    Column("desk", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("at", Integer, nullable=False),
    Column("command", Text, nullable=False),
    Column("undoes", Text, nullable=False),
    Column("incident", Text),
    Column("kind", Text, nullable=False),  # the body's wire name
    Column("body", LargeBinary, nullable=False),  # JSON, exactly as hashed
    Column("prev_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("n", Integer, nullable=False),  # 1, 2, ... of its desk; below 0 for the other half of a fork
    Column("place", Text, nullable=False),  # where it stands in the order that all desks share
    Column("unit", Text),
    Column("flag", Text, nullable=False),  # "", or what the centre found: see core.merge.run
    Index("events_by_command", "command"),
    Index("events_by_incident", "incident"),
    Index("events_by_desk", "desk", "n", unique=True),
    Index("events_by_unit", "unit", "place"),
    Index("events_by_flag", "flag", "place", sqlite_where=text("flag <> ''")),
    sqlite_autoincrement=True,
)

chains = Table(  # the end of each desk's hash chain, so that rows missing at the end are noticed
    "chains",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("length", Integer, nullable=False),
    Column("head", LargeBinary, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("event", Text, nullable=False, unique=True),
    Column("at", Integer, nullable=False),
    sqlite_autoincrement=True,
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", Text, nullable=False),
    Column("tail", Text, nullable=False),  # what people say: "1041" of 26-A-01041
    Column("type", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("opened_at", Integer, nullable=False),
    Column("closed_at", Integer),
    Column("disposition", Text, nullable=False),
    Column("location_text", Text, nullable=False),  # its beginning, where it is very long
    Column("address_key", Text, nullable=False),
    Column("lat", Float),
    Column("lon", Float),
    Column("withdrawn", Boolean, nullable=False),
    Index("incidents_by_number", "number"),
    Index("incidents_by_tail", "tail", "opened_at"),
    Index("incidents_by_opening", "opened_at"),
    Index("incidents_by_address", "address_key", "opened_at"),
    Index("incidents_by_place", "lat", "lon"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("answered_at", Integer, nullable=False),
    Column("callback", Text, nullable=False),  # as given
    Column("callback_key", Text, nullable=False),  # digits, last one first
    Index("calls_by_incident", "incident"),
    Index("calls_by_callback", "callback_key", "answered_at"),
)

positions = Table(
    "positions",
    metadata,
    Column("unit", Text, primary_key=True),
    Column("position", LargeBinary, nullable=False),  # JSON of core.domain.values.Position
)

tracks = Table(
    "tracks",
    metadata,
    Column("unit", Text, primary_key=True),
    Column("fixed_at", Integer, primary_key=True),
    Column("lat", Float, nullable=False),
    Column("lon", Float, nullable=False),
    Column("heading", Float),
    Column("speed_mps", Float),
    Column("source", Text, nullable=False),
    sqlite_with_rowid=False,
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("started_at", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),  # sealed JSON of core.desk.Draft
)

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),  # sealed text
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("seq", Integer, primary_key=True),  # the last event it holds
    Column("at", Integer, nullable=False),
    Column("form", Integer, nullable=False),
    Column("board", LargeBinary, nullable=False),  # sealed MessagePack
)

suggestions = Table(  # what was suggested for an incident, and what a person made of it
    "suggestions",
    metadata,
    Column("incident", Text, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),  # sealed JSON of core.severity.record.SuggestionRecord
    Index("suggestions_by_time", "at"),
)

seals = Table(  # the runs in which desks signed their events
    "seals",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("first_n", Integer, primary_key=True),
    Column("last_n", Integer, nullable=False),
    Column("prev_hash", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("schema", Integer, nullable=False),
    sqlite_with_rowid=False,
)

peers = Table(  # how far this desk is with each server or post
    "peers",
    metadata,
    Column("server", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("mark", Integer, nullable=False),  # the last event, by seq, that it was given
    Column("at", Integer, nullable=False),
)

cards = Table(  # the desks whose signatures are believed, as the link keeps them
    "cards",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("card", LargeBinary, nullable=False),
)

quarantine = Table(  # what belongs to a chain and not to the truth, or to neither, with why
    "quarantine",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("event", Text, nullable=False),
    Column("desk", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("at", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("held", LargeBinary, nullable=False),  # MessagePack of the event as it travels
    Index("quarantine_by_desk", "desk", "n", "hash", unique=True),
    sqlite_autoincrement=True,
)

meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))
