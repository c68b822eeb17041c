"""Coverage as a picture for a report or a wall: roads with their gaps, units, a legend and whom the map is from."""

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QBuffer, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen

from core.coverage.sheet import CoverageSheet
from core.roads.segments import Floats
from widgets.palette import LIGHT, Palette

WIDTH = 1600  # pixels of the map's longer side
_MARGIN = 40
_LINE, _LARGE, _SMALL = 34, 24, 20  # of text
_FEWEST = 200  # pixels of the shorter side


@dataclass(frozen=True, slots=True)
class _Look:
    meaning: str
    colour: str
    width: float


def draw_coverage(sheet: CoverageSheet, *, at_least: int = 1, palette: Palette = LIGHT) -> QImage:
    """Only roads with fewer than `at_least` teams in time are coloured. Needs a QGuiApplication, for the text."""
    frame = _Frame(sheet)
    looks, credit = _looks(at_least, palette), _credit(sheet, frame)
    foot = _LINE * (len(looks) + len(credit) + 2)
    image = QImage(frame.width + 2 * _MARGIN, frame.height + 2 * _MARGIN + foot, QImage.Format.Format_RGB32)
    image.fill(QColor(palette.surface))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_roads(painter, sheet, frame, looks, at_least)
    _draw_units(painter, sheet, frame, palette)
    _draw_foot(painter, sheet, frame, looks, credit, palette)
    painter.end()
    for key, text in sheet.facts().items():
        image.setText(key, text)
    return image


def png_of(image: QImage) -> bytes:
    """A PNG with the texts of the image as its metadata."""
    buffer = QBuffer()
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # its stubs know only of bytes, its manual of text
    return bytes(buffer.data().data())


class _Frame:
    """Where degrees lie in the picture: true to shape in the middle of the map, north up."""

    def __init__(self, sheet: CoverageSheet) -> None:
        south, west, north, east = sheet.graph.bounds
        self._north, self._west = north, west
        self._stretch = math.cos(math.radians((south + north) / 2))
        wide, high = max(1e-6, (east - west) * self._stretch), max(1e-6, north - south)
        self._scale = WIDTH / max(wide, high)
        self.width = max(_FEWEST, round(wide * self._scale))
        self.height = max(_FEWEST, round(high * self._scale))

    def pixels(self, lonlat: Floats) -> Floats:
        """Pixels [v, 2] of degrees [v, 2]."""
        right = (lonlat[:, 0] - self._west) * self._stretch * self._scale
        return np.column_stack([right, (self._north - lonlat[:, 1]) * self._scale]) + _MARGIN


def _looks(at_least: int, palette: Palette) -> list[_Look]:
    """From what is drawn first to what lies above it."""
    if at_least == 1:
        enough, few = "reached in time", []
    else:
        enough = f"reached in time by {at_least} teams or more"
        few = [_Look(f"reached in time by fewer than {at_least}", palette.working, 2.0)]
    return [_Look(enough, palette.line, 1.0), *few, _Look("reached by no team in time", palette.gap, 2.4)]


def _draw_roads(painter: QPainter, sheet: CoverageSheet, frame: _Frame, looks: list[_Look], at_least: int) -> None:
    pixels = frame.pixels(sheet.pieces.lonlat(sheet.graph))
    look_of = np.where(sheet.counts >= at_least, 0, np.where(sheet.counts > 0, 1, len(looks) - 1))
    owner = sheet.pieces.line_of_vertex()
    same = owner[1:] == owner[:-1]
    lines = np.hstack([pixels[:-1], pixels[1:]])[same]
    look_of_line = look_of[owner[1:][same]]
    for at, look in enumerate(looks):
        pen = QPen(QColor(look.colour), look.width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLines([QLineF(*line) for line in lines[look_of_line == at].tolist()])


def _draw_units(painter: QPainter, sheet: CoverageSheet, frame: _Frame, palette: Palette) -> None:
    places = np.array([(team.place.lon, team.place.lat) for team in sheet.teams]).reshape(-1, 2)
    painter.setPen(QPen(QColor(palette.surface), 1.5))
    painter.setBrush(QColor(palette.text))
    for x, y in frame.pixels(places).tolist():
        painter.drawEllipse(QPointF(x, y), 5, 5)


def _font(pixels: int, *, bold: bool = False) -> QFont:
    font = QFont()
    font.setPixelSize(pixels)
    font.setBold(bold)
    return font


def _credit(sheet: CoverageSheet, frame: _Frame) -> list[str]:
    """When, from whom and under which licence, in lines that fit: none of it may be cut off."""
    metrics, width = QFontMetrics(_font(_SMALL)), frame.width
    origin, lines = sheet.origin, list[str]()
    computed = f"Dots are units. Computed {origin.computed_at}. {origin.note}".strip()
    for text in (computed, origin.attribution, origin.licence):
        line = ""
        for word in text.split():
            if line and metrics.horizontalAdvance(f"{line} {word}") > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        lines += [line] if line else []
    return lines


def _draw_foot(
    painter: QPainter, sheet: CoverageSheet, frame: _Frame, looks: list[_Look], credit: list[str], palette: Palette
) -> None:
    top = frame.height + 2 * _MARGIN
    painter.setPen(QColor(palette.text))
    painter.setFont(_font(_LARGE, bold=True))
    _write(painter, _MARGIN, top, sheet.title)
    painter.setFont(_font(_SMALL))
    for look in looks:
        top += _LINE
        painter.setPen(QPen(QColor(look.colour), look.width * 1.5))
        painter.drawLine(QLineF(_MARGIN, top + _LINE / 2, _MARGIN + 60, top + _LINE / 2))
        painter.setPen(QColor(palette.text))
        _write(painter, _MARGIN + 80, top, look.meaning)
    painter.setPen(QColor(palette.muted))
    for line in credit:
        top += _LINE
        _write(painter, _MARGIN, top, line)


def _write(painter: QPainter, left: float, top: float, text: str) -> None:
    box = QRectF(left, top, painter.device().width() - left, _LINE)
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
