"""The stripe nobody can miss: this is a demo or an exercise, and nobody real is coming."""

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.context import DeskContext, Mode
from widgets.palette import DARK
from widgets.theme import px, sized

WORDS = {
    Mode.DEMO: ("DEMO", "Made-up calls, units and stations on a real street map. Nothing here is sent to anybody."),
    Mode.TRAINING: ("TRAINING", "This is an exercise. Nothing here is sent to anybody."),
}


class Banner(QWidget):
    """Black on yellow in both themes, with stripes at the ends; not there at all on a live desk."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.word, self.sentence = WORDS.get(context.mode, ("", ""))
        self.setAccessibleName(f"{self.word}. {self.sentence}")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setVisible(context.mode in WORDS)

    def restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(320), QFontMetrics(sized(14, bold=True)).height() + px(6))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(DARK.working))
        wide, narrow = sized(14, bold=True), sized(13, bold=True)
        word_width = QFontMetrics(wide).horizontalAdvance(self.word)
        gap = px(12)
        room = self.width() - word_width - 5 * gap
        sentence = QFontMetrics(narrow).elidedText(self.sentence, Qt.TextElideMode.ElideRight, max(0, room))
        sentence_width = QFontMetrics(narrow).horizontalAdvance(sentence)
        left = (self.width() - word_width - gap - sentence_width) // 2
        painter.setPen(QColor(DARK.badge_text))
        painter.setFont(wide)
        painter.drawText(QRect(left, 0, word_width, self.height()), Qt.AlignmentFlag.AlignVCenter, self.word)
        painter.setFont(narrow)
        words = QRect(left + word_width + gap, 0, sentence_width, self.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, sentence)
        self._paint_stripes(painter, min(px(220), left - 2 * gap))

    def _paint_stripes(self, painter: QPainter, reach: int) -> None:
        height, step = self.height(), px(14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(DARK.badge_text))
        for start, end in ((0, reach), (self.width() - reach, self.width())):
            painter.setClipRect(start, 0, max(0, end - start), height)
            for x in range(start - height, end, 2 * step):
                corners = [(x, height), (x + height, 0), (x + height + step, 0), (x + step, height)]
                painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
