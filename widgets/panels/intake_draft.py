"""What an intake form holds, apart from any widget: to and from a draft's text fields, and into commands."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.desk import Draft
from core.domain.agency import Agency
from core.domain.commands import LinkCall, OpenIncident
from core.domain.events import CallTaken, Event, IncidentOpened, NarrativeAdded
from core.domain.statuses import Priority
from core.domain.values import Caller, Location, LocationSource
from core.severity.suggest import Suggestion
from widgets.panels.brevity import brief

NOWHERE = Location("")
HOW_TO_CHOOSE = "Type letters of its code or a word for it, or press Down for the list."


@dataclass(frozen=True, slots=True)
class IntakeForm:
    """`type` is the text of the field, a code or not; `priority` is None while the type's default holds."""

    location: Location = NOWHERE
    type: str = ""
    callback: str = ""
    caller: str = ""
    priority: Priority | None = None
    narrative: str = ""
    answered_at: int | None = None
    severity: str = ""  # the person's own, "" while the suggestion stands
    severity_first: str = ""  # the person's own from before the suggestion was shown

    @property
    def empty(self) -> bool:
        texts = (self.location.text, self.location.detail, self.type, self.callback, self.caller, self.narrative)
        return not any(text.strip() for text in texts)

    @property
    def title(self) -> str:
        """What a parked call is recognised by."""
        named = [brief(part, 60) for part in (self.type.upper(), self.location.text, self.callback) if part.strip()]
        return ", ".join(named) or brief(self.narrative, 60) or "no words yet"

    def missing(self, agency: Agency) -> dict[str, str]:
        """Field to the sentence that says what it still needs."""
        found: dict[str, str] = {}
        if not self.location.text.strip():
            found["location"] = "The location is missing. Say where, even in words."
        if not self.type.strip():
            found["type"] = f"The type is missing. {HOW_TO_CHOOSE}"
        elif self.type.strip().upper() not in agency.types:
            found["type"] = f"There is no type {self.type.strip()[:20]}. {HOW_TO_CHOOSE}"
        return found

    def open_command(self, suggestion: Suggestion) -> OpenIncident:
        return OpenIncident(
            self.type.strip().upper(),
            self.location,
            self._caller(),
            self.priority,
            self.narrative,
            self.answered_at,
            self.severity,
            suggestion.level,
            suggestion.why,
        )

    def link_command(self, incident: str) -> LinkCall:
        return LinkCall(incident, self.location, self._caller(), self.narrative, self.answered_at)

    def _caller(self) -> Caller:
        return Caller(self.caller.strip(), self.callback.strip())

    def fields(self) -> dict[str, str]:
        """As a draft keeps it: only what is there."""
        place = self.location
        texts = {
            "location": place.text,
            "detail": place.detail,
            "lat": "" if place.lat is None else repr(place.lat),
            "lon": "" if place.lon is None else repr(place.lon),
            "source": place.source.value if place.placed else "",
            "type": self.type,
            "callback": self.callback,
            "caller": self.caller,
            "priority": str(int(self.priority)) if self.priority else "",
            "narrative": self.narrative,
            "severity": self.severity,
            "severity_first": self.severity_first,
            "answered_at": "" if self.answered_at is None else str(self.answered_at),
        }
        return {name: text for name, text in texts.items() if text}


def form_of(draft: Draft) -> IntakeForm:
    """The form as it stood at the last keystroke; figures that cannot be read are left out."""
    held = draft.fields
    place = Location(held.get("location", ""), detail=held.get("detail", ""))
    lat, lon = _number(held.get("lat", "")), _number(held.get("lon", ""))
    if lat is not None and lon is not None:
        known = {source.value for source in LocationSource}
        source = LocationSource(held["source"]) if held.get("source") in known else LocationSource.COORDINATES
        place = _placed(place, lat, lon, source)
    priority = held.get("priority", "")
    answered = held.get("answered_at", "")
    return IntakeForm(
        location=place,
        type=held.get("type", ""),
        callback=held.get("callback", ""),
        caller=held.get("caller", ""),
        priority=Priority(int(priority)) if priority in ("1", "2", "3", "4") else None,
        narrative=held.get("narrative", ""),
        answered_at=int(answered) if answered.isdecimal() else draft.started_at,
        severity=held.get("severity", ""),
        severity_first=held.get("severity_first", ""),
    )


def _placed(place: Location, lat: float, lon: float, source: LocationSource) -> Location:
    return Location(place.text, lat, lon, source, place.detail)


def with_detail(place: Location, detail: str) -> Location:
    return Location(place.text, place.lat, place.lon, place.source, detail)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def form_of_call(events: Sequence[Event]) -> IntakeForm | None:
    """The form that a command's events came from, as far as they tell; None where no call was taken."""
    bodies = [event.body for event in events]
    call = next((body for body in bodies if isinstance(body, CallTaken)), None)
    if call is None:
        return None
    opened = next((body for body in bodies if isinstance(body, IncidentOpened)), None)
    said = next((body.text for body in bodies if isinstance(body, NarrativeAdded)), "")
    return IntakeForm(
        location=call.location,
        type=opened.type if opened else "",
        callback=call.caller.callback,
        caller=call.caller.name,
        priority=opened.priority if opened else None,
        narrative=call.text or said,
        answered_at=call.answered_at,
        severity=opened.severity if opened and opened.severity_by else "",
    )
