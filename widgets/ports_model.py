"""Ports and unknown devices as table rows."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject

from core.avl.devices import Stranger
from core.avl.port_row import PortRow
from widgets.panels.keyed_table import Cell, Column, KeyedTable, Row, Tone
from widgets.panels.times import age_text, count_text, moment_text

PORT_COLUMNS = (
    Column("Port", "u-blox receiver", stretch=True),
    Column("State", "! no permission"),
    Column("Heard", "59 min", right=True, drop=1),
)
STRANGER_COLUMNS = (
    Column("Device", "Truck 12 (4002)", stretch=True),
    Column("For unit", "none yet"),
    Column("Heard", "59 min", right=True, drop=1),
)


def age_at(at_ms: int, now_ms: int) -> str:
    return age_text((now_ms - at_ms) / 1000) if at_ms else ""


def port_row(port: PortRow, now_ms: int) -> Row:
    """One source: its state marked where somebody should look, and under it what it speaks."""
    tone = Tone.WARNING if port.trouble else Tone.PLAIN if port.is_open else Tone.MUTED
    speed = f"{port.baud} baud" if port.baud else ""
    count = count_text(port.messages, "message") if port.messages else ""
    address = port.address if port.address != port.name else ""
    under = ", ".join(part for part in (port.protocol, speed, count, address) if part) or port.detail
    cells = (
        Cell(port.name, tone=Tone.STRONG if port.is_open else Tone.MUTED),
        Cell(f"! {port.state}" if port.trouble else port.state, port.state, tone),
        Cell(age_at(port.heard_at, now_ms), tone=Tone.MUTED, right=True),
    )
    recording = (Cell("recording", tone=Tone.WARNING),) if port.capturing else ()
    spoken = f"{port.name}, {port.state}. {under}"
    return Row(port.key, cells, spoken, second=(*recording, Cell(under or "Enter listens to it.", tone=Tone.MUTED)))


def port_sentences(port: PortRow) -> list[str]:
    """All that is known of a source, in sentences: for the place under the list."""
    if not port.is_open:
        return [f"{port.address}: {port.detail or 'nothing is known of what is plugged in'}.", "Enter listens to it."]
    since = f"{port.name} is {port.state} since {moment_text(port.since)}."
    detail = f"{port.detail.rstrip('.')}." if port.detail else ""
    knows = f"It speaks {port.protocol}: {port.evidence.rstrip('.')}." if port.protocol else ""
    counted = f"{port.messages:,} messages understood, {port.refused:,} refused, {port.bytes_in:,} bytes."
    recording = f"Recording to {port.capturing}." if port.capturing else ""
    told = (f"{since} {detail}".rstrip(), port.remedy, f"{knows} {counted}".strip(), port.disbelieved, recording)
    return [sentence for sentence in told if sentence]


def device_name(key: str, ports: Mapping[str, str]) -> str:
    """What a device is called: the identity it sends; where it sends none, the name of the port it is on."""
    kind, _, identity = key.partition(":")
    if kind != "port":
        return identity
    port, _, sender = identity.partition("#")
    return f"what is on {ports.get(port, port)}{f', from {sender}' if sender else ''}"


def stranger_row(stranger: Stranger, unit: str, ports: Mapping[str, str], now_ms: int) -> Row:
    """One device that belongs to no unit, with the unit it is probably on; `ports` are names by key."""
    identity = device_name(stranger.key, ports)
    name = f"{stranger.name} ({identity})" if stranger.name else identity
    where = (
        f"at {stranger.lat:.4f}, {stranger.lon:.4f}" if stranger.lat is not None and stranger.lon is not None else ""
    )
    said = f"says {stranger.said}" if stranger.said else ""
    under = ", ".join(part for part in (stranger.protocol, count_text(stranger.count, "report"), where, said) if part)
    cells = (
        Cell(name, tone=Tone.STRONG),
        Cell(f"{unit}?" if unit else "none yet", tone=Tone.PLAIN if unit else Tone.MUTED),
        Cell(age_at(stranger.last_at, now_ms), tone=Tone.MUTED, right=True),
    )
    probably = f", probably {unit}'s" if unit else ""
    return Row(stranger.key, cells, f"Device {name}{probably}. {under}", second=(Cell(under, tone=Tone.MUTED),))


class PortsModel(KeyedTable):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(PORT_COLUMNS, parent)

    def refresh(self, ports: Sequence[PortRow], now_ms: int, *, hold: bool) -> bool:
        return self.show([port_row(port, now_ms) for port in ports], hold=hold)


class StrangersModel(KeyedTable):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(STRANGER_COLUMNS, parent)

    def refresh(
        self, strangers: Sequence[tuple[Stranger, str]], ports: Mapping[str, str], now_ms: int, *, hold: bool
    ) -> bool:
        return self.show([stranger_row(stranger, unit, ports, now_ms) for stranger, unit in strangers], hold=hold)
