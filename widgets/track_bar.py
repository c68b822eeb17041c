"""A unit's track on the map, with its times: a slider to look, a button to let it play."""

from bisect import bisect_right

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSlider

from core.domain.values import Position
from core.errors import Refused, Unavailable
from widgets.context import DeskContext
from widgets.panels.times import clock_text
from widgets.theme import px

SPANS = (("15 min", 15), ("1 h", 60), ("4 h", 240), ("12 h", 720))
PLAY_EVERY_MS = 100
PLAY_SPEED = 60.0  # a minute a second


class TrackBar(QFrame):
    """`moved(points, at, label)` is for the map; no points take the track away. Hidden while nothing is shown."""

    moved = Signal(object, int, str)

    def __init__(self, context: DeskContext) -> None:
        super().__init__()
        self.setObjectName("tray")
        self.setAccessibleName("Track of a unit")
        self._context = context
        self.unit = ""
        self.track: tuple[Position, ...] = ()
        self._points: list[tuple[float, float]] = []
        self.title, self.told = QLabel(), QLabel()
        self.title.setProperty("role", "heading")
        self.told.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self.span = QComboBox()
        self.span.setAccessibleName("How far back")
        for words, minutes in SPANS:
            self.span.addItem(f"last {words}", minutes)
        self.span.setCurrentIndex(1)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Time on the track")
        self.slider.setSingleStep(10)
        self.slider.setPageStep(60)
        self.play_button = self._button("Play", "Let the track play, a minute a second, or stop it")
        self.close_button = self._button("Close", "Take the track off the map")
        self._row = QHBoxLayout(self)
        for widget in (self.title, self.span, self.play_button):
            self._row.addWidget(widget)
        self._row.addWidget(self.slider, 1)
        for widget in (self.told, self.close_button):
            self._row.addWidget(widget)
        self._timer = QTimer(self)
        self._timer.setInterval(PLAY_EVERY_MS)
        self._timer.timeout.connect(self._step)
        self.play_button.clicked.connect(self.toggle_play)
        self.close_button.clicked.connect(self.leave)
        self.slider.valueChanged.connect(self._show)
        self.span.activated.connect(lambda _at: self._again())
        self.restyle()
        self.hide()

    def _button(self, text: str, name: str) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(name)
        button.setToolTip(name)
        return button

    def restyle(self) -> None:
        self._row.setContentsMargins(px(8), px(3), px(8), px(3))
        self._row.setSpacing(px(8))

    def begin(self, unit: str) -> None:
        """Show a unit's track. Raises Refused where it has none in the time that is chosen."""
        now_ms = self._context.desk.clock.now_ms()
        back_ms = int(self.span.currentData()) * 60_000
        track = self._context.desk.store.track(unit, now_ms - back_ms, now_ms)
        if not track:
            raise Refused(
                f"{unit} has sent no position within the {self.span.currentText()}.",
                "No track is shown.",
                "Where it is said to be now was typed, or is its station.",
            )
        self.unit, self.track = unit, track
        self._points = [(position.lat, position.lon) for position in track]
        self.title.setText(f"Track of {unit}")
        self._stop()
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(1, round((track[-1].fixed_at - track[0].fixed_at) / 1000)))
        self.slider.setValue(self.slider.maximum())
        self.slider.blockSignals(False)
        self.show()
        self._show(self.slider.value())

    def leave(self) -> None:
        """The track goes off the map."""
        self._stop()
        self.track, self._points = (), []
        self.hide()
        self.moved.emit([], 0, "")

    def toggle_play(self) -> None:
        if self._timer.isActive():
            self._stop()
            return
        if self.slider.value() >= self.slider.maximum():
            self.slider.setValue(0)
        self.play_button.setText("Stop")
        self._timer.start()

    def _stop(self) -> None:
        self._timer.stop()
        self.play_button.setText("Play")

    def _step(self) -> None:
        self.slider.setValue(self.slider.value() + round(PLAY_SPEED * PLAY_EVERY_MS / 1000))
        if self.slider.value() >= self.slider.maximum():
            self._stop()

    def _again(self) -> None:
        try:
            self.begin(self.unit)
        except (Refused, Unavailable) as error:
            self._context.report_error(error)

    def _show(self, seconds: int) -> None:
        """The last position sent by then, with its time: between two of them nobody knows where it was."""
        if not self.track:
            return
        at_ms = self.track[0].fixed_at + seconds * 1000 + 999
        at = max(0, bisect_right(self.track, at_ms, key=lambda position: position.fixed_at) - 1)
        position = self.track[at]
        speed = f", {position.speed_mps * 3.6:.0f} km/h" if position.speed_mps is not None else ""
        self.told.setText(f"{clock_text(position.fixed_at)}{speed}")
        self.moved.emit(self._points, at, f"{self.unit} {clock_text(position.fixed_at)}")
