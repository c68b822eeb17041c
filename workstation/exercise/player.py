"""Plays the hour: callers ring, crews drive, and either an operator answers or the exercise does."""

import logging
from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from core.desk import Change, Desk
from core.domain.board import Incident
from core.domain.commands import Assign, CloseIncident, LinkCall, OpenIncident, Quote
from core.domain.events import CallTaken
from core.domain.rules.situation import EXERCISE
from core.domain.statuses import IncidentState, UnitStatus
from core.errors import Refused
from workstation.exercise.crews import City, Crews, Work
from workstation.exercise.scenario import ScriptedCall

log = logging.getLogger(__name__)

_THINKING_MS = 15_000  # what the exercise's own operator takes for an intake
_RETRY_MS = 20_000  # an incident that found no free unit is tried again


class Part(StrEnum):
    """Who takes the calls: the person at the desk, or the exercise itself while the person watches."""

    PLAY = "play"
    WATCH = "watch"


class Choice(Struct, frozen=True):
    """Units to send, with the road engine's quotes; no units: nobody is free."""

    units: tuple[str, ...]
    quotes: tuple[Quote, ...] = ()


Chooser = Callable[[Incident], Choice]


class Exercise:
    """A running exercise over a desk; call `step` often. It waits for nothing and starts no thread.

    `waiting` holds callers nobody has answered yet, oldest first. `choose` is the recommendation that the exercise's
    own operator takes.
    """

    def __init__(
        self, desk: Desk, calls: tuple[ScriptedCall, ...], city: City, choose: Chooser, *, part: Part, seed: int
    ) -> None:
        self.part = part
        self.waiting: list[ScriptedCall] = []
        self.left_to_person: set[str] = set()  # incidents that a watching exercise neither sends to nor closes
        self._desk = desk
        self._coming = list(calls)
        self._choose = choose
        self._started_at = desk.clock.now_ms()
        self._incident_of: dict[int, str] = {}
        self._call_of: dict[str, ScriptedCall] = {}
        self._picked_up: set[int] = set()
        self._tried: dict[str, int] = {}
        self._crews = Crews(desk, city, self._work_of, seed)
        self._stop_listening = desk.listen(self._hear)

    @property
    def coming(self) -> tuple[ScriptedCall, ...]:
        """Callers who have not rung yet, in order of time."""
        return tuple(self._coming)

    def pick_up(self, index: int) -> None:
        """Somebody talks to that caller now; the call waits no longer, though nothing has been opened yet."""
        self._picked_up.add(index)

    def ringing(self) -> tuple[ScriptedCall, ...]:
        """Callers whom nobody has picked up, oldest first."""
        return tuple(call for call in self.waiting if call.index not in self._picked_up)

    def talking(self) -> tuple[ScriptedCall, ...]:
        """Callers who were picked up and about whom nothing has been opened or linked yet."""
        return tuple(call for call in self.waiting if call.index in self._picked_up)

    def rang_at(self, call: ScriptedCall) -> int:
        """UTC ms at which the caller rang."""
        return self._started_at + round(call.at_s * 1000)

    def step(self) -> None:
        """Bring the whole exercise up to the desk's clock."""
        now_ms = self._desk.clock.now_ms()
        while self._coming and self.rang_at(self._coming[0]) <= now_ms:
            self.waiting.append(self._coming.pop(0))
        self._crews.step()
        if self.part is Part.WATCH:
            self._answer(now_ms)
            self._send(now_ms)
            self._tidy()

    def close(self) -> None:
        self._stop_listening()

    def _work_of(self, incident: Incident) -> Work:
        call = self._call_of.get(incident.id)
        if call is None:
            return Work(work_s=900, transports=False)
        return Work(call.work_s, call.transports)

    def _hear(self, change: Change) -> None:
        """A call that was taken is no longer waiting, whoever took it: matched by number, then by nearness."""
        for event in change.events:
            if isinstance(event.body, CallTaken):
                call = next((c for c in self.waiting if _is_about(c, event.body)), None)
                if call is not None:
                    self.waiting.remove(call)
                    self._incident_of[call.index] = event.body.incident
                    if call.repeats is None:
                        self._call_of.setdefault(event.body.incident, call)

    def _answer(self, now_ms: int) -> None:
        for call in tuple(self.waiting):
            if now_ms - self.rang_at(call) < _THINKING_MS:
                continue
            incident = self._desk.board.incidents.get(
                self._incident_of.get(call.repeats, "") if call.repeats is not None else ""
            )
            answered_at = self.rang_at(call)
            if incident is not None and incident.closed_at is None:
                self._try(LinkCall(incident.id, call.location, call.caller, call.words, answered_at))
            else:
                self._try(
                    OpenIncident(
                        call.story.type, call.location, call.caller, narrative=call.words, answered_at=answered_at
                    )
                )
            if call in self.waiting:
                self.waiting.remove(call)

    def _send(self, now_ms: int) -> None:
        for incident in tuple(self._desk.board.open_incidents()):
            if incident.state is not IncidentState.WAITING or incident.id in self.left_to_person:
                continue
            if now_ms - self._tried.get(incident.id, 0) < _RETRY_MS:
                continue
            self._tried[incident.id] = now_ms
            choice = self._choose(incident)
            if choice.units:
                self._try(Assign(incident.id, choice.units, choice.quotes))

    def _tidy(self) -> None:
        """Close what everybody has left."""
        for incident in tuple(self._desk.board.open_incidents()):
            if incident.state is IncidentState.SERVED and incident.id not in self.left_to_person:
                self._try(CloseIncident(incident.id, self._disposition(incident)))

    def _disposition(self, incident: Incident) -> str:
        codes = self._desk.agency.dispositions
        transported = any(UnitStatus.AT_HOSPITAL in a.times for a in incident.assignments)
        wanted = ("TRANS", "TRANSPORTED") if transported else ("DONE", "HANDLED", "TREATED")
        return next((code for code in wanted if code in codes), next(iter(codes)))

    def _try(self, command: OpenIncident | LinkCall | Assign | CloseIncident) -> None:
        try:
            self._desk.do(command, by=EXERCISE)
        except Refused as refusal:
            log.info("the exercise's operator was refused: %s", refusal)


def _is_about(call: ScriptedCall, taken: CallTaken) -> bool:
    if call.caller.callback == taken.caller.callback:
        return True
    there, here = taken.location, call.location
    if there.lat is None or there.lon is None or here.lat is None or here.lon is None:
        return False
    return abs(there.lat - here.lat) < 0.003 and abs(there.lon - here.lon) < 0.003
