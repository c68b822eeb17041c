"""Whom to send: ranked by road with reasons, ticked as recommended, sent by one key."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from core.desk import Change
from core.domain.board import Incident, Unit
from core.domain.commands import Assign
from core.errors import ForedeskError, Refused
from widgets.context import DeskContext
from widgets.docks import PanelHost
from widgets.panels.chooser import Chooser
from widgets.panels.notice import Notice, paragraph, set_role
from widgets.panels.recommendation_model import DIGITS, RecommendationModel, full_text
from widgets.panels.route_list import RouteList
from widgets.panels.rows_view import RowsView
from widgets.panels.times import count_text, elapsed_text
from widgets.panels.whole_lines import WholeLines
from widgets.theme import px

if TYPE_CHECKING:  # numba comes with the roads: the window stands before it is loaded
    from core.dispatch import Option, Recommendation
    from core.dispatch.recommend import Covers
    from core.roads.engine import Route
    from core.roads.unit_snaps import UnitSnaps

EMPTY = "No incident is selected. F3 goes to the queue, F2 takes a call."
CLOSED = "This incident is closed. Reopen it to send units."
NO_UNITS = "No unit is free, and none can be taken from a less urgent incident."
LOADING = "The road map is not loaded yet. ETAs appear when it is ready; the units are listed without them."
NO_MAP = "There is no map, so the units are listed without travel times. 1 to 9 tick those to send."
NO_ROSTER = "No unit is in the roster. The agency's file names the units."
KEYS = "Enter or F8 sends the ticked units.  1 to 9 or Space tick.  R shows the route in words."
ROOMY = 260  # design pixels of height from which the keys are told beside the button
RENEW_S = 5  # positions move the ETAs this often
RENEW_SOON_MS = 80  # changes that come together are worked out once


class RecommendationPanel(QWidget):
    """`sent(incident, units)` after units went; `route_wanted` with (lat, lon) pairs and a label, none to hide it.

    `considered(units, costs)`: the units that would go, and for each on show its callsign and capability. Who follows
    coverage answers by `covers`, and by `advise` with a sentence about the whole.
    """

    sent = Signal(str, tuple)
    considered = Signal(tuple, tuple)
    route_wanted = Signal(list, str)

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Recommendation")
        self._context = context
        self._snaps: UnitSnaps | None = None
        self._ticked: dict[str, bool] = {}  # what a person ticked or unticked, for this incident
        self._moved_on = False  # the incident itself has changed: what is recommended for it is ticked anew
        self._offered: frozenset[str] = frozenset()  # what is ticked because it is recommended
        self._renewed_at = 0
        self.found: Recommendation | None = None
        self.model = RecommendationModel(self)
        self.view = RowsView(context, self.model, lines=2)
        self.view.setAccessibleName("Recommended units")
        self.view.setAccessibleDescription(KEYS)
        self.covers: Covers | None = None
        self.about = paragraph("small")
        self.advice = paragraph("small")
        self.advice.hide()
        self.notes = paragraph("warning")
        self.empty = paragraph("muted", EMPTY)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.notice = Notice(context)
        self.chooser = Chooser(context)
        self.route = RouteList(context)
        self.send_button = QPushButton("Send   Enter")
        self.send_button.setProperty("role", "primary")
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(RENEW_SOON_MS)
        self._lay_out()
        self.setFocusProxy(self.view)
        self._connect()
        self._follow(context.selection.incident)

    def _lay_out(self) -> None:
        self._stack = QStackedLayout()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.empty)
        self._keys = paragraph("small", KEYS)
        foot = QHBoxLayout()
        foot.setContentsMargins(px(8), px(4), px(8), px(6))
        foot.setSpacing(px(8))
        foot.addWidget(self.send_button)
        foot.addWidget(self._keys, 1)
        foot.addStretch()
        upper = WholeLines()
        rows = QVBoxLayout(upper)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        for label in (self.about, self.advice, self.notes):
            label.setContentsMargins(px(8), px(4), px(8), px(2))
        rows.addWidget(self.notes)
        rows.addLayout(self._stack, 1)
        for widget in (self.about, self.advice, self.route, self.notice, self.chooser):
            rows.addWidget(widget)
        self._pin(upper, foot)

    def _pin(self, upper: QWidget, foot: QHBoxLayout) -> None:
        """What there is to read scrolls where it is too high; the button that sends stays in sight."""
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(PanelHost(upper))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._scroll, 1)
        rows.addLayout(foot)

    def _connect(self) -> None:
        context = self._context
        self._soon.timeout.connect(self.renew)
        self.view.released.connect(self.renew)
        self.view.activated_row.connect(lambda _key: self.accept())
        self.view.selectionModel().currentChanged.connect(lambda *_: self._tell_current())
        self.view.clicked.connect(lambda index: self.toggle(index.row()) if index.column() <= 1 else None)
        self.send_button.clicked.connect(self.accept)
        self.chooser.left.connect(self.view.setFocus)
        context.selection.incident_changed.connect(self._follow)
        context.notifier.changed.connect(self._on_change)
        context.notifier.tick.connect(self._on_tick)
        QApplication.instance().focusChanged.connect(self._follow_focus)  # type: ignore[union-attr]

    @property
    def incident(self) -> Incident | None:
        return self._context.desk.board.incidents.get(self._context.selection.incident)

    @property
    def ticked(self) -> tuple[str, ...]:
        """The units that would go, in the order shown."""
        return tuple(unit for unit in self.model.keys if self._is_ticked(unit))

    def toggle(self, place: int) -> None:
        """Tick or untick the unit at a place on screen, counted from 0."""
        unit = self.model.key_at(place)
        if unit and self.found and self.found.option(unit):
            self._ticked[unit] = not self._is_ticked(unit)
            self._show()

    def accept(self) -> None:
        """Send what is ticked; units that are at work elsewhere ask for the reason first."""
        incident, units = self.incident, self.ticked
        if not self.isVisible():
            unseen = "The recommendation is not in sight, so no unit was sent."
            self._context.report_error(
                Refused(unseen, do="Bring its panel into view, or name the units on the command line.")
            )
        elif incident is None:
            self.notice.tell(EMPTY, role="warning")
        elif not units:
            self.notice.tell("No unit is ticked, so none was sent. 1 to 9 tick units.", role="warning")
        elif taken := [unit for unit in units if (option := self._option(unit)) and option.preempts]:
            self._ask_reason(incident, units, taken)
        else:
            self._send(incident, units, "")

    def _ask_reason(self, incident: Incident, units: tuple[str, ...], taken: list[str]) -> None:
        board = self._context.desk.board
        numbers = [
            board.short(board.incidents[option.preempts])
            for unit in taken
            if (option := self._option(unit)) and option.preempts in board.incidents
        ]
        self.chooser.ask_text(
            f"{', '.join(taken)} would be taken from {', '.join(numbers)}. Reason:",
            lambda reason: self._send(incident, units, reason),
            hint="The reason is logged with the dispatch. Ctrl+Enter sends, Esc goes back.",
        )

    def _send(self, incident: Incident, units: tuple[str, ...], override: str) -> None:
        quotes = self.found.quotes(units) if self.found else ()
        try:
            self._context.desk.do(Assign(incident.id, units, quotes, override))
        except Refused as refused:
            self.renew()
            self.notice.tell_error(refused)
            return
        except ForedeskError as error:
            self.notice.tell_error(error)
            return
        self._ticked.clear()
        self._renew(keep_offered=False)
        self.notice.tell(
            f"Sent to {self._context.desk.board.short(incident)}: {', '.join(units)}. Ctrl+Z takes it back."
        )
        self.sent.emit(incident.id, units)

    def renew(self) -> None:
        """Work the recommendation out again; what is ticked does not change under a hand on the keys."""
        self._renew(keep_offered=self.view.held and not self._moved_on)
        self._moved_on = False

    def _renew(self, *, keep_offered: bool) -> None:
        incident, desk, engine = self.incident, self._context.desk, self._context.engine
        self._renewed_at = desk.clock.now_ms()
        self.found = None
        if incident is not None and incident.closed_at is None:
            from core.dispatch import recommend
            from core.roads.unit_snaps import UnitSnaps

            if engine is not None and (self._snaps is None or self._snaps.engine is not engine):
                self._snaps = UnitSnaps(engine)
            snaps = self._snaps if engine is not None else None
            found_at, covers = self._renewed_at, self.covers
            self.found = recommend(incident, desk.board, desk.agency, engine, found_at, snaps, covers)
            if self._context.expects is not None:
                from core.dispatch.expecting import with_expected

                self.found = with_expected(self.found, incident, desk.board, self._context.expects, found_at)
        if not keep_offered:
            self._offered = frozenset(self.found.chosen) if self.found else frozenset()
        self._show()

    def _show(self) -> None:
        desk, incident = self._context.desk, self.incident
        ticks = {option.unit: self._is_ticked(option.unit) for option in (self.found.options if self.found else ())}
        shown = {self.model.key_at(row) for row in range(self.model.rowCount())}
        # A list that is being keyed in keeps its order, but never at the cost of a unit that should stand in it.
        complete = all(o.unit in shown for o in (self.found.options[:DIGITS] if self.found else ()))
        self.model.refresh(self.found, ticks, desk.board, desk.agency, hold=self.view.held and complete)
        if self.model.rowCount():
            self._stack.setCurrentWidget(self.view)
        else:
            self.empty.setText(self._why_empty(incident))
            self._stack.setCurrentWidget(self.empty)
        self.notes.setText(self._notes_text())
        self.notes.setVisible(bool(self.notes.text()))
        served = bool(self.found and not self.found.chosen and not self.found.unfilled and self._context.engine)
        set_role(self.notes, "muted" if served else "warning")
        self._name_button()
        self._tell_current()
        self._consider()

    def _consider(self) -> None:
        """Tell who follows coverage what might be sent."""
        options = self.found.options[:DIGITS] if self.found else ()
        costs = tuple((o.unit, o.capability) for o in options if not o.preempts)
        free = tuple(unit for unit in self.ticked if (o := self._option(unit)) and not o.preempts)
        self.considered.emit(free, costs)

    def advise(self, sentence: str) -> None:
        """What sending the ticked units does to coverage, "" for nothing."""
        self.advice.setText(sentence)
        self.advice.setVisible(bool(sentence))

    def _follow_focus(self, _left: QWidget | None, _reached: QWidget | None) -> None:
        self._name_button()

    def _name_button(self) -> None:
        """What would go, and the key that sends it from where the keyboard is."""
        count = len(self.ticked)
        self.send_button.setEnabled(bool(count))
        what = ", ".join(self.ticked) if count <= 3 else count_text(count, "unit")
        focused = QApplication.focusWidget()
        here = isinstance(focused, QWidget) and self.isAncestorOf(focused) and not self.chooser.isAncestorOf(focused)
        self.send_button.setText(f"Send {what}   {'Enter' if here else 'F8'}" if count else "Nothing ticked")
        self.send_button.setAccessibleName(f"Send {', '.join(self.ticked) or 'nothing'}")

    def _why_empty(self, incident: Incident | None) -> str:
        if incident is None:
            return EMPTY
        if incident.closed_at is not None:
            return CLOSED
        return NO_UNITS if self._context.desk.board.units else NO_ROSTER

    def _notes_text(self) -> str:
        if self.found is None or not self._context.desk.board.units:
            return ""
        if self._context.engine is None:
            return LOADING if self._context.map_on_its_way else NO_MAP
        return " ".join(self.found.notes)

    def _tell_current(self) -> None:
        option = self._option(self.view.key_current() or self.model.key_at(0))
        self.about.setText(f"{option.unit}: {full_text(option, self._context.desk.board)}" if option else "")
        self.about.setVisible(bool(self.about.text()))

    def _option(self, unit: str) -> "Option | None":
        return self.found.option(unit) if self.found else None

    def _is_ticked(self, unit: str) -> bool:
        return self._ticked.get(unit, unit in self._offered) and self._option(unit) is not None

    def _follow(self, _incident: str) -> None:
        self._ticked.clear()
        self.notice.clear()
        self.chooser.hide()
        self.hide_route()
        self.model.show([])
        self._renew(keep_offered=False)

    def _on_change(self, change: Change) -> None:
        if self.incident is None or not (change.incidents or change.units):
            return
        if self.incident.id in change.incidents:
            self.notice.clear()  # what it said was about how things stood before
            self._moved_on = True
        self._soon.start()

    def _on_tick(self, now_ms: int) -> None:
        engine_came = self._context.engine is not None and self._snaps is None
        if self.incident is not None and (engine_came or now_ms - self._renewed_at >= RENEW_S * 1000):
            self.renew()

    def toggle_route(self) -> None:
        """The way of the unit that the keyboard is on, in words and on the map; or hide it again."""
        if not self.route.isHidden():
            self.hide_route()
            return
        unit = self._context.desk.board.units.get(self.view.key_current() or self.model.key_at(0))
        if unit is None or self.incident is None:
            return
        try:
            route = self._route_of(unit, self.incident)
        except Refused as refused:
            self.notice.tell_error(refused)
            return
        self.route.show_route(unit.callsign, route)
        self.route_wanted.emit(route.points, f"{unit.callsign} {elapsed_text(route.time_ms / 1000)}")

    def hide_route(self) -> None:
        if not self.route.isHidden():
            self.route.hide()
            self.route_wanted.emit([], "")

    def _route_of(self, unit: Unit, incident: Incident) -> "Route":
        from core.roads.snap import NotOnRoad

        engine, place = self._context.engine, incident.location
        if engine is None or self._snaps is None:
            raise Refused(LOADING if self._context.map_on_its_way else "There is no map.", "No route is shown.")
        if place.lat is None or place.lon is None:
            raise Refused(
                "The location has no place on the map yet.", "No route is shown.", "L in the incident sets it."
            )
        station = self._context.desk.agency.stations.get(unit.station)
        at = unit.position or station
        if at is None:
            raise Refused(f"The position of {unit.callsign} is not known.", "No route is shown.")
        source, target = self._snaps.of(unit.callsign, at.lat, at.lon), engine.snap(place.lat, place.lon)
        for end in (source, target):
            if isinstance(end, NotOnRoad):
                raise Refused(end.sentence, "No route is shown.")
        assert not isinstance(source, NotOnRoad)
        assert not isinstance(target, NotOnRoad)
        siren = self._context.desk.agency.drives_with_siren(unit.kind, incident.priority)
        return engine.route(source, target, siren)

    def minimumSizeHint(self) -> QSize:
        """The button and a line above it: the rest scrolls."""
        return QSize(self.send_button.sizeHint().width() + px(16), self.send_button.sizeHint().height() + px(34))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keys.setVisible(self.height() >= px(ROOMY))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = event.key(), not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            self.toggle(key - Qt.Key.Key_1)
        elif plain and key == Qt.Key.Key_Space:
            self.toggle(self.model.row_of(self.view.key_current()))
        elif plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.accept()
        elif plain and key == Qt.Key.Key_R:
            self.toggle_route()
        elif key == Qt.Key.Key_Escape and not self.route.isHidden():
            self.hide_route()
        else:
            super().keyPressEvent(event)


__all__ = ["DIGITS", "RecommendationPanel"]
