"""What every key of the keymap does in the main window, and the menu that offers the same to the mouse."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from core.domain.commandline import (
    VERBS,
    AcknowledgeFirst,
    Help,
    JoinServer,
    OpenIntake,
    OpenReport,
    PollUnit,
    Select,
    SendText,
    ShowConflicts,
    ShowRoute,
)
from core.domain.values import Caller
from core.errors import Refused, Unavailable
from widgets.coverage.follower import next_mode
from widgets.keymap import KEYMAP, card_html
from widgets.layouts import ARRANGEMENTS

if TYPE_CHECKING:
    from widgets.window import MainWindow


class WindowKeys:
    """One method per handler named in the keymap; `answer` is put in by whoever hosts an exercise."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self.answer: Callable[[], None] | None = None
        self._back: tuple[str, tuple[str, ...], QWidget | None] | None = None

    # calls

    def new_call(self) -> None:
        self.take_call(Caller())

    def take_call(self, caller: Caller) -> None:
        """Open the intake with what the telephone shows of the caller."""
        self._window.panes.cover()
        self._window.panes.intake.begin(caller)

    def resume_draft(self) -> None:
        self._window.panes.cover()
        self._window.panes.intake.resume_oldest()

    def answer_caller(self) -> None:
        if self.answer is None:
            self._window.bar.say("There is no exercise. F2 takes a call.")
        else:
            self.answer()

    def place_from_map(self, lat: float, lon: float) -> None:
        """A click on the ground closes a road when one is to be closed; it locates the call in hand, or the incident
        being moved; otherwise it means nothing.
        """
        if self._window.panes.closing.armed:
            self._window.panes.closing.close_at(lat, lon)
        elif self._window.panes.taking_call:
            self._window.panes.intake.set_location_from_map(lat, lon)
        else:
            self._window.panes.incident.set_location_from_map(lat, lon)

    def call_at(self, lat: float, lon: float) -> None:
        self.new_call()
        self._window.panes.intake.set_location_from_map(lat, lon)

    # dispatch

    def accept_recommendation(self) -> None:
        self._window.panes.recommendation.accept()

    def toggle(self, number: int) -> None:
        self._window.panes.recommendation.toggle(number - 1)

    def acknowledge_alarm(self) -> None:
        self._window.tray.acknowledge()

    def mute_alarms(self) -> None:
        self._window.tray.toggle_mute()

    def undo(self) -> None:
        self._window.bar.undo()

    def toggle_route(self) -> None:
        if self._window.map_follow is not None:
            self._window.map_follow.toggle_route()

    def order_move_up(self) -> None:
        self._window.panes.coverage.order_best()

    def close_road(self) -> None:
        self._window.panes.closing.arm()
        if self._window.panes.closing.armed:
            self._window.panes.focus_centre()
            if self._window.map_follow is not None:
                self._window.map_follow.view.take_keys()

    def reopen_road(self) -> None:
        self._window.panes.closing.reopen_last()

    def open_report(self) -> None:
        incident = self._window.context.selection.incident
        if incident:
            self._window.report_wanted.emit(incident)
        else:
            refused = Refused(
                "No incident is selected.",
                "Nothing was printed.",
                "Select one in the queue (F3), or type report and the number of a closed one.",
            )
            self._window.report_error(refused)

    def accept_proposal(self) -> None:
        self._window.tray.accept_proposal()

    def dismiss_proposal(self) -> None:
        self._window.tray.dismiss_proposal()

    # moving around

    def focus_command(self) -> None:
        self._window.activateWindow()
        self._window.bar.focus_line()

    def leave_line(self) -> None:
        """Esc in the command line: to the queue; what was typed stays."""
        self._window.panes.docks["queue"].focus_inside()

    def focus_queue(self) -> None:
        self._window.panes.docks["queue"].focus_inside()

    def focus_units(self) -> None:
        self._window.panes.docks["units"].focus_inside()

    def focus_incident(self) -> None:
        self._window.panes.docks["incident"].focus_inside()

    def show_on_map(self) -> None:
        if self._window.map_follow is not None:
            self._window.map_follow.fly_to_selected()

    def focus_coverage(self) -> None:
        dock, focused = self._window.panes.docks["coverage"], QApplication.focusWidget()
        if isinstance(focused, QWidget) and dock.isAncestorOf(focused):
            dock.hide()
            self._window.bar.focus_line()
        else:
            dock.focus_inside()

    def turn_coverage(self) -> None:
        follower = self._window.panes.follower
        follower.choose(next_mode(follower.settings))
        words = {"off": "no coverage", "gaps": "gaps in coverage", "counts": "how many teams reach each road"}
        self._window.bar.say(f"The map shows {words[follower.settings.mode]}.")

    def focus_map(self) -> None:
        self._window.panes.focus_centre()

    def toggle_ports(self) -> None:
        """To the radios' panel; from inside it, it goes and the keyboard goes to the command line."""
        if self._window.panes.ports_have_focus:
            self.put_ports_away()
        else:
            self.show_ports()

    def show_ports(self) -> None:
        self._window.panes.show_ports()

    def put_ports_away(self) -> None:
        self._window.panes.put_ports_away()
        self._window.bar.line.setFocus()

    def toggle_conflicts(self) -> None:
        """To the conflicts; from inside them, they go and the keyboard goes to the command line."""
        if self._window.panes.has_focus("conflicts"):
            self.put_conflicts_away()
        else:
            self.show_conflict("")

    def show_conflict(self, conflict: str) -> None:
        """The conflicts' panel, with this one's sides on show; "" for the most pressing."""
        panes = self._window.panes
        panes.show_tall("conflicts")
        if conflict:
            panes.conflicts.mark(conflict)
        else:
            panes.conflicts.mark_first_open()

    def put_conflicts_away(self) -> None:
        self._window.panes.put_away("conflicts")
        self._window.bar.line.setFocus()

    def toggle_away(self) -> None:
        card = self._window.sync.card
        if card.isVisible() and not card.has_focus:
            card.focus_inside()
        elif card.isVisible():
            card.put_away()
        else:
            self._window.bar.say("Nothing is waiting to be told: this desk was not away.")

    def toggle_server(self) -> None:
        self._window.sync.page.toggle()

    def show_models(self) -> None:
        """The models' window; made when it is first asked for."""
        from widgets.models.page import ModelsPage

        window = self._window
        if window.models is None:
            window.models = ModelsPage(window.context, window)
            window.models.page_wanted.connect(window.manual.open_at)
        window.models.open_page()

    def toggle_track(self) -> None:
        """Show where the selected unit has been, and play it; again, or Esc, ends it."""
        window = self._window
        if window.track_bar.isVisible():
            window.track_bar.leave()
            return
        chosen = window.context.selection
        incident = window.context.desk.board.incidents.get(chosen.incident)
        units = chosen.units or (tuple(a.unit for a in incident.active_assignments) if incident else ())
        try:
            if not units:
                raise Refused("No unit is selected.", "No track is shown.", "Select a unit (F4).")
            window.track_bar.begin(units[0])
        except (Refused, Unavailable) as error:
            window.report_error(error)

    def next_pane(self) -> None:
        self._window.panes.go_round(1)

    def previous_pane(self) -> None:
        self._window.panes.go_round(-1)

    def focus_health(self) -> None:
        segments = self._window.strip.segments
        worst = max(segments, key=lambda segment: segment.item.level if segment.item else 0, default=None)
        if worst is not None:
            worst.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def jump_to_news(self) -> None:
        self._window.tray.jump_to_first()

    def jump_to(self, incident: str, unit: str) -> None:
        """Select what the tray points to, and remember where the operator was."""
        chosen = self._window.context.selection
        self._back = (chosen.incident, chosen.units, QApplication.focusWidget())
        if unit:
            chosen.select_units((unit,))
        if incident:
            chosen.select_incident(incident)
            self._window.panes.docks["incident"].focus_inside()
        else:
            self._window.panes.docks["units"].focus_inside()

    def jump_back(self) -> None:
        if self._back is None:
            return
        (incident, units, focused), self._back = self._back, None
        self._window.context.selection.select_incident(incident)
        self._window.context.selection.select_units(units)
        if focused is not None and focused.isVisible():
            focused.setFocus()

    def clear_selection(self) -> None:
        self._window.context.selection.clear()
        if self._window.map_follow is not None:
            self._window.map_follow.hide_route()

    def one_level_out(self) -> None:
        """What is open closes first; then the selection is let go; then the keyboard goes to the command line."""
        window = self._window
        if window.overlay.isVisible():
            window.overlay.shut()
        elif window.popover.isVisible():
            window.popover.close_it()
        elif window.sync.page.isVisible():
            window.sync.page.shut()
        elif window.panes.closing.disarm():
            window.bar.say("No road was closed.")
        elif window.panes.ports_have_focus:
            self.put_ports_away()
        elif window.panes.has_focus("conflicts"):
            self.put_conflicts_away()
        elif window.sync.card.isVisible():
            window.sync.card.put_away()
        elif window.track_bar.isVisible() and not window.panes.taking_call:
            window.track_bar.leave()
        elif window.panes.taking_call:
            window.panes.intake.leave()
        elif window.context.selection.incident or window.context.selection.units:
            self.clear_selection()
        else:
            window.bar.focus_line()

    # the window

    def open_manual(self) -> None:
        self._window.manual.open_at(self._window.panes.page_of_focus())

    def toggle_overlay(self) -> None:
        self._window.overlay.toggle()

    def toggle_wall(self) -> None:
        self._window.wall.toggle()

    def layout(self, number: int) -> None:
        self._window.layouts.choose(number - 1)
        self._window.bar.say(f"Layout “{ARRANGEMENTS[number - 1].name}”.")

    def keep_layout(self) -> None:
        try:
            self._window.layouts.keep()
        except Unavailable as error:
            self._window.report_error(error)
        else:
            self._window.bar.say(f"Layout “{self._window.layouts.name}” is kept as it stands now.")

    def reset_layout(self) -> None:
        self._window.layouts.reset()
        self._window.bar.say(f"Layout “{self._window.layouts.name}” is as it came.")

    def larger(self) -> None:
        self._window.theme.step_scale(1)

    def smaller(self) -> None:
        self._window.theme.step_scale(-1)

    def normal_size(self) -> None:
        self._window.theme.step_scale(0)

    def toggle_scheme(self) -> None:
        self._window.theme.toggle()

    def print_card(self) -> None:
        self._window.card_wanted.emit(card_html())

    def close(self) -> None:
        self._window.close()

    # the command line's own requests

    def carry_out(self, action: object) -> None:
        """Something the command line asks of the window rather than of the desk."""
        chosen = self._window.context.selection
        match action:
            case Select():
                if action.unit:
                    chosen.select_units((action.unit,))
                elif incident := action.incident or self._past(action.number):
                    chosen.select_incident(incident)
            case ShowRoute():
                chosen.select_incident(action.incident)
                if self._window.map_follow is not None:
                    self._window.map_follow.toggle_route(action.unit)
            case OpenReport():
                if incident := action.incident or self._past(action.number):
                    self._window.report_wanted.emit(incident)
            case SendText() | PollUnit():
                self._speak(action)
            case _:
                self._open(action)

    def _open(self, action: object) -> None:
        match action:
            case OpenIntake():
                self.new_call()
                self._window.panes.intake.fields.location.edit.insert(action.text)
            case ShowConflicts():
                self.show_conflict("")
            case JoinServer():
                self._window.sync.page.open_page(action.address, action.code)
            case AcknowledgeFirst():
                self._window.tray.acknowledge()
            case Help():
                self._help(action.verb)

    def _speak(self, action: SendText | PollUnit) -> None:
        """Say something to a unit's radio."""
        window = self._window
        try:
            if window.context.avl is None:
                raise Refused("No radio is listened to.", "Nothing was sent.")
            if isinstance(action, SendText):
                window.context.avl.send_text(action.unit, action.text)
                window.bar.say(f"Sent to {action.unit}'s radio. Its answer comes among radios and GPS.")
            else:
                window.context.avl.poll(action.unit)
                window.bar.say(f"{action.unit}'s radio was asked where it is.")
        except (Refused, Unavailable) as error:
            window.report_error(error)

    def _past(self, number: str) -> str:
        """The id of an incident that has left the board; says so when there is none of that number."""
        found = self._window.context.desk.store.find_incident(number)
        if found is None:
            self._window.report_error(Refused(f"No incident has the number {number}."))
        return found or ""

    def _help(self, name: str) -> None:
        verb = next((verb for verb in VERBS if name and name in verb.names), None)
        if verb is None:
            self.toggle_overlay()
        else:
            self._window.bar.say(f"{verb.usage}: {verb.help} For example: {verb.example}")

    def handler(self, name: str) -> Callable[[], None]:
        """The method for a keymap handler; `toggle_3` and `layout_2` carry their number."""
        stem, _, number = name.rpartition("_")
        if stem in ("toggle", "layout") and number.isdigit():
            numbered: Callable[[int], None] = getattr(self, stem)
            return lambda: numbered(int(number))
        found: Callable[[], None] = getattr(self, name)
        return found


def shortcuts(window: "MainWindow", keys: WindowKeys) -> QMenu:
    """Make the window's actions from the keymap; returns the menu that holds them by section."""
    menu = QMenu("Menu", window)
    menus: dict[str, QMenu] = {}
    for entry in KEYMAP:
        if not entry.handler or entry.id == "out":
            continue  # Esc goes to the control that has the keyboard first and reaches the window last
        action = QAction(entry.label, window)
        action.setObjectName(entry.id)
        # Which signs need Shift depends on the keyboard, so a sign means the same with and without it.
        shifted = [f"Shift+{key}" for key in entry.keys if len(key) == 1]
        action.setShortcuts([QKeySequence(key) for key in (*entry.keys, *shifted)])
        action.setAutoRepeat(entry.id in ("next_pane", "previous_pane", "larger", "smaller"))
        action.triggered.connect(partial(_press, keys.handler(entry.handler)))
        window.addAction(action)
        if entry.id.startswith("toggle_") or entry.id == "command_typed":
            continue
        if entry.section not in menus:
            menus[entry.section] = menu.addMenu(entry.section)
        menus[entry.section].addAction(action)
    return menu


def _press(handler: Callable[[], None], _checked: bool = False) -> None:
    handler()
