"""Meshtastic frames, made here by a writer of its own, and one position that a real node sent."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.avl.meshtastic import (
    LONGEST_TEXT_BYTES,
    MeshtasticDecoder,
    evidence,
    heartbeat,
    node_number,
    text_message,
    want_config,
)
from core.avl.protobuf import BrokenMessage, fields_of, number, piece, signed
from core.avl.reports import AvlFix, DeviceAck, DeviceEmergency, DeviceName, DeviceStatus, DeviceText, Report
from core.errors import Refused

RECEIVED_AT = 1_760_000_000_000
NODE = 0x4B44F339
EVERYONE = 0xFFFFFFFF
# latitude 20.02, precision 15 bits, dilution 2.58, 830 m, five satellites: as a node on Hawaii sent it
REAL_POSITION = bytes.fromhex(
    "0d0000ef0b15000037a318be0625ff48cb6828025882027800 8001f0fcd704980105b8010f".replace(" ", "")
)


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = b""
    while value >= 128:
        out += bytes((value % 128 + 128,))
        value //= 128
    return out + bytes((value,))


def field(key: int, value: bytes | int) -> bytes:
    """Fixed 32-bit numbers are given as four bytes in a bytearray, text and messages as bytes."""
    if isinstance(value, bytearray):
        return varint(key * 8 + 5) + bytes(value)
    if isinstance(value, bytes):
        return varint(key * 8 + 2) + varint(len(value)) + value
    return varint(key * 8) + varint(int(value))


def fixed(value: int) -> bytearray:
    return bytearray(struct.pack("<I" if value >= 0 else "<i", value))


def framed(message: bytes) -> bytes:
    return b"\x94\xc3" + struct.pack(">H", len(message)) + message


def packet(port: int, payload: bytes, *, to: int = EVERYONE, sender: int = NODE, request: int = 0) -> bytes:
    data = field(1, port) + field(2, payload) + (field(6, fixed(request)) if request else b"")
    head = field(1, fixed(sender)) + field(2, fixed(to)) + field(4, data) + field(6, fixed(77)) + field(9, 3)
    return framed(field(1, 5) + field(2, head))


def position(lat: int, lon: int, *rest: bytes) -> bytes:
    return field(1, fixed(lat)) + field(2, fixed(lon)) + b"".join(rest)


def heard(data: bytes) -> list[Report]:
    decoder = MeshtasticDecoder()
    return decoder.feed(data, RECEIVED_AT) + decoder.flush(RECEIVED_AT)


def fix_in(payload: bytes) -> AvlFix:
    (fix,) = heard(packet(3, payload))
    assert isinstance(fix, AvlFix)
    return fix


@given(
    lat=st.integers(-900_000_000, 900_000_000),
    lon=st.integers(-1_800_000_000, 1_800_000_000),
    altitude=st.integers(-500, 9000),
    seconds=st.integers(1, 2**32 - 1),
)
def test_that_a_position_is_read_exactly(lat: int, lon: int, altitude: int, seconds: int) -> None:
    fix = fix_in(position(lat, lon, field(3, altitude), field(4, fixed(seconds)), field(15, 36), field(19, 7)))
    assert (fix.device, fix.lat, fix.lon) == ("!4b44f339", lat / 1e7, lon / 1e7)
    assert (fix.altitude_m, fix.fixed_at, fix.satellites) == (altitude, seconds * 1000, 7)
    assert fix.speed_mps == pytest.approx(10.0)
    assert fix.valid == ((lat, lon) != (0, 0))


def test_that_a_real_nodes_position_is_read() -> None:
    fix = fix_in(REAL_POSITION)
    assert (fix.lat, fix.lon) == (pytest.approx(20.02124), pytest.approx(-155.66766))
    assert (fix.altitude_m, fix.satellites, fix.speed_mps) == (830.0, 5, 0.0)
    assert fix.heading == pytest.approx(98.3)
    assert fix.fixed_at == 0x68CB48FF * 1000
    assert fix.accuracy_m == pytest.approx(729.5, abs=0.5)  # the sender rounds to 15 bits


def test_that_a_direction_is_read_in_either_unit() -> None:
    assert fix_in(position(1, 1, field(16, 27_000))).heading == 270.0
    assert fix_in(position(1, 1, field(16, 27_000_000))).heading == 270.0
    assert fix_in(position(1, 1, field(16, 99_000_000))).heading is None


def test_that_the_moment_of_the_fix_goes_before_that_of_the_message() -> None:
    fix = fix_in(position(1, 1, field(4, fixed(2000)), field(7, fixed(1000)), field(8, 250)))
    assert fix.fixed_at == 1_000_250


def test_that_accuracy_is_what_the_receiver_says_times_its_dilution() -> None:
    assert fix_in(position(1, 1, field(14, 3000), field(11, 250))).accuracy_m == 7.5


def test_that_positions_without_a_place_or_set_by_hand_say_so() -> None:
    assert (fix_in(field(4, fixed(1000))).valid, fix_in(field(4, fixed(1000))).quality) == (False, "no fix")
    assert fix_in(position(1, 1, field(5, 1))).quality == "manual"
    assert not fix_in(position(910_000_000, 1)).valid


def test_that_texts_alerts_and_sensors_are_told_apart() -> None:
    assert heard(packet(1, "Brücke gesperrt".encode())) == [
        DeviceText(device="!4b44f339", text="Brücke gesperrt", at=RECEIVED_AT)
    ]
    assert heard(packet(1, b"to you", to=0xA1)) == [
        DeviceText(device="!4b44f339", text="to you", at=RECEIVED_AT, to="!000000a1")
    ]
    assert heard(packet(11, b"man down\a")) == [DeviceEmergency(device="!4b44f339", text="man down", at=RECEIVED_AT)]
    assert heard(packet(10, b"door open")) == [
        DeviceStatus(device="!4b44f339", code="door open", text="door open", at=RECEIVED_AT)
    ]


def test_that_an_answer_says_which_packet_and_whether_it_arrived() -> None:
    arrived, refused = heard(packet(5, b"", request=77) + packet(5, field(3, 5), request=78))
    assert arrived == DeviceAck(device="!4b44f339", accepted=True, at=RECEIVED_AT, of="77")
    assert isinstance(refused, DeviceAck)
    assert (refused.accepted, refused.of) == (False, "78")
    assert "acknowledged" in refused.text


def test_that_the_list_of_nodes_gives_names_and_dated_positions() -> None:
    user = field(1, b"!4b44f339") + field(2, b"Ambulance 7") + field(3, b"AM7")
    dated = position(420_000_000, -710_000_000, field(4, fixed(1000)))
    undated = position(420_000_000, -710_000_000)
    name, fix = heard(framed(field(4, field(1, NODE) + field(2, user) + field(3, dated))))
    assert name == DeviceName(device="!4b44f339", name="Ambulance 7", at=RECEIVED_AT, detail="AM7")
    assert isinstance(fix, AvlFix)
    assert fix.valid
    (old,) = heard(framed(field(4, field(1, NODE) + field(3, undated))))
    assert isinstance(old, AvlFix)
    assert not old.valid
    assert heard(packet(4, user)) == [name]


def test_that_telemetry_settings_and_encrypted_packets_say_nothing() -> None:
    encrypted = field(1, fixed(NODE)) + field(2, fixed(EVERYONE)) + field(5, b"secret")
    settings = framed(field(5, field(1, b""))) + framed(field(7, 12345)) + framed(field(3, field(1, NODE)))
    assert heard(packet(67, field(1, fixed(1000))) + framed(field(2, encrypted)) + settings) == []


def test_that_the_log_between_frames_and_false_starts_are_passed_over() -> None:
    text = packet(1, b"hello")
    log = b"INFO  | 12:00:01 [Router] heard \x94 something\r\n\x94\xc3\xff\xff"
    assert len(heard(log + text + log + text)) == 2
    assert len(heard(b"\x94\x94\xc3" + text[2:])) == 1
    decoder = MeshtasticDecoder()
    decoder.feed(b"\x94\xc3\x01\xff" + text, RECEIVED_AT)
    assert len(decoder.flush(RECEIVED_AT)) == 1


@pytest.mark.parametrize("message", [b"\x12", b"\x12\x05abc", b"\x0f", b"\x00\x01", b"\x08" + b"\xff" * 11, b"\x15abc"])
def test_that_a_broken_message_is_refused(message: bytes) -> None:
    decoder = MeshtasticDecoder()
    assert decoder.feed(framed(message), RECEIVED_AT) == []
    assert (decoder.tally.refused, decoder.tally.messages) == (1, 0)
    with pytest.raises(BrokenMessage):
        fields_of(message)


def test_that_a_text_is_written_as_the_radio_reads_it() -> None:
    frame = text_message("Retreat now", packet_id=0xDEADBEEF, to=NODE, channel=2)
    assert frame[:2] == b"\x94\xc3"
    assert int.from_bytes(frame[2:4], "big") == len(frame) - 4
    sent = fields_of(piece(fields_of(frame[4:]), 1) or b"")
    assert (number(sent, 2), number(sent, 3), number(sent, 6), number(sent, 10)) == (NODE, 2, 0xDEADBEEF, 1)
    assert fields_of(piece(sent, 4) or b"") == {1: 1, 2: b"Retreat now"}
    assert frame == framed(
        field(
            1,
            field(2, fixed(NODE))
            + field(3, 2)
            + field(4, field(1, 1) + field(2, b"Retreat now"))
            + field(6, fixed(0xDEADBEEF))
            + field(10, 1),
        )
    )


def test_that_the_wish_for_the_nodes_and_the_heartbeat_are_written() -> None:
    assert want_config(300) == b"\x94\xc3\x00\x03\x18\xac\x02"
    assert heartbeat() == b"\x94\xc3\x00\x02\x3a\x00"


def test_that_a_text_too_long_for_the_air_is_refused() -> None:
    text_message("ü" * (LONGEST_TEXT_BYTES // 2), packet_id=1)
    with pytest.raises(Refused, match="202 bytes"):
        text_message("ü" * (LONGEST_TEXT_BYTES // 2 + 1), packet_id=1)
    with pytest.raises(Refused):
        text_message("", packet_id=1)


def test_that_a_devices_name_gives_its_number() -> None:
    assert node_number("!4b44f339") == NODE
    assert [node_number(name) for name in ("4b44f339", "!4b44", "!4b44f33g", "")] == [None] * 4


@given(st.integers(-(2**63), 2**63 - 1))
def test_that_signed_numbers_survive_the_wire(value: int) -> None:
    assert signed(fields_of(field(9, value)), 9, 64) == value


def test_that_listening_finds_frames() -> None:
    found = evidence(b"log line\r\n" + packet(1, b"hello") * 3)
    assert found is not None
    assert found.score > 0.7
    assert evidence(b"\x94\xc3\xff\xff" * 10) is None
