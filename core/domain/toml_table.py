"""Takes values out of a TOML table one by one and notes what is wrong, so that all mistakes are told at once."""

import math
import re
from collections.abc import Iterable
from typing import Any

from rapidfuzz import process

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,15}")


class TomlTable:
    """One table of a file. `where` names it in mistakes, for example `type "EMS-ARR"`; "" is the top of the file."""

    def __init__(self, values: dict[str, Any], where: str, mistakes: list[str]) -> None:
        self._values = values
        self._known: list[str] = []
        self.where = where
        self.mistakes = mistakes

    def names(self) -> tuple[str, ...]:
        """For tables whose keys are the agency's own words."""
        return tuple(self._values)

    def wrong(self, key: str, sentence: str) -> None:
        """Note a mistake at a key."""
        at = " ".join(part for part in (self.where, key) if part)
        self.mistakes.append(f"{at}: {sentence}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without a default it must be there and not be empty."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or (default is None and not value.strip()):
            self.wrong(key, "a text in quotes is needed." if value is None else f"{value!r} is not a text in quotes.")
            return default or ""
        return value.strip()

    def code(self, key: str) -> str:
        """A word of letters, digits and dashes that can be typed on the command line."""
        value = self.text(key)
        if value and not _CODE.fullmatch(value):
            self.wrong(key, f"{value!r} must be 1 to 16 letters, digits or dashes, without spaces.")
        return value

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from low to high."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.wrong(key, f"a whole number from {low} to {high} is needed{_but(value)}.")
            return default if default is not None else low
        return value

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """A finite number from low to high."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        fine = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not fine or not low <= value <= high:
            self.wrong(key, f"a number from {low:g} to {high:g} is needed{_but(value)}.")
            return default if default is not None else low
        return float(value)

    def yes(self, key: str, *, default: bool) -> bool:
        value = self._take(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.wrong(key, f"true or false is needed{_but(value)}.")
        return default

    def words(self, key: str, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
        """A list of texts, () where it is left out; each must be one of `allowed` if that is given."""
        value = self._take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
            self.wrong(key, f"a list of texts is needed{_but(value)}.")
            return ()
        words = tuple(word.strip() for word in value)
        if allowed is not None:
            for word in words:
                self._one_of(key, word, list(allowed))
        return words

    def choice(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        """A text that is one of the allowed ones."""
        value = self.text(key, default)
        if value:
            self._one_of(key, value, list(allowed))
        return value

    def table(self, key: str) -> dict[str, Any]:
        """A table inside this one, {} where it is left out."""
        value = self._take(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(key, f"a table is needed: [{key}].")
            return {}
        return value

    def tables(self, key: str) -> list[dict[str, Any]]:
        """A list of tables, [] where it is left out."""
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.wrong(key, f"tables are needed, each beginning with [[{key}]].")
            return []
        return value

    def done(self) -> None:
        """Every key has been asked for: what is left is misspelt."""
        for key in self._values:
            if key not in self._known:
                near = process.extractOne(key, self._known, score_cutoff=60)
                self.wrong(key, f"there is no such key{f'; did you mean {near[0]}?' if near else '.'}")

    def _take(self, key: str) -> Any:
        self._known.append(key)
        return self._values.get(key)

    def _one_of(self, key: str, value: str, allowed: list[str]) -> None:
        if value not in allowed:
            near = process.extractOne(value, allowed, score_cutoff=60)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(allowed) or 'none'}."
            self.wrong(key, f"{value!r} is not known; {hint}")


def _but(value: object) -> str:
    return "" if value is None else f", not {value!r}"
