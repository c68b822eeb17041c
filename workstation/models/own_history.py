"""This desk's own closed incidents, written as tables that training reads."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Unavailable

if TYPE_CHECKING:
    from core.domain.board import Incident
    from core.store import Store

_MOST = 1_000_000


def closed_incidents(store: "Store") -> "Iterator[Incident]":
    """Every closed incident that the store holds, the newest first."""
    for past in store.history(limit=_MOST):
        if past.closed_at is not None and (incident := store.incident(past.id)) is not None:
            yield incident


def write_history(path: Path) -> Path:
    """Write this desk's responses to the CSV file `path`. Raises Unavailable where there is no history."""
    from core.response.history import COLUMNS, responses_of, table_rows
    from workstation.compose import find_agency, read_desk
    from workstation.paths import data_folder

    folder = data_folder()
    with read_desk(folder, find_agency(None, folder)) as (desk, store):
        incidents = list(closed_incidents(store))
        rows = list(table_rows(responses_of(incidents, desk.board.units), (i.opened_at for i in incidents)))
    if not rows:
        raise Unavailable(
            "This desk has no closed incident that a unit reached.", "Nothing was trained.", "Give a CSV file instead."
        )
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path
