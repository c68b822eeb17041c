"""Prints what a source says: the quickest way to see whether a radio is wired and set up rightly."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Protocol

import msgspec

from core.avl.devices import Heard
from core.avl.reports import (
    AvlFix,
    DeviceAck,
    DeviceEmergency,
    DeviceHeard,
    DeviceName,
    DeviceStatus,
    DeviceText,
    Report,
)
from sync.ports import Port, PortKind, PortSettings, PortState, PortStatus, parse_address, remedy
from workstation.avl.dialects import Registry
from workstation.avl.session import wall_ms

LOOK_EVERY_S = 0.2


class Say(Protocol):
    """`aside` is about the port, not from the device."""

    def __call__(self, sentence: str, *, aside: bool = False) -> None: ...


def listen(source: str, *, baud: int, protocol: str, capture: Path | None, seconds: float, say: Say) -> int:
    """Until Ctrl+C, the end of a recording, or `seconds`; 0 when anything was understood. Raises Refused."""
    registry = Registry()
    if protocol:
        registry.check(protocol)
    settings = _settings(source, baud, protocol, capture)
    heard: SimpleQueue[list[Heard]] = SimpleQueue()
    port = Port(settings, heard.put, registry, wall_ms, capture_folder=capture)
    port.start()
    try:
        return 0 if _follow(port, heard, registry.title, monotonic() + seconds if seconds else None, say) else 1
    finally:
        port.stop()


def _settings(source: str, baud: int, protocol: str, capture: Path | None) -> PortSettings:
    is_file = os.path.isfile(source)  # noqa: PTH113 (a port may be anything)
    settings = parse_address(f"file:{source}" if is_file else source)
    speed = 0.0 if settings.kind is PortKind.FILE else 1.0
    return msgspec.structs.replace(
        settings, baud=baud or settings.baud, protocol=protocol, capture=capture is not None, speed=speed
    )


def _follow(
    port: Port, heard: "SimpleQueue[list[Heard]]", title: Callable[[str], str], until_s: float | None, say: Say
) -> bool:
    """Print reports and changes of the port's state; whether there was any report."""
    told: tuple[PortState | None, str] = (None, "")
    any_report = False
    while True:
        try:
            for each in heard.get(timeout=LOOK_EVERY_S):
                say(sentence_of(each.report))
                any_report = True
        except Empty:
            pass
        status = port.status()
        if (status.state, status.protocol) != told:
            told = (status.state, status.protocol)
            say(_about(status, title), aside=True)
        if (not port.running and heard.empty()) or (until_s is not None and monotonic() >= until_s):
            return any_report


def _about(status: PortStatus, title: Callable[[str], str]) -> str:
    """The port's state with what it rests on and what to do."""
    at = f" at {status.baud} baud" if status.baud else ""
    speaks = f" {title(status.protocol)}{at}: {status.evidence}" if status.protocol else ""
    parts = (
        f"[{status.settings.name}: {status.state}]{speaks}",
        status.detail,
        remedy(status.state, status.settings.address),
    )
    return " ".join(part for part in parts if part)


def sentence_of(report: Report) -> str:
    """A report as one line, the device first."""
    who = report.device or "-"
    match report:
        case AvlFix():
            return f"{who:<12} {_fix(report)}"
        case DeviceStatus():
            return f"{who:<12} status {report.code}{f' ({report.text})' if report.text else ''}"
        case DeviceText():
            return f"{who:<12} says{f' to {report.to}' if report.to else ''}: {report.text}"
        case DeviceEmergency():
            return f"{who:<12} EMERGENCY {report.text}".rstrip()
        case DeviceAck():
            return f"{who:<12} {'acknowledges' if report.accepted else 'refuses'} {report.of} {report.text}".rstrip()
        case DeviceHeard():
            return f"{who:<12} heard {report.text}".rstrip()
        case DeviceName():
            return f"{who:<12} is called {report.name} {report.detail}".rstrip()


def _fix(fix: AvlFix) -> str:
    if fix.lat is None or fix.lon is None:
        return f"no position ({fix.quality or fix.source})"
    parts = [f"{fix.lat:.6f} {fix.lon:.6f}", _time(fix.fixed_at), "valid" if fix.valid else "NOT VALID"]
    if fix.speed_mps is not None:
        parts.append(f"{fix.speed_mps * 3.6:.0f} km/h")
    if fix.heading is not None:
        parts.append(f"{fix.heading:.0f}°")
    if fix.accuracy_m is not None:
        parts.append(f"±{fix.accuracy_m:.0f} m")
    return "  ".join([*parts, *(part for part in (fix.quality, fix.doubt) if part)])


def _time(fixed_at: int | None) -> str:
    if fixed_at is None:
        return "no time"
    try:
        return f"{datetime.fromtimestamp(fixed_at / 1000, UTC):%Y-%m-%d %H:%M:%S}Z"
    except (OverflowError, ValueError, OSError):
        return "no time that there ever was"
