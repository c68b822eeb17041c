"""Says what a Meshtastic message means: FromRadio, MeshPacket, Data, Position, User, NodeInfo and Routing.

Field numbers are those of the published protocol definitions.
"""

from core.avl.doubts import doubt
from core.avl.fields import KMH_MPS
from core.avl.protobuf import Value, fields_of, number, piece, signed
from core.avl.reports import (
    AvlFix,
    DeviceAck,
    DeviceEmergency,
    DeviceName,
    DeviceStatus,
    DeviceText,
    Report,
)

EVERYONE = 0xFFFFFFFF
_TEXT, _POSITION, _NODE_INFO, _ROUTING, _SENSOR, _ALERT = 1, 3, 4, 5, 10, 11
_LOCATION_BY_HAND = 1
_FAILURES = {
    1: "no route",
    2: "refused on the way",
    3: "timed out",
    4: "no radio",
    5: "not acknowledged after all retries",
    6: "no such channel",
    7: "too long",
    8: "no response",
    9: "airtime limit reached",
    32: "bad request",
    33: "not allowed",
    34: "encryption failed",
    35: "the receiver's key is not known",
}
_METRES_A_DEGREE = 111_320.0


def reports_of(message: bytes, received_at: int) -> list[Report]:
    """What one FromRadio message says; empty for settings and telemetry. Raises BrokenMessage."""
    fields = fields_of(message)
    packet, node = piece(fields, 2), piece(fields, 4)
    if packet is not None:
        return _packet(fields_of(packet), received_at)
    if node is not None:
        return _node(fields_of(node), received_at)
    return []


def device_name(node: int) -> str:
    return f"!{node & 0xFFFFFFFF:08x}"


def _packet(packet: dict[int, Value], received_at: int) -> list[Report]:
    """A packet that the radio could not decrypt carries no Data and says nothing."""
    content, sender = piece(packet, 4), number(packet, 1)
    if content is None or not sender:
        return []
    data = fields_of(content)
    device, to = device_name(sender), number(packet, 2)
    payload = piece(data, 2) or b""
    port = number(data, 1)
    if port == _POSITION:
        return [_fix(device, fields_of(payload), received_at)]
    if port == _NODE_INFO:
        return _named(device, fields_of(payload), received_at)
    if port == _ROUTING:
        return _acknowledged(device, fields_of(payload), number(data, 6), received_at)
    return _said(port, device, to, payload, received_at)


def _said(port: int | None, device: str, to: int | None, payload: bytes, received_at: int) -> list[Report]:
    text = payload.decode("utf-8", errors="replace").strip("\0\a \r\n")
    if not text:
        return []
    if port == _TEXT:
        addressee = "" if to in (None, EVERYONE) else device_name(to or 0)
        return [DeviceText(device=device, text=text, at=received_at, to=addressee)]
    if port == _ALERT:
        return [DeviceEmergency(device=device, text=text, at=received_at)]
    if port == _SENSOR:
        return [DeviceStatus(device=device, code=text, text=text, at=received_at)]
    return []


def _node(node: dict[int, Value], received_at: int) -> list[Report]:
    """An entry of the radio's list of nodes: its name, and its last position, which may be old."""
    sender = number(node, 1)
    if not sender:
        return []
    device = device_name(sender)
    user, position = piece(node, 2), piece(node, 3)
    reports = [] if user is None else _named(device, fields_of(user), received_at)
    if position:
        reports.append(_fix(device, fields_of(position), received_at, from_list=True))
    return reports


def _named(device: str, user: dict[int, Value], received_at: int) -> list[Report]:
    long_name, short_name = ((piece(user, field) or b"").decode("utf-8", errors="replace") for field in (2, 3))
    name = long_name.strip() or short_name.strip()
    return [DeviceName(device=device, name=name, at=received_at, detail=short_name.strip())] if name else []


def _acknowledged(device: str, routing: dict[int, Value], request: int | None, received_at: int) -> list[Report]:
    """Routing with an error reason answers a packet, and reason 0 (which is not sent) means that it arrived."""
    if not request or piece(routing, 1) is not None or piece(routing, 2) is not None:
        return []
    reason = number(routing, 3) or 0
    text = _FAILURES.get(reason, f"error {reason}") if reason else ""
    return [DeviceAck(device=device, accepted=not reason, at=received_at, of=str(request), text=text)]


def _fix(device: str, position: dict[int, Value], received_at: int, *, from_list: bool = False) -> AvlFix:
    lat, lon = signed(position, 1, 32), signed(position, 2, 32)
    has_place = lat is not None and lon is not None and abs(lat) <= 900_000_000 and abs(lon) <= 1_800_000_000
    lat_deg = lat / 1e7 if has_place and lat is not None else None
    lon_deg = lon / 1e7 if has_place and lon is not None else None
    fixed_at = _fixed_at(position)
    is_dated = fixed_at is not None or not from_list
    valid = has_place and (lat, lon) != (0, 0) and is_dated
    return AvlFix(
        device=device,
        lat=lat_deg,
        lon=lon_deg,
        fixed_at=fixed_at,
        valid=valid,
        source="meshtastic",
        speed_mps=_speed_mps(number(position, 15)),
        heading=_heading(number(position, 16)),
        altitude_m=_altitude(position),
        accuracy_m=_accuracy_m(position),
        satellites=number(position, 19),
        quality=_quality(position, has_place=has_place, is_dated=is_dated),
        doubt=doubt(lat_deg, lon_deg, fixed_at, received_at, valid=valid),
    )


def _fixed_at(position: dict[int, Value]) -> int | None:
    """The moment of the fix if it is told, else that of the message; UTC ms."""
    of_fix_s, of_message_s = number(position, 7), number(position, 4)
    seconds = of_fix_s or of_message_s
    if not seconds or seconds > 0xFFFFFFFF:
        return None
    adjust_ms = (signed(position, 8, 64) or 0) if of_fix_s else 0
    return seconds * 1000 + (adjust_ms if abs(adjust_ms) < 1000 else 0)


def _speed_mps(speed_kmh: int | None) -> float | None:
    """The firmware sends km/h."""
    return None if speed_kmh is None or speed_kmh > 3600 else speed_kmh * KMH_MPS


def _altitude(position: dict[int, Value]) -> float | None:
    above_sea = signed(position, 3, 64)
    return None if above_sea is None else float(above_sea)


def _heading(track: int | None) -> float | None:
    """Hundredths of a degree by the definitions, hundred-thousandths by the firmware: the ranges tell them apart."""
    if track is None or track > 36_000_000:
        return None
    return (track / 100 if track <= 36_000 else track / 100_000) % 360


def _accuracy_m(position: dict[int, Value]) -> float | None:
    """The coarser of the receiver's accuracy times its dilution, and of the rounding that the sender chose."""
    hardware_mm, dilution = number(position, 14), number(position, 12) or number(position, 11)
    measured = hardware_mm / 1000 * dilution / 100 if hardware_mm and dilution else None
    bits = number(position, 23)
    rounded = 2 ** (31 - bits) / 1e7 * _METRES_A_DEGREE if bits and bits < 32 else None
    return max((value for value in (measured, rounded) if value is not None), default=None)


def _quality(position: dict[int, Value], *, has_place: bool, is_dated: bool) -> str:
    if not has_place:
        return "no fix"
    if not is_dated:
        return "last known position, undated"
    return "manual" if number(position, 5) == _LOCATION_BY_HAND else "gps"
