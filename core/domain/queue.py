"""The order in which open incidents want attention."""

from core.domain.agency import Agency
from core.domain.board import Board, Incident
from core.domain.statuses import IncidentState
from core.domain.timers import TimerState, incident_timer


def queue_order(board: Board, agency: Agency, now_ms: int) -> list[Incident]:
    """Open incidents: waiting for a unit first, then by priority, overdue first, oldest first; last those to close."""

    def rank(incident: Incident) -> tuple[bool, bool, int, bool, int, str]:
        state = incident.state
        overdue = incident_timer(incident, agency, now_ms).state is TimerState.OVERDUE
        served, waiting = state is IncidentState.SERVED, state is IncidentState.WAITING
        return served, not waiting, incident.priority, not overdue, incident.opened_at, incident.id

    return sorted(board.open_incidents(), key=rank)
