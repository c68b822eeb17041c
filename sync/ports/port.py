"""One source on a thread of its own: opens it, listens, decodes, hands reports over, and reopens it after trouble."""

import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import msgspec
from msgspec import Struct

from core.avl.devices import Heard
from core.avl.reports import AvlFix, Report
from sync.ports.capture import Capture, capture_path
from sync.ports.opening import open_wire
from sync.ports.settings import PortKind, PortSettings
from sync.ports.states import PortState, PortTrouble
from sync.ports.stream import Dialects, Stream
from sync.ports.wires import Chunk, SerialWire, Wire

BAUDS = (9600, 4800, 38400, 115200, 19200, 57600)
PAUSE_S = 0.33  # after so long without a byte a message is whole
SILENT_AFTER_MS = 60_000
KEEPALIVE_MS = 300_000
BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 8.0, 10.0)
MOST_SENDERS = 256
TAIL = 160  # bytes shown as last heard

log = logging.getLogger(__name__)
Deliver = Callable[[list[Heard]], None]
Open = Callable[[PortSettings, int], Wire]


class PortStatus(Struct, frozen=True):
    """A port as it stands; `evidence` says how protocol and speed came to be known. Times are UTC ms, 0 for never."""

    settings: PortSettings
    state: PortState
    detail: str
    since: int
    baud: int
    protocol: str
    evidence: str
    bytes_in: int
    messages: int
    refused: int
    heard_at: int
    tail: bytes
    capturing: str
    senders: int


