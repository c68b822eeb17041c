"""Reads tables of places that people bring (units, past calls) as CSV, GeoJSON or TOML, all mistakes told at once."""

import csv
import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import Unavailable

LAT = ("lat", "latitude", "y")
LON = ("lon", "lng", "long", "longitude", "x")
_TOLD = 8  # mistakes listed before the rest is only counted
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One row: where it stands in the file ("Line 3"), and its values by column in lower case."""

    where: str
    values: Mapping[str, Any]

    def text(self, *columns: str) -> str:
        """The first of those columns that is there and not empty, as text; "" for none."""
        found = (str(self.values[name]).strip() for name in columns if self.values.get(name) is not None)
        return next((text for text in found if text), "")


@dataclass(slots=True)
class Mistakes:
    """What is wrong with a file, gathered until all of it was read."""

    path: Path
    told: list[str] = field(default_factory=list)

    def add(self, row: PlaceRow, sentence: str) -> None:
        self.told.append(f"{row.where}: {sentence}")

    def check(self) -> None:
        """Raise Unavailable if anything was wrong."""
        if not self.told:
            return
        rest = len(self.told) - _TOLD
        listed = [f"  {line}" for line in self.told[:_TOLD]] + ([f"  and {rest} more."] if rest > 0 else [])
        count = "a mistake" if len(self.told) == 1 else f"{len(self.told)} mistakes"
        raise refused_file(f"{self.path} has {count}:\n" + "\n".join(listed) + "\n", "Correct the file.")


def refused_file(happened: str, do: str) -> Unavailable:
    """A file that cannot be used: nothing was computed from part of it."""
    return Unavailable(happened, "Nothing was computed.", do)


def read_places(path: Path, *, table: str) -> list[PlaceRow]:
    """The rows of a file; `table` names the array of tables that a TOML file holds. Raises Unavailable.

    A GeoJSON file's points become the columns lat and lon. An empty file is an error: it is never what was meant.
    """
    text = _text(path)
    suffix = path.suffix.lower()
    if suffix == ".toml":
        rows = _toml_rows(path, text, table)
    elif suffix in (".geojson", ".json"):
        rows = _geojson_rows(path, text)
    elif suffix in (".csv", ".txt", ".tsv"):
        rows = _csv_rows(path, text)
    else:
        raise refused_file(f"{path} is none of .csv, .geojson and .toml.", "Give it as one of these.")
    if not rows:
        raise refused_file(f"{path} holds no {table}s.", f"Give a file with at least one {table}.")
    return rows


def require_columns(path: Path, rows: Iterable[PlaceRow], needed: Mapping[str, tuple[str, ...]]) -> None:
    """Raise Unavailable unless some row has one of the names of each needed column."""
    known = {name for row in rows for name in row.values}
    missing = [names for names in needed.values() if not known.intersection(names)]
    if missing:
        words = " and ".join(" or ".join(names) for names in missing)
        has = ", ".join(sorted(name for name in known if name)) or "none"
        raise refused_file(f"{path} has no column {words}. Its columns are: {has}.", "Name the columns so.")


def position_of(row: PlaceRow, mistakes: Mistakes) -> tuple[float, float] | None:
    """Latitude and longitude in degrees; None after noting what is wrong with them."""
    lat, lon = _number(row.text(*LAT)), _number(row.text(*LON))
    if lat is None or lon is None:
        given = f'"{row.text(*LAT)}", "{row.text(*LON)}"'
        mistakes.add(row, f"latitude and longitude are needed as numbers of degrees, not {given}.")
        return None
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        mistakes.add(row, f"{lat:g}, {lon:g} is no place on earth; latitude and longitude are needed in degrees.")
        return None
    return lat, lon


def number_of(row: PlaceRow, columns: tuple[str, ...], default: float, mistakes: Mistakes) -> float:
    """A number of at least 0 in the first of the columns that is there."""
    text = row.text(*columns)
    value = _number(text) if text else default
    if value is None or value < 0:
        mistakes.add(row, f'"{text}" is no number of at least 0.')
        return default
    return value


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise refused_file(f"There is no file {path}.", "Check its path.") from error
    except OSError as error:
        raise refused_file(f"{path} cannot be read: {error.strerror or error}.", "Check the file.") from error
    except UnicodeDecodeError as error:
        raise refused_file(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from error


def _csv_rows(path: Path, text: str) -> list[PlaceRow]:
    lines = text.splitlines()
    if not lines:
        return []
    header = lines[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.DictReader(lines, delimiter=delimiter, restkey="", strict=True)
    try:
        return [
            PlaceRow(f"Line {reader.line_num}", {str(name).strip().lower(): value for name, value in row.items()})
            for row in reader
            if any(isinstance(value, str) and value.strip() for value in row.values())
        ]
    except csv.Error as error:
        raise refused_file(f"{path} is no table: {error} (line {reader.line_num}).", "Correct that line.") from error


def _toml_rows(path: Path, text: str, table: str) -> list[PlaceRow]:
    try:
        entries = tomllib.loads(text).get(table, [])
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise refused_file(f"{path} is not TOML: {error}.", "Correct that line.") from error
    if not (isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)):
        raise refused_file(f"In {path}, {table} is no array of tables.", f"Write each as [[{table}]].")
    return [_row(f"[[{table}]] {at}", entry) for at, entry in enumerate(entries, start=1)]


def _geojson_rows(path: Path, text: str) -> list[PlaceRow]:
    try:
        features = json.loads(text)["features"]
        return [_feature_row(at, feature) for at, feature in enumerate(features, start=1)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise refused_file(
            f"{path} is no GeoJSON FeatureCollection.", "Export the layer again as GeoJSON in WGS 84."
        ) from error


def _feature_row(at: int, feature: dict[str, Any]) -> PlaceRow:
    geometry = feature.get("geometry") or {}
    values = dict(feature.get("properties") or {})
    if geometry.get("type") == "Point":
        values["lon"], values["lat"] = geometry["coordinates"][:2]
    return _row(f"Feature {at}", values)


def _row(where: str, values: Mapping[str, Any]) -> PlaceRow:
    return PlaceRow(where, {str(name).strip().lower(): value for name, value in values.items()})
