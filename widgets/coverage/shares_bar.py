"""The shares covered by no, one, two and more teams as one bar in the map's colours, with the figures below it."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.context import DeskContext
from widgets.coverage.wording import per_cent
from widgets.theme import px, sized

_NAMES = ("none", "1 team", "2", "3 or more")


class SharesBar(QWidget):
    """`show_shares` takes four shares of 0 to 1; those below `teams` are hatched as gaps."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._shares: tuple[float, ...] = ()
        self._teams = 1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Shares covered")

    def show_shares(self, shares: tuple[float, ...], teams: int) -> None:
        self._shares, self._teams = shares, teams
        told = ", ".join(f"{name} {per_cent(s)} %" for name, s in zip(_NAMES, shares, strict=False))
        self.setAccessibleDescription(f"Reached in time by: {told}." if shares else "")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(260), px(12) + 2 * QFontMetrics(sized(11)).height() + px(8))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(200), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._shares:
            return
        painter = QPainter(self)
        palette = self._context.palette
        colours = (palette.gap, palette.covered_1, palette.covered_2, palette.covered_3)
        left, gap = 0.0, px(2)
        wide = self.width() - gap * sum(1 for share in self._shares[:-1] if share > 0)
        for at, share in enumerate(self._shares):
            box = QRectF(left, 0, wide * share, px(12))
            self._fill(painter, box, colours[at], hatched=at < self._teams)
            left += box.width() + (gap if share > 0 else 0)
        column = self.width() / len(_NAMES)
        for at, share in enumerate(self._shares):
            self._label(painter, QRectF(at * column, px(16), column, self.height() - px(16)), at, share, colours[at])

    def _fill(self, painter: QPainter, box: QRectF, colour: str, *, hatched: bool) -> None:
        if not hatched:
            painter.fillRect(box, QColor(colour))
            return
        tint = QColor(self._context.palette.gap)
        tint.setAlpha(70)
        painter.fillRect(box, tint)
        painter.fillRect(box, QBrush(QColor(self._context.palette.gap), Qt.BrushStyle.BDiagPattern))

    def _label(self, painter: QPainter, box: QRectF, at: int, share: float, colour: str) -> None:
        palette = self._context.palette
        swatch = QRectF(box.left(), box.top() + px(4), px(8), px(8))
        self._fill(painter, swatch, colour, hatched=at < self._teams)
        painter.setFont(sized(11))
        line = QFontMetrics(painter.font()).height()
        text = box.adjusted(px(12), 0, 0, 0)
        painter.setPen(QPen(QColor(palette.muted)))
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft, _NAMES[at])
        painter.setPen(QPen(QColor(palette.text)))
        painter.drawText(text.adjusted(0, line, 0, 0), Qt.AlignmentFlag.AlignLeft, f"{per_cent(share)} %")
