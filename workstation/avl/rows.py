"""A port's status as the row that the window shows."""

from collections.abc import Callable, Mapping

from core.avl.follow import PortCount
from core.avl.port_row import PortRow
from sync.ports import FoundPort, PortStatus, remedy


def row_of_found(port: FoundPort) -> PortRow:
    """A serial port that nobody listens to."""
    serial = f"serial number {port.serial_number}" if port.serial_number else ""
    return PortRow(
        key=port.key,
        name=port.title,
        address=port.device,
        state="not listened to",
        detail=", ".join(part for part in (port.vendor, serial) if part),
    )


def row_of_status(status: PortStatus, counts: Mapping[str, PortCount], title: Callable[[str], str]) -> PortRow:
    settings = status.settings
    own = [count for key, count in counts.items() if key == settings.key or key.startswith(f"{settings.key}#")]
    return PortRow(
        key=settings.key,
        name=settings.name,
        address=settings.address,
        state=status.state.value,
        trouble=status.state.troubled,
        is_open=True,
        detail=status.detail,
        remedy=remedy(status.state, settings.address),
        since=status.since,
        protocol=title(status.protocol) if status.protocol else "",
        baud=status.baud,
        baud_set=settings.baud,
        protocol_set=settings.protocol,
        evidence=status.evidence,
        bytes_in=status.bytes_in,
        messages=status.messages,
        refused=status.refused,
        heard_at=status.heard_at,
        heard=printable(status.tail),
        believed=sum(count.accepted for count in own),
        disbelieved=disbelieved(own),
        capturing=status.capturing,
    )


def printable(data: bytes) -> str:
    """Bytes as a person reads them on a line: text as it is, the rest as dots."""
    return "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in data)


def disbelieved(counts: list[PortCount]) -> str:
    """How many fixes were not believed, and why; "" for none."""
    reasons: dict[str, int] = {}
    for count in counts:
        for check, times in count.refused.items():
            reasons[check] = reasons.get(check, 0) + times
    if not reasons:
        return ""
    told = ", ".join(f"{check} {times}" for check, times in sorted(reasons.items(), key=lambda each: -each[1]))
    last = next((count.last_refusal for count in reversed(counts) if count.last_refusal), "")
    return f"{sum(reasons.values())} fixes were not believed ({told}). The last: {last}"
