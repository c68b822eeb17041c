"""Reads responses from a CSV file, says what is wrong with them, and leaves out what was no response."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import Unavailable
from core.response.correct import RESPONSE, TRAVEL, TURNOUT
from core.response.journeys import Floats, Journeys

if TYPE_CHECKING:
    import pandas as pd

WORDS = ("kind", "type", "priority", "station", "region", "area", "subarea", "place", "weather")
NUMBERS = ("eta_s", "distance_m", "calls_hour", "calls_shift")
SHORTEST_S, LONGEST_S = 30.0, 7200.0  # below, somebody was there already; above, a time was not noted
FEWEST_ROWS = 300
_HOUR_S, _SHIFT_H = 3600, 8
_NYC = {  # NYC Open Data, EMS Incident Dispatch Data
    "at": "INCIDENT_DATETIME",
    RESPONSE: "INCIDENT_RESPONSE_SECONDS_QY",
    "type": "INITIAL_CALL_TYPE",
    "priority": "INITIAL_SEVERITY_LEVEL_CODE",
    "region": "BOROUGH",
    "area": "INCIDENT_DISPATCH_AREA",
    "place": "ZIPCODE",
}
_OWN = {"at": "at", RESPONSE: "response_s", TURNOUT: "turnout_s", TRAVEL: "travel_s"}


@dataclass(frozen=True, slots=True)
class ResponseTable:
    """Responses, the earliest first. `targets` are seconds by name, NaN where unknown; `findings` are sentences."""

    name: str
    data_sha256: str
    journeys: Journeys
    targets: Mapping[str, Floats]
    findings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.journeys)

    @property
    def whole(self) -> Floats:
        """Seconds from alarm to arrival."""
        return self.targets[RESPONSE]

    def part(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "ResponseTable":
        targets = {name: column[rows] for name, column in self.targets.items()}
        return ResponseTable(self.name, self.data_sha256, self.journeys.part(rows), targets, self.findings)


def read_table(path: Path) -> ResponseTable:
    """Read NYC's columns, or Foredesk's own (`at`, `response_s` or `turnout_s` and `travel_s`, WORDS, NUMBERS).

    Raises Unavailable for a file that cannot be read or that nothing can be learned from.
    """
    import pandas as pd

    try:
        content = path.read_bytes()
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError, EOFError) as error:
        raise Unavailable(
            f"{path} cannot be read as a table: {error}.", "Nothing was trained.", "Give a CSV."
        ) from error
    is_nyc = _NYC["at"] in frame.columns
    columns = _NYC if is_nyc else {**_OWN, **{word: word for word in WORDS}}
    _check_columns(path, frame, columns)
    findings: list[str] = []
    if is_nyc:
        frame = _nyc_sorted(frame, findings)
    at = _local_seconds(path, frame[columns["at"]], findings)
    words = {word: frame[columns[word]].to_numpy(str) for word in WORDS if columns.get(word) in frame.columns}
    if is_nyc:
        words["subarea"] = np.char.add(np.char.add(words["area"], "/"), frame["ATOM"].to_numpy(str))
    numbers = {name: _floats(frame[name]) for name in NUMBERS if name in frame.columns}
    targets = {t: _floats(frame[columns[t]]) for t in (RESPONSE, TURNOUT, TRAVEL) if columns.get(t) in frame.columns}
    numbers |= _calls(at, frame if is_nyc else None, numbers)
    table = ResponseTable(path.name, sha256(content).hexdigest(), Journeys(at, words, numbers), targets)
    return settled(table, findings)


def settled(table: ResponseTable, findings: list[str]) -> ResponseTable:
    """In order of time, with the whole response for every row, and without rows that were no response.

    Raises Unavailable where too little is left.
    """
    targets = dict(table.targets)
    if RESPONSE not in targets:
        targets[RESPONSE] = targets[TURNOUT] + targets[TRAVEL]
    whole = targets[RESPONSE]
    dated = table.journeys.at > np.iinfo(np.int64).min
    plausible = np.isfinite(whole) & (whole >= SHORTEST_S) & (whole <= LONGEST_S)
    if odd := int((np.isfinite(whole) & ~plausible).sum()):
        findings.append(
            f"{odd:,} responses under {SHORTEST_S:.0f} s or over {LONGEST_S / 3600:.0f} h were left out: "
            "somebody was there already, or a time was not noted."
        )
    if missing := int((~np.isfinite(whole)).sum()):
        findings.append(f"{missing:,} rows without a time were left out.")
    rows = np.flatnonzero(dated & plausible)
    rows = rows[np.argsort(table.journeys.at[rows], kind="stable")]
    if len(rows) < FEWEST_ROWS:
        raise Unavailable(
            f"{table.name} has {len(rows)} responses with a date and a time; at least {FEWEST_ROWS} are needed.",
            "Nothing was trained.",
            "Give more history.",
        )
    if len(np.unique(whole[rows])) < 10:
        raise Unavailable(
            f"{table.name} has hardly any different times, so there is nothing to learn.", "Nothing was trained."
        )
    kept = ResponseTable(table.name, table.data_sha256, table.journeys, targets).part(rows)
    return ResponseTable(kept.name, kept.data_sha256, kept.journeys, kept.targets, tuple(findings))


def _check_columns(path: Path, frame: "pd.DataFrame", columns: Mapping[str, str]) -> None:
    has = {name for name, column in columns.items() if column in frame.columns}
    if "at" not in has:
        _refuse(path, "has no column of dates (at, or NYC's INCIDENT_DATETIME)")
    if RESPONSE not in has and not {TURNOUT, TRAVEL} <= has:
        _refuse(path, "has no times (response_s, or turnout_s and travel_s)")
    if RESPONSE in has and not (frame[columns[RESPONSE]].str.strip() != "").any():
        _refuse(path, f"has nothing but blanks in {columns[RESPONSE]}")


def _refuse(path: Path, why: str) -> None:
    raise Unavailable(f"{path.name} {why}.", "Nothing was trained.", "The manual's page on models tells the columns.")


def _nyc_sorted(frame: "pd.DataFrame", findings: list[str]) -> "pd.DataFrame":
    """Without duplicates and calls that were held: those waited for a unit, which is neither turnout nor travel."""
    once = frame.drop_duplicates("CAD_INCIDENT_ID")
    if twice := len(frame) - len(once):
        findings.append(f"{twice:,} incidents stood there twice.")
    free = once[once["HELD_INDICATOR"] != "1"]
    if held := len(once) - len(free):
        findings.append(
            f"{held:,} calls were held until a unit was free and were left out: waiting for a unit is no journey."
        )
    return free.reset_index(drop=True)


def _local_seconds(path: Path, column: "pd.Series[Any]", findings: list[str]) -> NDArray[np.int64]:
    import pandas as pd

    american = column.str.contains("/").mean() > 0.5
    form = "%m/%d/%Y %I:%M:%S %p" if american else "ISO8601"
    at = pd.to_datetime(column, format=form, errors="coerce")
    if at.isna().all():
        _refuse(path, "has no date that can be read (2026-11-20T09:30:00 can)")
    if undated := int(at.isna().sum()):
        findings.append(f"{undated:,} rows without a date were left out.")
    seconds = at.to_numpy("datetime64[s]").astype(np.int64)
    return np.asarray(seconds)


def _floats(column: "pd.Series[Any]") -> Floats:
    import pandas as pd

    return np.asarray(pd.to_numeric(column, errors="coerce").to_numpy(float))


def _calls(at: NDArray[np.int64], nyc: "pd.DataFrame | None", known: Mapping[str, Floats]) -> dict[str, Floats]:
    """Calls an hour in the last hour and the last shift, where the table does not tell them.

    NYC's file is a sample, but its incident numbers count all calls of a day (the last four digits).
    """
    order = np.argsort(at, kind="stable")
    times = at[order]
    count = np.arange(len(at), dtype=float)
    if nyc is not None:
        ids = _floats(nyc["CAD_INCIDENT_ID"])[order]
        day, of_day = ids // 10_000, ids % 10_000
        days, first = np.unique(day, return_inverse=True)
        most = np.zeros(len(days))
        np.maximum.at(most, first, of_day)
        count = np.concatenate([[0.0], np.cumsum(most)[:-1]])[first] + of_day
    result = {}
    for name, hours in (("calls_hour", 1), ("calls_shift", _SHIFT_H)):
        if name in known:
            continue
        before = np.searchsorted(times, times - hours * _HOUR_S, "left").clip(0, np.arange(len(at)))
        before = np.maximum(np.minimum(before, np.arange(len(at)) - 1), 0)
        hours_between = np.maximum(times - times[before], _HOUR_S * hours if nyc is None else 60) / _HOUR_S
        calls = np.empty(len(at))
        calls[order] = np.maximum(count - count[before], 0.0) / hours_between
        result[name] = calls
    return result
