"""Tells how severe an incident is held to be, who said so, and what was suggested."""

from core.domain.agency_file import SEVERITIES
from core.domain.board import Incident


def urgency(level: str) -> int:
    """0 for the most urgent level; unknown words and "" are behind all of them."""
    return SEVERITIES.index(level) if level in SEVERITIES else len(SEVERITIES)


def severity_sentence(incident: Incident) -> str:
    """For example "severity high, set by Kim; suggestion critical (red flag: not breathing)"."""
    if not incident.severity:
        return "no severity estimate"
    stands = f"severity {incident.severity}"
    why = f" ({incident.suggested_why})" if incident.suggested_why else ""
    if not incident.severity_by:
        return f"{stands}, suggested{why}" if why else stands
    return f"{stands}, set by {incident.severity_by}; suggestion {incident.suggested or 'none'}{why}"
