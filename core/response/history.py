"""The desk's own history as responses: what closed incidents tell of how long turnout and travel took."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct

from core.domain.board import Assignment, Incident, Unit
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Location
from core.response.correct import Facts
from core.response.journeys import Floats, Journeys

_AREA_DEG, _SUBAREA_DEG = 0.02, 0.005  # squares of about 2 km and 500 m
_HOUR_MS, _SHIFT_H = 3_600_000, 8
COLUMNS = (
    *("at", "kind", "type", "priority", "station", "area", "subarea", "eta_s", "distance_m", "calls_hour"),
    *("calls_shift", "response_s", "turnout_s", "travel_s"),
)


class Response(Struct, frozen=True):
    """One unit's way to one incident, UTC ms; times that were not noted are None."""

    at: int
    words: dict[str, str]
    eta_s: float | None
    distance_m: float | None
    response_s: float | None
    turnout_s: float | None
    travel_s: float | None

    @property
    def ended_at(self) -> int | None:
        return None if self.response_s is None else self.at + round(self.response_s * 1000)


def words_of(incident_type: str, priority: Priority, location: Location, unit: Unit | None) -> dict[str, str]:
    """The words of one response, as they are called in tables too."""
    words = {"type": incident_type, "priority": str(int(priority))}
    if unit is not None:
        words |= {"kind": unit.kind, "station": unit.station}
    if location.lat is not None and location.lon is not None:
        words |= {"area": _square(location.lat, location.lon, _AREA_DEG)}
        words |= {"subarea": _square(location.lat, location.lon, _SUBAREA_DEG)}
    return words


def responses_of(incidents: Iterable[Incident], units: Mapping[str, Unit]) -> Iterator[Response]:
    """Every unit that reached a scene; those stood down on the way tell nothing of how long it takes."""
    for incident in incidents:
        for assignment in incident.assignments:
            on_scene = assignment.times.get(UnitStatus.ON_SCENE)
            if on_scene is None or on_scene <= assignment.assigned_at:
                continue
            unit = units.get(assignment.unit)
            words = words_of(incident.type, incident.priority, incident.location, unit)
            yield _response(assignment, words, on_scene)


def _response(assignment: Assignment, words: dict[str, str], on_scene: int) -> Response:
    began, rolled = assignment.assigned_at, assignment.times.get(UnitStatus.EN_ROUTE)
    noted = rolled is not None and began < rolled < on_scene
    return Response(
        began,
        words,
        assignment.eta_s,
        assignment.route_m,
        (on_scene - began) / 1000,
        (rolled - began) / 1000 if noted and rolled is not None else None,
        (on_scene - rolled) / 1000 if noted and rolled is not None else None,
    )


def busy(
    opened_at: np.ndarray[tuple[int], np.dtype[np.int64]], at: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> tuple[Floats, Floats]:
    """Calls an hour in the last hour and the last shift before each `at`; `opened_at` in order, UTC ms both."""
    upto = np.searchsorted(opened_at, at, "right")
    hour = upto - np.searchsorted(opened_at, at - _HOUR_MS, "right")
    shift = upto - np.searchsorted(opened_at, at - _SHIFT_H * _HOUR_MS, "right")
    return hour.astype(float), shift / _SHIFT_H


def journeys_of_responses(responses: Sequence[Response], opened_at: Iterable[int] = ()) -> tuple[Journeys, Floats]:
    """Their columns and whole times, seconds; how busy the centre was where its incidents' openings are given."""
    names = {name for response in responses for name in response.words}
    words = {name: np.array([r.words.get(name, "") for r in responses], dtype=np.str_) for name in names}
    at = np.array([local_s(r.at) for r in responses], np.int64)
    numbers = {
        "eta_s": np.array([np.nan if r.eta_s is None else r.eta_s for r in responses], float),
        "distance_m": np.array([np.nan if r.distance_m is None else r.distance_m for r in responses], float),
    }
    openings = np.array(sorted(opened_at), np.int64)
    if len(openings):
        utc_ms = np.array([r.at for r in responses], np.int64)
        numbers["calls_hour"], numbers["calls_shift"] = busy(openings, utc_ms)
    return Journeys(at, words, numbers), np.array([r.response_s or np.nan for r in responses], float)


def table_rows(responses: Iterable[Response], opened_at: Iterable[int]) -> Iterator[dict[str, object]]:
    """Rows of a CSV file by COLUMNS, for training."""
    found = sorted(responses, key=lambda r: r.at)
    hour, shift = busy(np.array(sorted(opened_at), np.int64), np.array([r.at for r in found], np.int64))
    for at, response in enumerate(found):
        told = {
            "at": datetime.fromtimestamp(response.at / 1000).astimezone().replace(tzinfo=None).isoformat(),
            **response.words,
            "eta_s": response.eta_s,
            "distance_m": response.distance_m,
            "calls_hour": hour[at],
            "calls_shift": shift[at],
            "response_s": response.response_s,
            "turnout_s": response.turnout_s,
            "travel_s": response.travel_s,
        }
        yield {name: "" if told.get(name) is None else told[name] for name in COLUMNS}


def facts_of(
    incident: Incident,
    unit: Unit,
    route_m: float | None,
    now_ms: int,
    opened_at: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> Facts:
    """What is known of sending `unit` to `incident` now; `opened_at`: the last shift's incidents in order, UTC ms."""
    hour, shift = busy(opened_at, np.array([now_ms], np.int64))
    words = words_of(incident.type, incident.priority, incident.location, unit)
    at = local_s(now_ms)
    return Facts(at=at, words=words, distance_m=route_m, calls_hour=float(hour[0]), calls_shift=float(shift[0]))


def local_s(at_ms: int) -> int:
    """Seconds of local time since 1970, as clocks on the wall showed it then."""
    moment = datetime.fromtimestamp(at_ms / 1000).astimezone()
    offset = moment.utcoffset()
    return at_ms // 1000 + (round(offset.total_seconds()) if offset else 0)


def _square(lat: float, lon: float, size: float) -> str:
    """The south-west corner of the square, with enough places to tell it from the next."""
    return f"{np.floor(lat / size) * size:.3f},{np.floor(lon / size) * size:.3f}"
