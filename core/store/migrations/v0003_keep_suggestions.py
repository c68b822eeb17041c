"""Version 3: what was suggested for each incident, by which model, and what a person made of it."""

from typing import Any


def migrate(raw: Any) -> None:
    raw.execute(
        "CREATE TABLE suggestions (incident TEXT PRIMARY KEY NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL)"
    )
    raw.execute("CREATE INDEX suggestions_by_time ON suggestions (at)")
