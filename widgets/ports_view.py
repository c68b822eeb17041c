"""Radios and receivers: which ports are listened to and how each stands, and devices that belong to no unit yet."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.avl.port_row import PortRow
from core.errors import ForedeskError, Refused, Unavailable
from widgets.avl_control import AvlControl
from widgets.context import DeskContext
from widgets.elided import ElidedLabel
from widgets.panels.notice import Notice, paragraph
from widgets.panels.rows_view import RowsView
from widgets.panels.times import count_text, minute_text
from widgets.ports_model import PortsModel, StrangersModel, device_name, port_sentences
from widgets.theme import monospaced, px

LOOK_EVERY_MS = 3_000  # for ports that were plugged in, while the panel is on show
BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
KEYS = "Ports: Enter listens, X stops, R records.  Unknown devices: Enter adopts, I ignores."
NO_PORTS = "No serial port is plugged in. Plug a device in, or type an address such as tcp://gateway:5017."
NO_STRANGERS = "Every device that was heard belongs to a unit."
NO_RADIOS = "This window has no radios to show."


class PortsPanel(QWidget):
    """Follows the desk's tick while it is on show; letters act on the list that has the keyboard, see KEYS."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Radios and GPS")
        self._context = context
        self.ports_model, self.strangers_model = PortsModel(self), StrangersModel(self)
        self.ports = RowsView(context, self.ports_model, lines=2)
        self.ports.setAccessibleName("Ports")
        self.strangers = RowsView(context, self.strangers_model, lines=2)
        self.strangers.setAccessibleName("Unknown devices")
        self.notice = Notice(context)
        self.detail = paragraph("small")
        self.heard = ElidedLabel()
        self.heard.setProperty("role", "muted")
        self.lines = ElidedLabel()
        self.lines.setProperty("role", "small")
        self.address = QLineEdit()
        self.address.setPlaceholderText("tcp://host:port, udp://:port, file:log …")
        self.address.setAccessibleName("Address to listen to")
        self.baud, self.protocol = QComboBox(), QComboBox()
        self.callsign = QLineEdit()
        self.callsign.setPlaceholderText("Unit")
        self.callsign.setAccessibleName("Unit that the device belongs to")
        self._rows: dict[str, PortRow] = {}
        self._look = QTimer(self)
        self._look.setInterval(LOOK_EVERY_MS)
        self._make_buttons()
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.ports)

    def _make_buttons(self) -> None:
        self.listen_button = self._button("Listen", "Listen to the address, or to the chosen port", self._listen)
        self.record_button = self._button("Record", "Keep the raw bytes of the chosen port, or end that", self.record)
        self.stop_button = self._button("Stop", "Stop listening to the chosen port", self.stop)
        self.adopt_button = self._button("Adopt", "Adopt the chosen device for that unit", self.adopt)
        self.ignore_button = self._button("Ignore", "Show the chosen device no more", self.ignore)
        self.baud.setAccessibleName("Speed of the chosen port")
        self.baud.addItem("Speed: find out", 0)
        for baud in BAUDS:
            self.baud.addItem(f"{baud} baud", baud)
        self.protocol.setAccessibleName("Protocol of the chosen port")
        self.protocol.addItem("Protocol: find out", "")
        for box in (self.baud, self.protocol):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(10)
        control = self._context.avl
        for name, title in control.protocols() if control else []:
            self.protocol.addItem(title, name)

    def _button(self, text: str, name: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.clicked.connect(act)
        return button

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(px(2))
        self.no_ports, self.no_strangers = paragraph("muted", NO_PORTS), paragraph("muted", NO_STRANGERS)
        keys = paragraph("small", KEYS)
        for label in (self.detail, self.no_ports, self.no_strangers, keys):
            label.setContentsMargins(px(8), 0, px(8), px(2))
        self.devices_title = _section("Unknown devices")
        rows.addWidget(self.no_ports)
        rows.addWidget(self.ports, 3)
        rows.addWidget(self.detail)
        rows.addLayout(_row(self.heard))
        rows.addLayout(_row(self.baud, self.protocol, self.record_button, self.stop_button))
        rows.addLayout(_row(self.address, self.listen_button))
        rows.addWidget(self.notice)
        rows.addWidget(self.devices_title)
        rows.addWidget(self.no_strangers)
        rows.addWidget(self.strangers, 2)
        rows.addLayout(_row(self.callsign, self.adopt_button, self.ignore_button))
        rows.addLayout(_row(self.lines))
        rows.addWidget(keys)

    def _connect(self) -> None:
        self._look.timeout.connect(self._look_around)
        self._context.notifier.tick.connect(self._on_tick)
        for view in (self.ports, self.strangers):
            view.picked.connect(lambda _keys: self._show_chosen())
            view.released.connect(self.refresh)
        self.ports.activated_row.connect(self.listen_to)
        self.strangers.activated_row.connect(lambda _key: self.adopt())
        self.address.returnPressed.connect(self._listen)
        self.callsign.returnPressed.connect(self.adopt)
        self.baud.activated.connect(lambda _at: self._adjust())
        self.protocol.activated.connect(lambda _at: self._adjust())

    # what is on show

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.heard.setFont(monospaced(11))
        completer = QCompleter(sorted(self._context.desk.board.units), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.callsign.setCompleter(completer)
        self._look.start()
        self._look_around()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._look.stop()

    def _look_around(self) -> None:
        if self._context.avl is not None:
            self._context.avl.look_for_ports()
        self.refresh()

    def _on_tick(self, _now_ms: int) -> None:
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Bring both lists and what is under them up to date."""
        control = self._context.avl
        if control is None:
            self.no_ports.setText(NO_RADIOS)
            return
        now_ms = self._context.desk.clock.now_ms()
        rows = control.rows()
        self._rows = {row.key: row for row in rows}
        self.ports_model.refresh(rows, now_ms, hold=self.ports.held)
        strangers = [(stranger, control.suggested(stranger)) for stranger in control.strangers]
        self.strangers_model.refresh(strangers, self._names(), now_ms, hold=self.strangers.held)
        for view, empty, any_row in ((self.ports, self.no_ports, rows), (self.strangers, self.no_strangers, strangers)):
            view.setVisible(bool(any_row))
            empty.setVisible(not any_row)
        known = f", {count_text(len(control.devices), 'device')} adopted" if control.devices else ""
        self.devices_title.setText(f"Unknown devices: {len(strangers)}{known}".upper())
        if rows and not self.ports.keys_selected():
            self.ports.mark((rows[0].key,))
        if strangers and not self.strangers.keys_selected():
            self.strangers.mark((strangers[0][0].key,))
            self._suggest()
        self._show_chosen()
        last = control.lines[-1] if control.lines else None
        self.lines.say(f"{minute_text(last.at)} {last.sentence}" if last else "")
        self.lines.setVisible(last is not None)

    def _names(self) -> dict[str, str]:
        return {key: row.name for key, row in self._rows.items()}

    def _show_chosen(self) -> None:
        chosen = self._chosen()
        self.detail.setText("\n".join(port_sentences(chosen)) if chosen else "")
        self.heard.say(chosen.heard if chosen else "")
        self.heard.setVisible(bool(chosen and chosen.heard))
        is_open = chosen is not None and chosen.is_open
        for widget in (self.baud, self.protocol, self.record_button, self.stop_button):
            widget.setEnabled(is_open)
        if chosen is not None:
            self.record_button.setText("End record" if chosen.capturing else "Record")
            for box, value in ((self.baud, chosen.baud_set), (self.protocol, chosen.protocol_set)):
                if not box.hasFocus():
                    box.setCurrentIndex(max(0, box.findData(value)))
        some = bool(self.strangers.keys_selected())
        self.adopt_button.setEnabled(some)
        self.ignore_button.setEnabled(some)
        if not self.callsign.hasFocus():
            self._suggest()

    def _suggest(self) -> None:
        control, key = self._context.avl, self._stranger()
        stranger = next((each for each in control.strangers if each.key == key), None) if control else None
        unit = control.suggested(stranger) if control and stranger else ""
        if self.callsign.text() != unit:
            self.callsign.setText(unit)

    def _chosen(self) -> PortRow | None:
        keys = self.ports.keys_selected()
        return self._rows.get(keys[0]) if keys else None

    def _stranger(self) -> str:
        keys = self.strangers.keys_selected()
        return keys[0] if keys else ""

    # what is done

    def listen_to(self, key_or_address: str) -> None:
        """Listen to a found port or an address; a port that is listened to already stays as it is."""
        known = self._rows.get(key_or_address)
        if known is None or not known.is_open:
            self._act(lambda control: self.ports.mark((control.open(key_or_address),)))

    def _listen(self) -> None:
        typed, chosen = self.address.text().strip(), self._chosen()
        if typed:
            self.listen_to(typed)
            self.address.clear()
        elif chosen is not None:
            self.listen_to(chosen.key)

    def stop(self) -> None:
        chosen = self._chosen()
        if chosen is not None and chosen.is_open:
            self._act(lambda control: control.close(chosen.key))

    def record(self) -> None:
        chosen = self._chosen()
        if chosen is not None and chosen.is_open:
            self._act(lambda control: control.capture(chosen.key, not chosen.capturing))

    def _adjust(self) -> None:
        chosen = self._chosen()
        if chosen is not None and chosen.is_open:
            baud, protocol = int(self.baud.currentData()), str(self.protocol.currentData())
            self._act(lambda control: control.adjust(chosen.key, baud, protocol))

    def adopt(self) -> None:
        """The chosen device for the unit in the field; without one the field waits for it."""
        key, unit = self._stranger(), self.callsign.text().strip()
        if not key:
            return
        if not unit:
            self.callsign.setFocus()
            return
        if self._act(lambda control: control.adopt(key, unit)):
            name = device_name(key, self._names())
            self.notice.tell(f"{name[0].upper()}{name[1:]} is {unit.upper()}'s from now on.")

    def ignore(self) -> None:
        key = self._stranger()
        if key:
            self._act(lambda control: control.ignore(key))

    def _act(self, act: Callable[[AvlControl], object]) -> bool:
        control = self._context.avl
        if control is None:
            return False
        try:
            act(control)
        except (Refused, Unavailable) as error:
            self._tell(error)
            return False
        self.notice.clear()
        self.refresh()
        return True

    def _tell(self, error: ForedeskError) -> None:
        self.notice.tell_error(error)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        on_ports, on_strangers = self.ports.hasFocus(), self.strangers.hasFocus()
        acts = {Qt.Key.Key_X: (on_ports, self.stop), Qt.Key.Key_R: (on_ports, self.record)}
        acts[Qt.Key.Key_I] = (on_strangers, self.ignore)
        here, act = acts.get(Qt.Key(event.key()), (False, self.stop))
        if here and not event.modifiers():
            act()
        else:
            super().keyPressEvent(event)


def _section(text: str) -> QLabel:
    label = QLabel(text.upper())
    label.setProperty("role", "section")
    label.setContentsMargins(px(8), px(6), px(8), 0)
    return label


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(px(8), px(2), px(8), px(2))
    row.setSpacing(px(6))
    for widget in widgets:
        row.addWidget(widget, 1 if isinstance(widget, QLineEdit | QComboBox | QLabel) else 0)
    return row
