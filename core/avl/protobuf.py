"""Reads and writes the protocol buffers' wire format, so that no message library with a foreign licence is needed."""

from typing import TypeAlias

Value: TypeAlias = int | bytes  # a varint or a fixed number as it stands (unsigned), or a length-delimited field

_VARINT, _FIXED_64, _DELIMITED, _FIXED_32 = 0, 1, 2, 5
_LONGEST_VARINT = 10


class BrokenMessage(Exception):
    """The bytes are no message: a field is cut short, or of no known wire type."""


def fields_of(data: bytes) -> dict[int, Value]:
    """Field number to its last value, as the format wants it for fields that occur once. Raises BrokenMessage."""
    fields: dict[int, Value] = {}
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise BrokenMessage
        fields[number], at = _value(data, at, wire)
    return fields


def _value(data: bytes, at: int, wire: int) -> tuple[Value, int]:
    if wire == _VARINT:
        return _varint(data, at)
    if wire == _DELIMITED:
        size, at = _varint(data, at)
    else:
        size = {_FIXED_32: 4, _FIXED_64: 8}.get(wire, len(data) + 1)
    piece = data[at : at + size]
    if len(piece) < size:
        raise BrokenMessage
    return piece if wire == _DELIMITED else int.from_bytes(piece, "little"), at + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value & (1 << 64) - 1, at + index + 1
    raise BrokenMessage


def number(fields: dict[int, Value], field: int) -> int | None:
    """An unsigned number, None where it is absent or of another type."""
    value = fields.get(field)
    return value if isinstance(value, int) else None


def signed(fields: dict[int, Value], field: int, bits: int) -> int | None:
    """A number in two's complement of `bits` bits: sfixed32 has 32, int32 and int64 are sent with 64."""
    value = number(fields, field)
    if value is None:
        return None
    return value - (1 << bits) if value >> bits - 1 else value


def piece(fields: dict[int, Value], field: int) -> bytes | None:
    """A string, bytes or an embedded message, None where it is absent or of another type."""
    value = fields.get(field)
    return value if isinstance(value, bytes) else None


def varint_field(field: int, value: int) -> bytes:
    return _encoded(field << 3 | _VARINT) + _encoded(value)


def fixed_32_field(field: int, value: int) -> bytes:
    return _encoded(field << 3 | _FIXED_32) + value.to_bytes(4, "little")


def delimited_field(field: int, value: bytes) -> bytes:
    return _encoded(field << 3 | _DELIMITED) + _encoded(len(value)) + value


def _encoded(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
