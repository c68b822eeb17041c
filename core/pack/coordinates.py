"""Reads positions the way people write them: decimal degrees, degrees with minutes and seconds, USNG and MGRS."""

import re
from functools import cache
from typing import Any

_HEMISPHERE = {"n": 1, "s": -1, "e": 1, "o": -1, "w": -1}  # "o" is oeste and ouest
# "@" stands for the angle's place, 1 or 2, in the names of the groups.
_SIXTIETH = r"[0-5]?\d(?:\.\d+)?"
_DEGREES = r"(?P<d@>\d{1,3}(?:\.\d+)?)\s*[°º]?"
_MARKED = rf"{_DEGREES}(?:\s*(?P<m@>{_SIXTIETH})\s*['’′](?:\s*(?P<s@>{_SIXTIETH})\s*(?:\"|”|″|''))?)?"
_SPACED = rf"(?P<d@>\d{{1,3}})[\s:]+(?P<m@>{_SIXTIETH})(?:[\s:]+(?P<s@>{_SIXTIETH}))?"
_SIGN = r"(?P<sign@>[-+−])?\s*"
_LETTER = r"(?P<h@>[nsewo])"
_FORMS = tuple(
    re.compile(form.replace("@", "1") + gap + form.replace("@", "2"), re.IGNORECASE)
    for form, gap in (
        (_SIGN + _MARKED, r"(?:\s*[,;/]\s*|\s+)"),
        (_MARKED + r"\s*" + _LETTER, r"\s*[,;/]?\s*"),
        (_LETTER + r"\s*" + _MARKED, r"\s*[,;/]?\s*"),
        (_SPACED + r"\s*" + _LETTER, r"\s*[,;/]?\s*"),
        (_LETTER + r"\s*" + _SPACED, r"\s*[,;/]?\s*"),
    )
)
_GRID = re.compile(r"^(?P<zone>\d{1,2}[C-HJ-NP-X])?(?P<square>[A-HJ-NP-Z]{2})(?P<digits>\d{4,10})$")
_DECIMAL_COMMA = re.compile(r"(?<![\d.])(\d{1,3}),(\d{2,})")


def read_position(text: str, centre: tuple[float, float]) -> tuple[float, float] | None:
    """(lat, lon) in degrees WGS 84 when the whole text is a position, else None.

    `centre` completes a USNG square without its grid zone. Values beyond 90 and 180 degrees are no position.
    """
    text = text.strip()
    return _read_grid(text, centre) or _read_angles(text)


def _read_angles(text: str) -> tuple[float, float] | None:
    found = next((match for form in _FORMS if (match := form.fullmatch(_with_points(text)))), None)
    if found is None:
        return None
    parts = found.groupdict()
    letters = [(parts.get(f"h{i}") or "").lower() for i in (1, 2)]
    if not any(letters) and not re.search(r"[.°º]", found.group()):
        return None  # two bare whole numbers are house numbers
    values = [_degrees(parts, i, letter) for i, letter in zip((1, 2), letters, strict=True)]
    if letters[0] in {"e", "w", "o"} and letters[1] in {"n", "s"}:
        values.reverse()
    elif any(letters) and not (letters[0] in {"n", "s"} and letters[1] in {"e", "w", "o"}):
        return None
    lat, lon = values
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _with_points(text: str) -> str:
    """Decimal commas as points, where each number has one; "41.1,-8.6" keeps the comma that parts its numbers."""
    return text if "." in text else _DECIMAL_COMMA.sub(r"\1.\2", text)


def _degrees(parts: dict[str, str | None], i: int, letter: str) -> float:
    degrees, minutes, seconds = (float(parts.get(f"{part}{i}") or 0) for part in "dms")
    value = degrees + minutes / 60 + seconds / 3600
    return value * (-1 if parts.get(f"sign{i}") in {"-", "−"} else 1) * _HEMISPHERE.get(letter, 1)


@cache
def _grid() -> Any:
    import mgrs

    return mgrs.MGRS()


def _read_grid(text: str, centre: tuple[float, float]) -> tuple[float, float] | None:
    match = _GRID.match(re.sub(r"[\s:-]", "", text.upper()))
    if match is None or len(match["digits"]) % 2:
        return None
    zone = match["zone"] or str(_grid().toMGRS(*centre, MGRSPrecision=0))[:-2]
    # A reference names the south-west corner of a square; its middle is half a step further each way.
    digits = match["digits"]
    half = len(digits) // 2
    east, north = (digits[:half] + "5", digits[half:] + "5") if half < 5 else (digits[:half], digits[half:])
    try:
        lat, lon = _grid().toLatLon(f"{zone}{match['square']}{east}{north}")
    except _grid_error():
        return None
    return float(lat), float(lon)


def _grid_error() -> type[Exception]:
    import mgrs.core

    error: type[Exception] = mgrs.core.MGRSError
    return error
