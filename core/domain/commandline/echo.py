"""Says in sentences what Enter will do."""

from collections.abc import Sequence

from core.domain import commands as c
from core.domain.agency import Agency
from core.domain.board import Board
from core.domain.commandline.actions import (
    AcknowledgeFirst,
    Action,
    Help,
    JoinServer,
    OpenIntake,
    OpenReport,
    PollUnit,
    Select,
    SendText,
    ShowConflicts,
    ShowRoute,
)

_PLAIN: dict[type, str] = {
    AcknowledgeFirst: "Acknowledge the first alarm.",
    ShowConflicts: "Show the conflicts between desks.",
}


def echo_of(actions: Sequence[Action], board: Board, agency: Agency) -> str:
    """One sentence per action; units that do the same share one."""
    told = _Teller(board, agency)
    sentences: list[str] = []
    done = 0
    while done < len(actions):
        together = 1
        while done + together < len(actions) and _same(actions[done], actions[done + together]):
            together += 1
        sentences.append(told.sentence(actions[done], _units_of(actions[done : done + together])))
        done += together
    return " ".join(sentences)


def _same(one: Action, other: Action) -> bool:
    if isinstance(one, c.SetStatus) and isinstance(other, c.SetStatus):
        return (one.status, one.override) == (other.status, other.override)
    return isinstance(one, c.Release | c.Contact) and type(one) is type(other)


def _units_of(actions: Sequence[Action]) -> str:
    return _joined([getattr(action, "unit", "") for action in actions])


def _joined(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


class _Teller:
    def __init__(self, board: Board, agency: Agency) -> None:
        self.board = board
        self.agency = agency

    def sentence(self, action: Action, units: str) -> str:
        match action:
            case c.Assign():
                why = f" although committed or out of service: {action.override}" if action.override else ""
                kinds = self._wrong_kinds(action)
                return f"Dispatch {_joined(action.units)} to {self._incident(action.incident)}{why}.{kinds}"
            case c.SetStatus():
                why = f", overriding: {action.override}" if action.override else ""
                return f"{units}: {action.status}{why}."
            case c.Release():
                return f"Stand {units} down; available."
            case c.Contact():
                return f"Welfare contact with {units}."
            case c.RaiseEmergency():
                return f"Raise the alarm: mayday of {units}."
            case c.CloseIncident():
                return self._closing(action)
            case c.AddNarrative():
                said = f", as said by {action.about_unit}" if action.about_unit else ""
                return f"Add to the narrative of {self._number(action.incident)}{said}: {_shortened(action.text)}"
            case c.SetPriority():
                return f"Set {self._incident(action.incident)} to P{action.priority}."
            case c.SetSeverity():
                return f"Set the severity of {self._incident(action.incident)} to {action.severity}."
            case c.Retype():
                name = self.agency.types[action.type].name
                return f"Make {self._number(action.incident)} {action.type}, {name}."
            case c.ReopenIncident():
                return f"Reopen {self._incident(action.incident)}."
        return self._shown(action)

    def _shown(self, action: Action) -> str:
        match action:
            case c.SignOn():
                where = ", ".join(part for part in (action.position, action.shift) if part)
                return f"Sign on {action.operator}{f', {where}' if where else ''}."
            case c.Undo():
                return "Take back what this desk did last."
            case Select():
                return f"Select {action.unit or self._incident(action.incident or action.number)}."
            case ShowRoute():
                return f"Show the way of {action.unit} to {self._incident(action.incident)}."
            case OpenReport():
                return f"Show the report of {self._incident(action.incident or action.number)}."
            case OpenIntake():
                return f"Take a new call at {_shortened(action.text)}" if action.text else "Take a new call."
            case SendText():
                return f"Send to {action.unit}'s radio: {_shortened(action.text)}"
            case PollUnit():
                return f"Ask {action.unit}'s radio where it is."
            case JoinServer():
                return f"Join the server {action.address}." if action.address else "Join a server."
            case Help():
                return f"Explain {action.verb}." if action.verb else "Show all keys and commands."
        return self._between_desks(action) or _PLAIN.get(type(action), "")

    def _between_desks(self, action: Action) -> str:
        match action:
            case c.MergeIncidents():
                return f"Merge {self._incident(action.other)} into {self._number(action.keep)}."
            case c.SettleConflict():
                return self._settling(action)
        return ""

    def _settling(self, action: c.SettleConflict) -> str:
        conflict = self.board.conflicts[action.conflict]
        kept = next(side for side in conflict.sides if side.assignment == action.keep)
        return f"{conflict.unit} stays on {self._incident(kept.incident)}."

    def _closing(self, action: c.CloseIncident) -> str:
        incident = self.board.incidents[action.incident]
        name = self.agency.dispositions[action.disposition].name
        units = _joined([a.unit for a in incident.active_assignments])
        still = f" {units} will be cleared." if units and action.release_units else ""
        return f"Close {self._number(action.incident)}: {name}.{still}"

    def _wrong_kinds(self, action: c.Assign) -> str:
        """Names units that have nothing of what the incident's type asks for, as the recommendation does."""
        incident = self.board.incidents.get(action.incident)
        known = self.agency.types.get(incident.type) if incident else None
        needs = dict.fromkeys(known.needs) if known else {}
        sent = [self.board.units[unit] for unit in action.units if unit in self.board.units]
        wrong = [unit.callsign for unit in sent if needs and not unit.capabilities & needs.keys()]
        if not wrong:
            return ""
        asked = ", ".join(need.upper() if len(need) <= 4 else need for need in needs)
        have = "has" if len(wrong) == 1 else "have"
        return f" Wrong kind: {_joined(wrong)} {have} none of what is asked for ({asked})."

    def _number(self, incident: str) -> str:
        found = self.board.incidents.get(incident)
        return found.number if found else incident

    def _incident(self, incident: str) -> str:
        found = self.board.incidents.get(incident)
        if found is None:
            return incident
        type_ = self.agency.types.get(found.type)
        return f"{found.number}, {type_.name if type_ else found.type}, {found.location.text}"


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
