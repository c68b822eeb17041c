"""This desk's own closed incidents as a table that severity training reads: what was typed, and how severe it was."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Unavailable

if TYPE_CHECKING:
    from core.domain.agency import Agency
    from core.domain.board import Incident

COLUMNS = ("date", "text", "type", "age", "sex", "hour", "severity", "case")


def write_calls(path: Path) -> Path:
    """Write the closed incidents whose severity is known to the CSV file `path`. Raises Unavailable without any."""
    from workstation.compose import find_agency, read_desk
    from workstation.models.own_history import closed_incidents
    from workstation.paths import data_folder

    folder = data_folder()
    with read_desk(folder, find_agency(None, folder)) as (desk, store):
        rows = list(call_rows(closed_incidents(store), desk.agency))
    if not rows:
        raise Unavailable(
            "This desk has no closed incident whose severity a person set or its disposition tells.",
            "Nothing was trained.",
            "Give a CSV file instead.",
        )
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def call_rows(incidents: "Iterator[Incident]", agency: "Agency") -> Iterator[dict[str, str]]:
    """A row for each incident whose outcome, or else whose severity set by a person, is known; the oldest first."""
    from core.severity.ages import age_in, sex_in
    from core.severity.red_flags import folded

    for incident in sorted(incidents, key=lambda each: each.opened_at):
        known = agency.dispositions.get(incident.disposition)
        severity = (known.outcome if known else "") or (incident.severity if incident.severity_by else "")
        text = first_words(incident)
        if not severity or not text:
            continue
        local = datetime.fromtimestamp(incident.opened_at / 1000, UTC).astimezone()
        age = age_in(folded(text))
        yield {
            "date": f"{local:%Y-%m-%d}",
            "text": text,
            "type": incident.type,
            "age": "" if age is None else f"{age:g}",
            "sex": sex_in(folded(text)),
            "hour": f"{local.hour + local.minute / 60:.2f}",
            "severity": severity,
            "case": incident.id,
        }


def first_words(incident: "Incident") -> str:
    """What was typed before the first unit was sent: later lines know the outcome."""
    sent_at = min((each.assigned_at for each in incident.assignments), default=None)
    lines = [line.text for line in incident.narrative if sent_at is None or line.at <= sent_at]
    return " ".join(lines).strip()
