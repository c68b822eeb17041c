"""Small charts of what is watched over time, with the values from which it warns and alarms; drawn when looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from core.models.limits import WATCHES, Measured, Watch
from core.models.record import Kind
from widgets.context import DeskContext
from widgets.panels.notice import set_role
from widgets.theme import px, sized

if TYPE_CHECKING:
    from core.models.monitoring import Point

PLOT_HEIGHT = 96
LEAST_WIDTH = 230  # of a chart, design pixels
COLUMNS = 2
_TITLES = {
    "triage": "Severe outcomes missed",
    "calibration": "Error of the probabilities",
    "override": "Changed by people",
    "drift": "Drift of what comes in",
    "words": "Unknown words",
    "latency": "Time of a suggestion",
    "memory": "Memory of the desk",
    "promise": "Later than “9 in 10 within”",
    "gain": "Better than the road engine by",
    "bias": "Longer than said, by",
    "places": "Unknown places",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Watched measures that share a chart; the first gives the limits."""

    name: str
    watches: tuple[Watch, ...]

    @property
    def title(self) -> str:
        return _TITLES[self.name]


def groups(kind: Kind) -> tuple[Group, ...]:
    """The charts of a kind, in the order of the table of limits."""
    found: dict[str, list[Watch]] = {}
    for watch in WATCHES[kind]:
        found.setdefault(watch.group, []).append(watch)
    return tuple(Group(name, tuple(watches)) for name, watches in found.items())


class Chart(QWidget):
    """One group over time. Without pyqtgraph loaded yet it is words only; `draw` loads it, on the window's thread."""

    def __init__(self, context: DeskContext, group: Group, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self.group = context, group
        self._lines: Mapping[str, Sequence[Point]] = {}
        self._measured: Mapping[str, Measured] = {}
        self.heading = QLabel(group.title)
        self.heading.setProperty("role", "heading")
        self.said = QLabel()
        self.said.setProperty("role", "small")
        self.said.setWordWrap(True)
        self.plot: Any = None
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(px(2))
        self._rows.addWidget(self.heading)
        self._rows.addWidget(self.said)

    def take(self, measured: Mapping[str, Measured], lines: "Mapping[str, Sequence[Point]]") -> None:
        """New figures; drawn at once where they are in sight."""
        self._measured, self._lines = measured, lines
        words, level = self._words()
        self.said.setText(words)
        set_role(self.said, "warning" if level else "small")
        self.setAccessibleName(self.group.title)
        self.setAccessibleDescription(words)
        if self.isVisible():
            self.draw()

    def _words(self) -> tuple[str, int]:
        parts, worst = [], 0
        for watch in self.group.watches:
            seen = self._measured.get(watch.name)
            if seen is None:
                continue
            enough = seen.cases >= watch.fewest
            level = watch.level(seen.value) if enough else 0
            worst = max(worst, level)
            name = f"{_short(watch)} " if len(self.group.watches) > 1 else ""
            parts.append(f"{'! ' if level else ''}{name}{watch.said(seen.value)}{'' if enough else ' (few cases)'}")
        return (", ".join(parts) if parts else "No cases yet."), worst

    def draw(self) -> None:
        """Lines and limits, with the palette in force."""
        drawn = {w.name: self._lines[w.name] for w in self.group.watches if len(self._lines.get(w.name, ())) > 1}
        if self.plot is None and drawn:
            self._make_plot()
        if self.plot is None:
            return
        import pyqtgraph as pg

        self.plot.setVisible(bool(drawn))
        self.plot.clear()
        palette, first = self._context.palette, self.group.watches[0]
        factor = 100.0 if first.percent else 1.0
        bold = max(drawn, key=lambda name: drawn[name][-1].value, default="")
        for name, points in drawn.items():
            strong = name == (bold if self.group.name == "drift" else first.name)
            pen = pg.mkPen(palette.text if strong else palette.muted, width=px(2) if strong else px(1))
            times, values = [point.at / 1000 for point in points], [factor * point.value for point in points]
            self.plot.plot(times, values, pen=pen)
        for limit, colour in ((first.warn, palette.working), (first.alarm, palette.alarm)):
            dashed = pg.mkPen(colour, width=px(1), style=Qt.PenStyle.DashLine)
            self.plot.addLine(y=factor * limit, pen=dashed)
        self._fit(drawn, factor, first)
        self._restyle()

    def _fit(self, drawn: "Mapping[str, Sequence[Point]]", factor: float, first: Watch) -> None:
        """From nothing to a little over the warning, or over the highest point."""
        values = [factor * point.value for points in drawn.values() for point in points]
        low, high = min([0.0, *values]), max([factor * max(first.warn, first.alarm * 0.6), *values])
        self.plot.setYRange(low, 1.1 * high, padding=0)

    def _make_plot(self) -> None:
        import pyqtgraph as pg

        axes = {"bottom": pg.DateAxisItem(orientation="bottom"), "left": pg.AxisItem(orientation="left")}
        self.plot = pg.PlotWidget(axisItems=axes, parent=self)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideButtons()
        self.plot.setMenuEnabled(False)
        self.plot.setMinimumWidth(px(100))
        for part in (self.plot, self.plot.viewport()):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setAccessibleName(self.group.title)
        self._rows.addWidget(self.plot)

    def _restyle(self) -> None:
        import pyqtgraph as pg

        palette = self._context.palette
        self.plot.setBackground(palette.surface)
        self.plot.setFixedHeight(px(PLOT_HEIGHT))
        for side in ("bottom", "left"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(palette.line))
            axis.setTextPen(pg.mkPen(palette.muted))
            axis.setTickFont(sized(10))
        self.plot.getAxis("left").setWidth(px(36))
        self.plot.getAxis("bottom").setHeight(px(20))
        self.plot.showGrid(x=False, y=True, alpha=0.15)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.draw()


def _short(watch: Watch) -> str:
    """The measure's name beside others of its chart."""
    words = {"under_triage": "missed", "over_triage": "over", "unknown_words": "unknown", "no_estimate": "no estimate"}
    return words.get(watch.name, watch.name.removeprefix("psi "))


class Charts(QWidget):
    """All charts of one kind: two beside each other, one where there is no room for two."""

    def __init__(self, context: DeskContext, kind: Kind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.charts = [Chart(context, group) for group in groups(kind)]
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(px(8), px(4), px(8), px(8))
        self._grid.setHorizontalSpacing(px(16))
        self._grid.setVerticalSpacing(px(12))
        self._arrange(COLUMNS)

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for at, chart in enumerate(self.charts):
            self._grid.addWidget(chart, at // columns, at % columns, Qt.AlignmentFlag.AlignTop)
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, int(column < columns))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(COLUMNS if event.size().width() >= COLUMNS * px(LEAST_WIDTH) else 1)

    def minimumSizeHint(self) -> QSize:
        return QSize(px(LEAST_WIDTH / 2), super().minimumSizeHint().height())

    def take(self, measured: Mapping[str, Measured], lines: "Mapping[str, Sequence[Point]]") -> None:
        for chart in self.charts:
            chart.take(measured, lines)

    def restyle(self) -> None:
        """Take the palette in force."""
        for chart in self.charts:
            if chart.isVisible():
                chart.draw()
