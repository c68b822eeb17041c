"""Small plots as SVG text: nothing to install, sharp in print, and they follow the page's colours."""

from collections.abc import Sequence
from html import escape
from math import isfinite

from core.learning.metrics import Floats

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 420, 300, 52, 44, 12, 12
COLOURS = ("#1f5fa8", "#c2571a", "#4d7c32", "#7a4b94", "#8a6d1c")
Point = tuple[float, float]


def line_plot(
    lines: Sequence[tuple[str, Sequence[Point]]],
    across: str,
    up: str,
    *,
    dots: bool = False,
    diagonal: bool = False,
    top: float = 1.0,
) -> str:
    """Lines over 0 to `top` on both axes, with a legend; `diagonal` draws what would be perfect."""
    parts = [*_axes(across, up, top)]
    if diagonal:
        (x0, y0), (x1, y1) = _at(0, 0, top), _at(top, top, top)
        parts.append(f'<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" class="ideal"/>')
    for i, (name, points) in enumerate(lines):
        colour = COLOURS[i % len(COLOURS)]
        placed = [_at(x, y, top) for x, y in points if isfinite(x) and isfinite(y)]
        path = " ".join(f"{x},{y}" for x, y in placed)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if dots:
            parts += [f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>' for x, y in placed]
        y = TOP + 16 + 17 * i
        parts.append(f'<rect x="{WIDTH - 190}" y="{y - 9}" width="12" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{WIDTH - 172}" y="{y - 3}">{escape(name)}</text>')
    return _svg(parts, HEIGHT)


def interval_plot(rows: Sequence[tuple[str, float, float, float]], across: str, *, low: float, high: float) -> str:
    """A row for each name: the value as a dot on its interval, between `low` and `high`."""
    height = 28 * len(rows) + 48
    left, right = 170, WIDTH + 120 - RIGHT
    span = max(high - low, 1e-9)

    def at(value: float) -> float:
        return round(left + (min(max(value, low), high) - low) / span * (right - left), 1)

    parts = []
    for i in range(5):
        value = low + span * i / 4
        parts.append(f'<line x1="{at(value)}" y1="8" x2="{at(value)}" y2="{height - 34}" class="grid"/>')
        parts.append(f'<text x="{at(value)}" y="{height - 20}" text-anchor="middle">{value:.2f}</text>')
    parts.append(f'<text x="{(left + right) / 2}" y="{height - 4}" text-anchor="middle">{escape(across)}</text>')
    for i, (name, value, begin, end) in enumerate(rows):
        y = 24 + 28 * i
        colour = COLOURS[0] if i == 0 else "#777"
        parts.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{escape(name)}</text>')
        if isfinite(begin) and isfinite(end):
            parts.append(
                f'<line x1="{at(begin)}" y1="{y}" x2="{at(end)}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
            )
        if isfinite(value):
            parts.append(f'<circle cx="{at(value)}" cy="{y}" r="5" fill="{colour}"/>')
    return _svg(parts, height, WIDTH + 120)


def histogram(values: Floats, marks: Sequence[tuple[str, float]], across: str, bins: int = 40) -> str:
    """Shares of values between 0 and 1, with named marks."""
    counts = [0] * bins
    for value in values:
        counts[min(int(float(value) * bins), bins - 1)] += 1
    most = max(counts, default=1) or 1
    parts = [*_axes(across, "calls", 1.0, ups=False)]
    for i, n in enumerate(counts):
        (x0, y0), (x1, y1) = _at(i / bins, n / most, 1.0), _at((i + 1) / bins, 0, 1.0)
        parts.append(
            f'<rect x="{x0}" y="{y0}" width="{max(x1 - x0 - 1, 1):.1f}" height="{y1 - y0:.1f}" fill="#9bb7d6"/>'
        )
    for i, (name, value) in enumerate(marks):
        (x, y), (_, floor) = _at(value, 1.0, 1.0), _at(value, 0.0, 1.0)
        parts.append(f'<line x1="{x}" y1="{y}" x2="{x}" y2="{floor}" class="mark"/>')
        parts.append(f'<text x="{x + 4}" y="{TOP + 12 + 15 * i}">{escape(name)}</text>')
    return _svg(parts, HEIGHT)


def _at(x: float, y: float, top: float) -> Point:
    across = LEFT + min(max(x / top, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)
    up = HEIGHT - BOTTOM - min(max(y / top, 0.0), 1.0) * (HEIGHT - BOTTOM - TOP)
    return round(across, 1), round(up, 1)


def _axes(across: str, up: str, top: float, *, ups: bool = True) -> list[str]:
    parts = []
    for i in range(6):
        value = top * i / 5
        x, _ = _at(value, 0, top)
        _, y = _at(0, value, top)
        parts.append(f'<line x1="{x}" y1="{TOP}" x2="{x}" y2="{HEIGHT - BOTTOM}" class="grid"/>')
        parts.append(f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" class="grid"/>')
        parts.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{_percent(value)}</text>')
        if ups:
            parts.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{_percent(value)}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{escape(across)}</text>')
    parts.append(f'<text transform="translate(13,{HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>')
    return parts


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _svg(parts: Sequence[str], height: float, width: float = WIDTH) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" width="{width}">{"".join(parts)}</svg>'
