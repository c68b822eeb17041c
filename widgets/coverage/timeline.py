"""Coverage over the shift: sampled every ten seconds, kept in memory, drawn as a line when somebody looks."""

from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from widgets.context import DeskContext
from widgets.coverage.follower import SAMPLE_S, CoverageFollower
from widgets.coverage.wording import minutes, per_cent, team_of
from widgets.theme import px, sized

if TYPE_CHECKING:
    from widgets.coverage.survey import Figures

KEPT = round(12 * 3600 / SAMPLE_S)  # a shift
_MOST_SERIES = 24
Key = tuple[int, str, int]


class Series:
    """Samples of (UTC ms, share covered) for each combination that was looked at; the oldest go first."""

    def __init__(self) -> None:
        self._kept: dict[Key, deque[tuple[int, float]]] = {}

    def note(self, key: Key, now_ms: int, share: float) -> bool:
        """Keep a sample, if the last of its kind is old enough; whether it was kept."""
        series = self._kept.get(key)
        if series is None:
            while len(self._kept) >= _MOST_SERIES:
                del self._kept[min(self._kept, key=lambda known: self._kept[known][-1][0])]
            series = self._kept[key] = deque(maxlen=KEPT)
        if series and now_ms - series[-1][0] < SAMPLE_S * 1000:
            return False
        series.append((now_ms, share))
        return True

    def of(self, key: Key) -> list[tuple[int, float]]:
        return list(self._kept.get(key, ()))


class TimeLine(QWidget):
    """A small plot of what is looked at now, with its worst moment in words."""

    def __init__(self, context: DeskContext, follower: CoverageFollower, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._follower = context, follower
        self.series = Series()
        self.said = QLabel()
        self.said.setProperty("role", "small")
        self.said.setWordWrap(True)
        self.plot: Any = None
        self._curve: Any = None
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(px(2))
        self._rows.addWidget(self.said)
        follower.figures_changed.connect(self._note)
        follower.settings_changed.connect(self.draw)

    @property
    def key(self) -> Key:
        chosen = self._follower.settings
        return (chosen.target_s, chosen.capability, chosen.teams)

    def _note(self, figures: "Figures") -> None:
        if self.series.note(self.key, self._context.desk.clock.now_ms(), figures.covered):
            self.draw()

    def draw(self) -> None:
        """Bring words and line up to date, if they are in sight."""
        if not self.isVisible():
            return
        samples = self.series.of(self.key)
        self.said.setText(self._words(samples))
        self.setAccessibleDescription(self.said.text())
        if self.plot is None:
            self._make_plot()
        self._curve.setData([at / 1000 for at, _ in samples], [100 * share for _, share in samples])
        shares = [100 * share for _, share in samples] or [0.0, 100.0]
        low, high = min(shares), max(shares)
        self.plot.setYRange(max(0.0, low - 5), min(100.0, high + 5), padding=0)
        if samples:
            first = min(samples[0][0], samples[-1][0] - 600_000)
            self.plot.setXRange(first / 1000, samples[-1][0] / 1000, padding=0.01)

    def _words(self, samples: list[tuple[int, float]]) -> str:
        chosen, agency = self._follower.settings, self._context.desk.agency
        what = f"{team_of(chosen, agency)}, {minutes(chosen.target_s)}"
        if len(samples) < 2:
            return f"{what}: the line begins now, a point every {SAMPLE_S:.0f} s."
        at, least = min(samples, key=lambda sample: sample[1])
        return f"{what}: lowest {per_cent(least)} % at {_clock(at)}; since {_clock(samples[0][0])}."

    def _make_plot(self) -> None:
        import pyqtgraph as pg

        axes = {
            "bottom": pg.DateAxisItem(orientation="bottom"),
            "left": pg.AxisItem(orientation="left"),
        }
        self.plot = pg.PlotWidget(axisItems=axes, parent=self)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideButtons()
        self.plot.setMenuEnabled(False)
        for part in (self.plot, self.plot.viewport()):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setAccessibleName("Coverage over the shift")
        self.plot.setMinimumHeight(px(90))
        self._curve = self.plot.plot([], [], stepMode=None)
        self._rows.addWidget(self.plot, 1)
        self.restyle()

    def restyle(self) -> None:
        """Take the palette in force."""
        if self.plot is None:
            return
        import pyqtgraph as pg

        palette = self._context.palette
        self.plot.setBackground(palette.surface)
        self._curve.setPen(pg.mkPen(palette.text, width=1.5))
        for side in ("bottom", "left"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(palette.line))
            axis.setTextPen(pg.mkPen(palette.muted))
            axis.setTickFont(sized(10))
        self.plot.getAxis("left").setWidth(px(34))
        self.plot.showGrid(x=False, y=True, alpha=0.25)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.draw()


def _clock(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000).astimezone():%H:%M}"
