"""From desk to device: which device is spoken to, and in which bytes."""

import pytest

from core.avl.devices import Device
from core.avl.outgoing import poll_of, reachable, text_to
from core.avl.registry import decoder
from core.domain.agency_file import read_agency
from core.domain.board import Board, Unit
from core.domain.commandline import PollUnit, SendText, parse
from core.errors import Refused
from resources import resource_path

KENWOOD, NODE, PUCK = (Device(key, "E12") for key in ("kenwood:101-4002", "meshtastic:!1a2b3c4d", "port:usb:1"))
AGENCY = read_agency(resource_path("agency", "demo.toml"))
BOARD = Board(units={"E12": Unit("E12", "engine", frozenset(), "")})


def test_that_only_radios_can_be_spoken_to() -> None:
    assert reachable([PUCK, NODE, KENWOOD]) == [NODE, KENWOOD]


def test_that_a_kenwood_text_and_poll_name_the_unit() -> None:
    assert b"1014002" in text_to(KENWOOD, "return to station", 1)
    assert b"1014002" in poll_of(KENWOOD)


def test_that_a_meshtastic_text_is_a_whole_frame() -> None:
    data = text_to(NODE, "return", 7)
    listener = decoder("meshtastic")
    listener.feed(data, 0)
    assert data.startswith(b"\x94\xc3")
    assert listener.tally.refused == 0


def test_that_what_cannot_be_sent_is_refused() -> None:
    with pytest.raises(Refused):
        text_to(PUCK, "hello", 1)
    with pytest.raises(Refused, match="by itself"):
        poll_of(NODE)
    with pytest.raises(Refused):
        text_to(KENWOOD, "señal", 1)


def test_that_the_command_line_sends_and_asks() -> None:
    sent = parse("msg e12 return to station; now", BOARD, AGENCY, "")
    assert sent.actions == (SendText("E12", "return to station; now"),)
    assert sent.echo == "Send to E12's radio: return to station; now"
    assert parse("poll e12", BOARD, AGENCY, "").actions == (PollUnit("E12"),)
    for line in ("msg", "msg nobody hi", "msg e12"):
        assert parse(line, BOARD, AGENCY, "").error is not None
