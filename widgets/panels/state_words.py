"""Where an incident stands, in the few words that fit a column: who is there, and not who once was."""

from core.domain.board import Incident
from core.domain.statuses import UnitStatus
from widgets.panels.times import count_text

GONE_ON = (UnitStatus.TRANSPORTING, UnitStatus.AT_HOSPITAL)


def state_text(incident: Incident) -> str:
    """`waiting`, `to close`, `2 assigned`, `1 of 3 on scene`, or `1 transporting` when all have left with patients."""
    active = incident.active_assignments
    if not active:
        return incident.state.value
    here = len(incident.on_scene)
    if here:
        return f"{here} on scene" if here == len(active) else f"{here} of {len(active)} on scene"
    left = {assignment.status for assignment in active}
    if len(left) == 1 and left <= set(GONE_ON):
        return f"{len(active)} {left.pop().value}"
    return f"{len(active)} assigned"


def spoken_state(incident: Incident) -> str:
    """The same for a screen reader."""
    active = incident.active_assignments
    if not active:
        return f"{incident.state.value}, no unit on it"
    return f"{count_text(len(active), 'unit')} on it, {state_text(incident)}"
