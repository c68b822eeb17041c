"""The coverage panel: how much of the area is covered, where it is not, and what would mend it; acted on by keys."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from core.desk import Change
from core.domain.commands import MoveUp as OrderMoveUp
from core.errors import ForedeskError
from widgets.context import DeskContext
from widgets.coverage.closing import RoadClosing
from widgets.coverage.follower import CoverageFollower
from widgets.coverage.lists import CLOSED, MOVES, ZONES, closure_rows, move_rows, zone_rows
from widgets.coverage.shares_bar import SharesBar
from widgets.coverage.timeline import TimeLine
from widgets.coverage.wording import minutes, per_cent, station_name, summary
from widgets.panels.keyed_table import Column, KeyedTable
from widgets.panels.notice import Notice, paragraph
from widgets.panels.rows_view import RowsView
from widgets.theme import px, sized

if TYPE_CHECKING:
    from widgets.coverage.survey import Figures, WeakZone
    from widgets.map.look import Mode

FILES = "Picture (*.png);;GeoJSON (*.geojson);;GeoPackage (*.gpkg)"
TARGETS_S = (240, 300, 480, 600, 720, 900, 1200)
MODES: "tuple[tuple[Mode, str], ...]" = (("off", "Nothing"), ("gaps", "Gaps"), ("counts", "Counts"))
NO_ROADS = "Coverage is counted along roads: it needs a map pack. The health strip says how that stands."
COUNTING = "Coverage is being counted."
NO_MOVE = "No move-up would raise coverage by 0.2 % or more."
NO_ZONE = "No zone is short of cover."
NO_CLOSED = "No road is closed. Ctrl+Shift+X closes one: point at it on the map."
KEYS = (
    "1 to 3 or Enter orders the move-up.",
    "Enter shows the zone on the map.",
    "Del reopens the road; Enter shows it.",
)


class CoveragePanel(QWidget):
    """`fly_wanted(lat, lon)` on request only; `said(sentence)` for the echo."""

    fly_wanted = Signal(float, float)
    said = Signal(str)

    def __init__(
        self, context: DeskContext, follower: CoverageFollower, closing: RoadClosing, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Coverage")
        self._context, self._follower, self._closing = context, follower, closing
        self._zones: dict[str, WeakZone] = {}
        self._names: dict[str, tuple[float, float, str]] = {}
        self.target, self.capability, self.teams = QComboBox(), QComboBox(), QComboBox()
        self.modes = [QPushButton(text) for _, text in MODES]
        self.export_button = QPushButton("Export")
        self.export_button.setAccessibleName("Export coverage to a file")
        self.share, self.about = QLabel(), paragraph("muted")
        self.share.setProperty("role", "figure")
        self.bar = SharesBar(context)
        self.tabs, self.pages = QTabBar(), QStackedWidget()
        self.moves = self._list(MOVES, "Move-ups that raise coverage most")
        self.zones = self._list(ZONES, "Zones with most uncovered")
        self.closed = self._list(CLOSED, "Closed roads")
        self.empty = [paragraph("muted", text) for text in (NO_MOVE, NO_ZONE, NO_CLOSED)]
        self.keys = paragraph("small")
        self.notice = Notice(context)
        self.time_line = TimeLine(context, follower)
        self._fill()
        self._lay_out()
        self._connect()
        self._show_settings()
        self._show_closures()
        self._show_figures(None)

    def _list(self, columns: tuple[Column, ...], name: str) -> RowsView:
        view = RowsView(self._context, KeyedTable(columns, self))
        view.setAccessibleName(name)
        return view

    def _fill(self) -> None:
        agency = self._context.desk.agency
        own = agency.coverage.target_s
        for seconds in sorted({*TARGETS_S, own}):
            self.target.addItem(minutes(seconds), seconds)
            if seconds == own:
                told = f"{minutes(seconds)}, the agency's own target"
                self.target.setItemData(self.target.count() - 1, told, Qt.ItemDataRole.ToolTipRole)
                self.target.setItemData(self.target.count() - 1, sized(13, bold=True), Qt.ItemDataRole.FontRole)
        self.capability.addItem("Any unit", "")
        for code, name in agency.capabilities.items():
            self.capability.addItem(name, code)
        for teams in (1, 2, 3):
            self.teams.addItem("1 team" if teams == 1 else f"{teams} teams", teams)
        for box, name in ((self.target, "Within"), (self.capability, "Capability"), (self.teams, "Number of teams")):
            box.setAccessibleName(name)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(6)
        for button, (_, text) in zip(self.modes, MODES, strict=True):
            button.setCheckable(True)
            button.setAccessibleName(f"On the map: {text.lower()}")
        for title in ("Move-ups", "Weak zones", "Closed roads"):
            self.tabs.addTab(title)
        self.tabs.setAccessibleName("Lists of coverage")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)

    def _lay_out(self) -> None:
        for view, empty in zip((self.moves, self.zones, self.closed), self.empty, strict=True):
            page = QWidget()
            rows = QVBoxLayout(page)
            rows.setContentsMargins(0, 0, 0, 0)
            empty.setContentsMargins(px(8), px(6), px(8), px(6))
            rows.addWidget(empty)
            rows.addWidget(view, 1)
            view.setMinimumHeight(px(84))
            self.pages.addWidget(page)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, px(6), 0, px(4))
        rows.setSpacing(px(6))
        rows.addLayout(self._row(self.capability, self.target, self.teams, stretch=0))
        rows.addLayout(self._row(self.share, self.about, stretch=1))
        rows.addLayout(self._row(self.bar))
        on_map = QLabel("On the map")
        on_map.setProperty("role", "muted")
        rows.addLayout(self._row(on_map, *self.modes, self.export_button))
        rows.addWidget(self.tabs)
        rows.addWidget(self.pages, 2)
        rows.addWidget(self.notice)
        rows.addLayout(self._row(self.keys))
        rows.addLayout(self._row(self.time_line), 1)

    @staticmethod
    def _row(*widgets: QWidget, stretch: int = -1) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(px(8), 0, px(8), 0)
        row.setSpacing(px(6))
        for at, widget in enumerate(widgets):
            row.addWidget(widget, 1 if stretch in (at, -1) else 0)
        return row

    def _connect(self) -> None:
        follower = self._follower
        follower.watched = self.isVisible
        follower.figures_changed.connect(self._show_figures)
        follower.settings_changed.connect(self._show_settings)
        self._context.notifier.changed.connect(self._on_change)
        self._context.notifier.tick.connect(lambda _now_ms: self._show_nothing_yet())
        for box in (self.target, self.capability, self.teams):
            box.activated.connect(lambda _index: self._choose())
        for button, (mode, _) in zip(self.modes, MODES, strict=True):
            button.clicked.connect(lambda _checked, mode=mode: follower.choose(replace(follower.settings, mode=mode)))
        self.export_button.clicked.connect(self.choose_file)
        follower.exported.connect(lambda path: self.said.emit(f"Coverage was written to {path}."))
        self.tabs.currentChanged.connect(self._turn)
        self.moves.activated_row.connect(lambda key: self.order(self._model(self.moves).row_of(key)))
        self.zones.activated_row.connect(self._fly_to_zone)
        self.closed.activated_row.connect(self._fly_to_closure)
        self._turn(0)

    # what it shows

    def _show_settings(self) -> None:
        chosen = self._follower.settings
        for box, value in (
            (self.target, chosen.target_s),
            (self.capability, chosen.capability),
            (self.teams, chosen.teams),
        ):
            box.setCurrentIndex(max(0, box.findData(value)))
        for button, (mode, _) in zip(self.modes, MODES, strict=True):
            button.setChecked(mode == chosen.mode)
        self._show_nothing_yet()

    def _choose(self) -> None:
        self._follower.choose(
            replace(
                self._follower.settings,
                target_s=self.target.currentData(),
                capability=self.capability.currentData(),
                teams=self.teams.currentData(),
            )
        )

    def _show_nothing_yet(self) -> None:
        if self._follower.figures is None:
            self.share.setText("")
            self.about.setText(NO_ROADS if self._context.engine is None else COUNTING)
            self.bar.show_shares((), 1)

    def _show_figures(self, figures: "Figures | None") -> None:
        if figures is None:
            self._show_nothing_yet()
            self._fill_lists(0, self.moves, [])
            self._fill_lists(1, self.zones, [])
            return
        self.share.setText(f"{per_cent(figures.covered)} %")
        self.about.setText(f"{summary(figures, self._follower.settings)}. {figures.note}".rstrip())
        self.share.setAccessibleName(f"{self.share.text()} {self.about.text()}")
        self.bar.show_shares(figures.shares, figures.teams)
        self._zones = {zone.name: zone for zone in figures.zones}
        self._fill_lists(0, self.moves, move_rows(figures.moves))
        self._fill_lists(1, self.zones, zone_rows(figures.zones, figures.unit, self._name_of))

    def _fill_lists(self, page: int, view: RowsView, rows: list) -> None:  # type: ignore[type-arg]
        self._model(view).show(rows, hold=view.held)
        shown = self._model(view).rowCount() > 0
        view.setVisible(shown)
        self.empty[page].setVisible(not shown and (page == 2 or self._follower.figures is not None))

    def _show_closures(self) -> None:
        closures = list(self._context.desk.board.closures.values())
        self._fill_lists(2, self.closed, closure_rows(closures))
        self.tabs.setTabText(2, f"Closed roads ({len(closures)})" if closures else "Closed roads")

    @staticmethod
    def _model(view: RowsView) -> KeyedTable:
        model = view.model()
        assert isinstance(model, KeyedTable)
        return model

    def _name_of(self, zone: "WeakZone") -> str:
        """A zone by what is in the middle of its gap, as people say it; looked up again when that has moved."""
        lat, lon, known = self._names.get(zone.name, (0.0, 0.0, ""))
        if not known or abs(lat - zone.lat) + abs(lon - zone.lon) > 0.002:
            gazetteer = self._context.gazetteer
            found = gazetteer.reverse(zone.lat, zone.lon) if gazetteer is not None else None
            known = f"near {found.text}" if found else f"zone {zone.name}"
            self._names[zone.name] = (zone.lat, zone.lon, known)
        return known

    def restyle(self) -> None:
        """Take the palette in force, where it is not Qt's own doing."""
        self.time_line.restyle()
        self.bar.update()

    def _turn(self, page: int) -> None:
        self.pages.setCurrentIndex(page)
        self.keys.setText(KEYS[page])

    # what it does

    def order(self, place: int) -> None:
        """Order the move-up at a place of the list."""
        moves = self._follower.figures.moves if self._follower.figures else ()
        key = self._model(self.moves).key_at(place)
        move = next((move for move in moves if f"{move.callsign}|{move.station}" == key), None)
        if move is not None:
            self.carry_out(move.callsign, move.station)

    def order_best(self) -> None:
        """The one key for what helps most."""
        move = self._follower.best_move()
        if move is None:
            self.said.emit(NO_MOVE if self._follower.figures else COUNTING)
        else:
            self.carry_out(move.callsign, move.station)

    def carry_out(self, callsign: str, station: str) -> None:
        try:
            self._context.desk.do(OrderMoveUp(callsign, station))
        except ForedeskError as error:
            self._context.report_error(error)
            return
        where = station_name(station)
        sentence = f"{callsign} is to move up to {where}: say so on the radio. It stays free. Ctrl+Z takes it back."
        self.notice.tell(sentence)
        self.said.emit(sentence)

    def choose_file(self) -> None:
        """Ask where to, and write coverage there in the format that the name says."""
        path, _ = QFileDialog.getSaveFileName(self, "Export coverage", "coverage.png", FILES)
        if path:
            self._follower.export(Path(path))

    def _fly_to_zone(self, key: str) -> None:
        zone = self._zones.get(key)
        if zone is not None:
            self.fly_wanted.emit(zone.lat, zone.lon)

    def _fly_to_closure(self, key: str) -> None:
        closure = self._context.desk.board.closures.get(key)
        if closure is not None:
            lat, lon = closure.points[len(closure.points) // 2]
            self.fly_wanted.emit(lat, lon)

    def _on_change(self, change: Change) -> None:
        if change.events:
            self._show_closures()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = event.key(), not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and Qt.Key.Key_1 <= key <= Qt.Key.Key_3 and self.pages.currentIndex() == 0:
            self.order(key - Qt.Key.Key_1)
        elif plain and key == Qt.Key.Key_E:
            self.choose_file()
        elif plain and key == Qt.Key.Key_Delete and self.pages.currentIndex() == 2 and self.closed.key_current():
            self._closing.reopen(self.closed.key_current())
        else:
            super().keyPressEvent(event)
