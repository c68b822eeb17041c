"""The desk's radios for as long as its window is open: ports on their threads, their reports on the desk's."""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import randbelow
from threading import Thread

import msgspec
from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from core.avl.devices import Device, Heard, Stranger, suggested_unit
from core.avl.outgoing import poll_of, reachable, text_to
from core.avl.port_row import PortRow, RadioLine
from core.avl.proposals import Proposal, Proposals
from core.desk import Desk
from core.errors import ForedeskError, Refused, Unavailable
from sync.ports import FoundPort, PortKind, Ports, PortSettings, found_ports, parse_address
from workstation.avl.desk_side import DeskSide
from workstation.avl.dialects import Registry
from workstation.avl.rows import row_of_found, row_of_status

SETTING = "avl ports"
DRAIN_EVERY_MS = 20
MOST_AT_ONCE = 400  # reports per turn of the window's loop
MOST_WAITING = 200_000

log = logging.getLogger(__name__)


def wall_ms() -> int:
    """UTC by the machine's clock: what devices' own times are compared with. Any thread may ask."""
    return time.time_ns() // 1_000_000


class AvlSession(QObject):
    """What the window's port view controls. `came` after a batch has reached the desk, `proposed` when it asks."""

    came = Signal()
    proposed = Signal()
    _woken = Signal()

    def __init__(
        self,
        desk: Desk,
        report: Callable[[ForedeskError], None],
        *,
        capture_folder: Path,
        find: Callable[[], tuple[FoundPort, ...]] = found_ports,
        now_ms: Callable[[], int] = wall_ms,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self._report, self._find = desk, report, find
        self.desk_side = DeskSide(desk, report)
        self._registry = Registry()
        self._ports = Ports(self._arrive, self._registry, now_ms, capture_folder)
        self._inbox: deque[Heard] = deque(maxlen=MOST_WAITING)
        self._found: tuple[FoundPort, ...] = ()
        self._looking: Thread | None = None
        self._is_woken = False
        self._since_drain = QElapsedTimer()
        self._since_drain.start()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._drain)
        self._woken.connect(self._on_wake)

    # the ports' threads

    def _arrive(self, batch: list[Heard]) -> None:
        self._inbox.extend(batch)
        if not self._is_woken:
            self._is_woken = True
            self._woken.emit()

    # the desk's thread

    def _on_wake(self) -> None:
        """At once after a pause, and in batches while there is much."""
        if not self._soon.isActive():
            self._soon.start(max(0, DRAIN_EVERY_MS - self._since_drain.elapsed()))

    def _drain(self) -> None:
        self._is_woken = False
        self._since_drain.restart()
        batch: list[Heard] = []
        while self._inbox and len(batch) < MOST_AT_ONCE:
            batch.append(self._inbox.popleft())
        if batch:
            before = self.proposals.items
            self.desk_side.take(batch)
            self.came.emit()
            if self.proposals.items != before:
                self.proposed.emit()
        if self._inbox:
            self._soon.start(0)

    def begin(self) -> None:
        """Listen to everything that was listened to when the desk was last left."""
        kept = self._desk.store.get_setting(SETTING)
        try:
            known = msgspec.json.decode(kept, type=list[PortSettings]) if kept else []
        except msgspec.ValidationError as error:
            log.warning("The ports that were kept cannot be read: %s", error)
            return
        for settings in known:
            self._ports.open(settings)

    def shut(self) -> None:
        """Close all ports; what they had read reaches the desk."""
        self._ports.shut()
        while self._inbox:
            self._drain()
        self._soon.stop()

    # what the view shows

    def look_for_ports(self) -> None:
        """Look at the machine's serial ports beside the window: on some systems that takes its time."""
        if self._looking is None or not self._looking.is_alive():
            self._looking = Thread(target=self._look, name="looking for ports", daemon=True)
            self._looking.start()

    def _look(self) -> None:
        self._found = self._find()

    def rows(self) -> list[PortRow]:
        """Sources listened to, then serial ports that could be."""
        statuses = self._ports.statuses()
        counts = self.desk_side.follower.counts
        rows = [row_of_status(status, counts, self._registry.title) for status in statuses]
        opened = {status.settings.key for status in statuses} | {status.settings.address for status in statuses}
        free = [port for port in self._found if port.key not in opened and port.device not in opened]
        return [*rows, *(row_of_found(port) for port in free)]

    def open_rows(self) -> list[PortRow]:
        """Sources listened to: cheap enough to ask every second."""
        counts = self.desk_side.follower.counts
        return [row_of_status(status, counts, self._registry.title) for status in self._ports.statuses()]

    @property
    def strangers(self) -> Sequence[Stranger]:
        """Devices that belong to no unit, the last heard first."""
        return tuple(reversed(self.desk_side.book.strangers.values()))

    @property
    def devices(self) -> Sequence[Device]:
        return tuple(device for device in self.desk_side.book.devices if device.unit)

    @property
    def lines(self) -> Sequence[RadioLine]:
        return self.desk_side.lines

    @property
    def proposals(self) -> Proposals:
        return self.desk_side.proposals

    def protocols(self) -> list[tuple[str, str]]:
        """(name, title) of every protocol that can be set by hand."""
        return self._registry.titles()

    def suggested(self, stranger: Stranger) -> str:
        return suggested_unit(stranger, self._desk.board, self.desk_side.book)

    # what the view does; each may raise Refused or Unavailable

    def open(self, key_or_address: str) -> str:
        """Listen to a found port by its key, or to an address as typed; returns the source's key."""
        found = next((port for port in self._find() if key_or_address in (port.key, port.device)), None)
        settings = found.settings() if found else parse_address(key_or_address)
        self._ports.open(settings)
        self._keep()
        return settings.key

    def close(self, key: str) -> None:
        self._ports.close(key)
        self._keep()

    def adjust(self, key: str, baud: int, protocol: str) -> None:
        """Set speed and protocol by hand; 0 and "" work them out again."""
        settings = self._settings(key)
        self._ports.open(msgspec.structs.replace(settings, baud=baud, protocol=protocol))
        self._keep()

    def capture(self, key: str, on: bool) -> None:
        """Begin or end keeping the raw bytes, without closing the port. Not kept over a restart: disks fill."""
        port = self._ports.find(key)
        if port is not None:
            port.capture(on)

    def adopt(self, key: str, callsign: str) -> Device:
        """The device is that unit's from now on; its next report moves the unit."""
        wanted = callsign.strip().upper()
        if wanted not in self._desk.board.units:
            raise Refused(f"There is no unit {wanted or 'without a callsign'}.", do="Type the callsign of a unit.")
        self.desk_side.follower.judge.forget(wanted)
        return self.desk_side.book.adopt(key, wanted)

    def ignore(self, key: str) -> None:
        self.desk_side.book.ignore(key)

    def release(self, key: str) -> None:
        """The device belongs to no unit any more."""
        self.desk_side.book.release(key)

    def send_text(self, callsign: str, text: str) -> None:
        """Pass a text to the unit's radio; its answer comes among the lines."""
        device = self._reachable(callsign)
        self._send(callsign, device, text_to(device, text, 1 + randbelow(2**31)))
        self.desk_side.note(callsign, f"To {callsign}: {text}")

    def poll(self, callsign: str) -> None:
        """Ask the unit's radio where it is; the position comes as any other does."""
        device = self._reachable(callsign)
        self._send(callsign, device, poll_of(device))

    def _reachable(self, callsign: str) -> Device:
        devices = reachable(self.desk_side.book.of_unit(callsign))
        if not devices:
            raise Refused(f"{callsign} has no radio that can be sent to.", "Nothing was sent.", "Call it by voice.")
        return devices[0]

    def _send(self, callsign: str, device: Device, data: bytes) -> None:
        port = self._ports.find(self.desk_side.book.last_port.get(device.key, ""))
        if port is None or not port.status().state.is_open:
            raise Refused(
                f"{callsign}'s radio has not been heard on an open port.", "Nothing was sent.", "Call it by voice."
            )
        port.send(data)

    def accept_proposal(self) -> Proposal | None:
        return self.desk_side.accept()

    def dismiss_proposal(self) -> Proposal | None:
        return self.desk_side.dismiss()

    def _settings(self, key: str) -> PortSettings:
        port = self._ports.find(key)
        if port is None:
            raise Refused("That port is not listened to.", do="Press Enter on it first.")
        return port.settings

    def _keep(self) -> None:
        try:
            # A recording is not played again by itself at the next start.
            lasting = [settings for settings in self._ports.settings if settings.kind is not PortKind.FILE]
            kept = msgspec.json.encode(lasting).decode()
            self._desk.store.put_setting(SETTING, kept)
        except Unavailable as trouble:
            self._report(trouble)
