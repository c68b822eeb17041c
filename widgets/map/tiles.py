"""Reads from a PMTiles file the one thing the page must know beforehand: how deep its tiles go."""

from pathlib import Path

_MAX_ZOOM_AT = 101  # PMTiles version 3: magic and version are 8 bytes, then offsets, counts and flags
_HEADER_BYTES = 127
FALLBACK = 14


def deepest_zoom(path: Path) -> int:
    """The greatest zoom that has tiles of its own; the page enlarges those beyond it."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError:
        return FALLBACK
    known = len(header) == _HEADER_BYTES and header.startswith(b"PMTiles")
    return header[_MAX_ZOOM_AT] if known else FALLBACK