class Port:
    """`deliver` is called on the port's thread and must return at once. Nothing here is ever locked."""

    def __init__(
        self,
        settings: PortSettings,
        deliver: Deliver,
        dialects: Dialects,
        now_ms: Callable[[], int],
        *,
        capture_folder: Path | None = None,
        open_: Open = open_wire,
    ) -> None:
        self.settings = settings
        self._deliver, self._dialects, self._now_ms, self._open = deliver, dialects, now_ms, open_
        self._capture_folder = capture_folder
        self._capture: Capture | None = None
        self._wish_capture = settings.capture
        self._stop = Event()
        self._outbox: deque[bytes] = deque(maxlen=64)
        self._streams: dict[str, Stream] = {}
        self._state, self._detail, self._since = PortState.STARTING, "", now_ms()
        self._bauds = dialects.bauds(settings.protocol) or BAUDS
        self._baud = settings.baud or self._bauds[0]
        self._greeted: set[str] = set()
        self._spoke_at = 0
        self._bytes_in = self._heard_at = 0
        self._tail = b""
        self._first_fix: tuple[int, int] | None = None
        self._thread = Thread(target=self._run, name=f"port {settings.name}", daemon=True)

    # from any thread

    def start(self) -> None:
        self._thread.start()

    def stop(self, wait_s: float = 2.0) -> None:
        """Close the port; returns when it is closed, or after `wait_s`."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(wait_s)

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def send(self, data: bytes) -> None:
        """Write these bytes as soon as the port can; what waits longer than 64 messages is dropped, oldest first."""
        self._outbox.append(data)

    def capture(self, on: bool) -> None:
        """Begin or end keeping the raw bytes."""
        self._wish_capture = on

    def status(self) -> PortStatus:
        streams = tuple(self._streams.values())
        stream = streams[0] if streams else None
        capture = self._capture
        return PortStatus(
            self.settings,
            self._state,
            self._detail,
            self._since,
            self._baud if self.settings.kind is PortKind.SERIAL else 0,
            stream.protocol if stream else self.settings.protocol,
            stream.evidence if stream else "",
            self._bytes_in,
            sum(each.messages for each in streams),
            sum(each.refused for each in streams),
            self._heard_at,
            self._tail,
            str(capture.path) if capture else "",
            len(streams),
        )

    # on the port's thread

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            heard_before = self._bytes_in
            try:
                self._listen()
            except PortTrouble as trouble:
                self._tell(trouble.state, trouble.detail)
            if self._state is PortState.ENDED:
                break
            failures = 0 if self._bytes_in > heard_before else failures + 1
            self._stop.wait(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
        self._end_capture()
        if self._state is not PortState.ENDED:
            self._tell(PortState.STOPPED, "")

    def _listen(self) -> None:
        wire = self._open(self.settings, self._baud)
        try:
            opened_at = self._now_ms()
            self._greeted.clear()
            self._tell(PortState.LISTENING, "")
            while not self._stop.is_set():
                self._speak(wire)
                chunks = wire.read(PAUSE_S)
                now_ms = self._now_ms()
                if chunks:
                    self._take(chunks, now_ms)
                else:
                    self._pause(now_ms, max(opened_at, self._heard_at))
                self._look_after(wire)
        finally:
            self._end_streams()
            wire.close()

    def _speak(self, wire: Wire) -> None:
        """Send what waits; and first what makes a device of the protocol, set or found, speak."""
        spoken = {self.settings.protocol, *(stream.protocol for stream in self._streams.values())}
        if self.settings.kind is not PortKind.FILE and (fresh := spoken - self._greeted):
            self._greeted |= fresh
            self._spoke_at = self._now_ms()
            self._outbox.extendleft(filter(None, map(self._dialects.greeting, fresh)))
        if self._now_ms() - self._spoke_at >= KEEPALIVE_MS:
            self._spoke_at = self._now_ms()
            self._outbox.extend(filter(None, map(self._dialects.keepalive, spoken)))
        while self._outbox:
            wire.write(self._outbox.popleft())

    def _take(self, chunks: list[Chunk], now_ms: int) -> None:
        self._heard_at = now_ms
        for sender, data, ended in chunks:
            self._bytes_in += len(data)
            self._tail = (self._tail + data)[-TAIL:]
            self._keep(data, now_ms)
            stream = self._streams.get(sender) or self._welcome(sender)
            reports = stream.take(data, now_ms)
            if ended:
                reports = [*reports, *stream.end(now_ms)]
            self._hand_over(sender, stream, reports, now_ms)

    def _welcome(self, sender: str) -> Stream:
        if len(self._streams) >= MOST_SENDERS:
            del self._streams[next(iter(self._streams))]
        stream = self._streams[sender] = Stream(self._dialects, self.settings.protocol)
        return stream

    def _pause(self, now_ms: int, quiet_since: int) -> None:
        for sender, stream in self._streams.items():
            self._hand_over(sender, stream, stream.end(now_ms), now_ms)
        if now_ms - quiet_since >= SILENT_AFTER_MS and self._state.is_open:
            self._tell(PortState.SILENT, "Nothing has come for a minute.")
        if self._capture is not None:
            self._capture.flush()

    def _hand_over(self, sender: str, stream: Stream, reports: list[Report], now_ms: int) -> None:
        if reports:
            key = f"{self.settings.key}#{sender}" if sender else self.settings.key
            if self.settings.kind is PortKind.FILE and self.settings.speed > 0:
                reports = [self._as_if_now(report, now_ms) for report in reports]
            self._deliver([Heard(key, stream.protocol, now_ms, report) for report in reports])

    def _as_if_now(self, report: Report, now_ms: int) -> Report:
        """A recording's fixes keep their distances in time, and begin now."""
        if not isinstance(report, AvlFix) or report.fixed_at is None:
            return report
        if self._first_fix is None:
            self._first_fix = (report.fixed_at, now_ms)
        recorded, began = self._first_fix
        since = (report.fixed_at - recorded) / self.settings.speed
        return msgspec.structs.replace(report, fixed_at=min(now_ms, began + round(since)))

    def _look_after(self, wire: Wire) -> None:
        """What the streams show of the line: it is read, or it is garbage and perhaps another speed is right."""
        streams = self._streams.values()
        if any(stream.settled and not stream.garbled for stream in streams):
            if self._state is not PortState.SILENT or self._now_ms() - self._heard_at < SILENT_AFTER_MS:
                self._tell(PortState.RECEIVING, "")
            return
        if not any(stream.garbled for stream in streams):
            if self._state is PortState.SILENT and self._now_ms() - self._heard_at < SILENT_AFTER_MS:
                self._tell(PortState.LISTENING, "")
            return
        at = f"At {self._baud} baud" if isinstance(wire, SerialWire) else "So far"
        for stream in streams:
            stream.listen_again()
        if isinstance(wire, SerialWire) and not self.settings.baud:
            self._baud = self._bauds[(self._bauds.index(self._baud) + 1) % len(self._bauds)]
            wire.set_baud(self._baud)
        self._tell(PortState.GARBAGE, f"{at} nothing is readable.")

    def _end_streams(self) -> None:
        now_ms = self._now_ms()
        for sender, stream in self._streams.items():
            self._hand_over(sender, stream, stream.end(now_ms), now_ms)

    def _tell(self, state: PortState, detail: str) -> None:
        """Logged when it changes, not at every try."""
        if state is not self._state:
            log.info("%s: %s. %s", self.settings.name, state, detail)
            self._since = self._now_ms()
        self._state, self._detail = state, detail

    # capture

    def _keep(self, data: bytes, now_ms: int) -> None:
        if not self._wish_capture or self._capture_folder is None:
            self._end_capture()
            return
        try:
            if self._capture is None:
                self._capture = Capture(capture_path(self._capture_folder, self.settings.key))
            self._capture.write(data, now_ms)
        except OSError as error:
            log.warning("The capture of %s ended: %s", self.settings.name, error)
            self._wish_capture = False
            self._end_capture()

    def _end_capture(self) -> None:
        if self._capture is not None:
            try:
                self._capture.close()
            except OSError as error:
                log.warning("The capture of %s may lack its end: %s", self.settings.name, error)
            self._capture = None
