"""The order in which open incidents want attention."""

from core.domain.agency import Agency
from core.domain.board import Board, Incident
from core.domain.statuses import IncidentState
from core.domain.timers import TimerState, incident_timer


def queue_order(board: Board, agency: Agency, now_ms: int) -> list[Incident]:
    """Open incidents: without a unit first, then by priority, overdue before others, oldest first."""

    def rank(incident: Incident) -> tuple[bool, int, bool, int, str]:
        waiting = incident.state is IncidentState.WAITING
        overdue = incident_timer(incident, agency, now_ms).state is TimerState.OVERDUE
        return not waiting, incident.priority, not overdue, incident.opened_at, incident.id

    return sorted(board.open_incidents(), key=rank)
