"""Finds streets and places by name: words that begin as typed, or, when there are none, words spelt nearly so."""

from dataclasses import dataclass

import sqlcipher3

from core.pack.gazetteer_build import PLACE_OFFSET
from core.pack.words import fold, likeness

_FROM_PREFIX = 300  # candidates ranked after a prefix search; text rows come in order of importance
_FROM_TRIGRAMS = 80
_WORST_LIKENESS = 45.0
_GOOD_LIKENESS = 80.0
_WHERE_WORDS_ARE = ("name", "name locality")
_IMPORTANCE = 5.0  # what the most important street gains over the least


@dataclass(frozen=True, slots=True)
class Named:
    """A street (`kind` "") or a place whose name answers what was asked; `score` 0 to 115."""

    row: int
    name: str
    kind: str
    locality: str
    lat: float
    lon: float
    score: float
    meets: str = ""  # the main streets that a street crosses
    numbers: int = 0  # how many house numbers a street has
    made_up: bool = False

    @property
    def is_street(self) -> bool:
        return not self.kind


def find_names(
    connection: "sqlcipher3.Connection", text: str, limit: int, streets_only: bool = False, forgiving: bool = True
) -> list[Named]:
    """The best answers, best first; streets before places of the same score, the more important street first.

    When no name has the words as typed, those spelt nearly so are looked for, unless not `forgiving`.
    """
    asked = fold(text)
    if not asked:
        return []
    found = _ranked(connection, asked, _prefix_rows(connection, asked), streets_only)
    if forgiving and (not found or found[0].score < _GOOD_LIKENESS):
        known = {_text_row(named) for named in found}
        rows = [row for row in _trigram_rows(connection, asked) if row not in known]
        found += _ranked(connection, asked, rows, streets_only)
        found.sort(key=_order)
    return found[:limit]


def _text_row(named: Named) -> int:
    return named.row + 1 if named.is_street else named.row + 1 + PLACE_OFFSET


def _prefix_rows(connection: "sqlcipher3.Connection", asked: str) -> list[int]:
    """Rows whose name has all the words; when there are none, rows whose name and locality together have them."""
    query = " ".join(f'"{word}"*' for word in asked.split())
    sql = "SELECT rowid FROM word WHERE word MATCH ? LIMIT ?"
    tries = (connection.execute(sql, (f"{{{columns}}} : ({query})", _FROM_PREFIX)) for columns in _WHERE_WORDS_ARE)
    return next((rows for found in tries if (rows := [row[0] for row in found])), [])


def _trigram_rows(connection: "sqlcipher3.Connection", asked: str) -> list[int]:
    parts = {word[at : at + 3] for word in asked.split() for at in range(len(word) - 2)}
    if not parts:
        return []
    query = " OR ".join(f'"{part}"' for part in sorted(parts))
    sql = "SELECT rowid FROM trigram WHERE trigram MATCH ? ORDER BY rank LIMIT ?"
    return [row[0] for row in connection.execute(sql, (query, _FROM_TRIGRAMS))]


def _ranked(connection: "sqlcipher3.Connection", asked: str, rows: list[int], streets_only: bool) -> list[Named]:
    found = _streets(connection, asked, [row - 1 for row in rows if row <= PLACE_OFFSET])
    if not streets_only:
        found += _places(connection, asked, [row - 1 - PLACE_OFFSET for row in rows if row > PLACE_OFFSET])
    return sorted((named for named in found if named.score >= _WORST_LIKENESS), key=_order)


def _order(named: Named) -> tuple[float, bool, int]:
    return (-named.score, not named.is_street, named.row)


def _streets(connection: "sqlcipher3.Connection", asked: str, rows: list[int]) -> list[Named]:
    sql = f"""SELECT id, name, folded, locality, meets, lat, lon, numbers, weight FROM street
              WHERE id IN ({_marks(rows)})"""
    return [
        Named(row, name, "", locality, lat, lon, likeness(asked, folded, fold(locality)) + gain, meets, numbers)
        for row, name, folded, locality, meets, lat, lon, numbers, weight in connection.execute(sql, rows)
        for gain in (_IMPORTANCE * weight,)
    ]


def _places(connection: "sqlcipher3.Connection", asked: str, rows: list[int]) -> list[Named]:
    sql = f"SELECT id, name, folded, kind, locality, lat, lon, made_up FROM place WHERE id IN ({_marks(rows)})"
    return [
        Named(row, name, kind, locality, lat, lon, likeness(asked, folded, fold(locality)), made_up=bool(made_up))
        for row, name, folded, kind, locality, lat, lon, made_up in connection.execute(sql, rows)
    ]


def _marks(rows: list[int]) -> str:
    return ", ".join("?" * len(rows))
