"""Serial ports on pseudo-terminals: found out, unplugged, plugged in elsewhere, garbled, forbidden, busy, silent."""

import errno
import os
from collections.abc import Callable

import pytest

from sync.ports import FoundPort, Port, PortSettings, PortState, remedy
from sync.ports import port as port_module
from sync.ports.opening import open_wire
from sync.ports.states import PortTrouble
from sync.ports.wires import state_of
from tests.ports.conftest import rmc, taip, wait_until

Listen = Callable[..., Port]


def test_that_a_port_finds_out_what_speaks_and_says_why(new_pty, listen: Listen, collector) -> None:
    radio = new_pty()
    port = listen(radio.name)
    assert port.status().state is PortState.LISTENING
    for number in range(4):
        radio.write(rmc(number))
    wait_until(lambda: len(collector.fixes) == 4)
    status = port.status()
    assert (status.state, status.protocol, status.baud) == (PortState.RECEIVING, "nmea", 9600)
    assert "checksum" in status.evidence
    assert [round((fix.lat - 48) * 60, 3) for fix in collector.fixes] == [7.0, 7.001, 7.002, 7.003]


def test_that_four_ports_at_once_lose_no_byte(new_pty, listen: Listen, collector) -> None:
    radios = [new_pty() for _ in range(4)]
    ports = [listen(radio.name) for radio in radios]
    sent = [0] * 4
    for number in range(120):
        for which, radio in enumerate(radios):
            message = taip(number, f"{which:04d}")
            radio.write(message)
            sent[which] += len(message)
    wait_until(lambda: len(collector.fixes) == 480)
    assert [port.status().bytes_in for port in ports] == sent
    for which, port in enumerate(ports):
        own = [each.report for each in collector.heard if each.port == port.settings.key]
        assert [fix.fixed_at for fix in own] == sorted(fix.fixed_at for fix in own)
        assert {fix.device for fix in own} == {f"{which:04d}"}
        assert port.status().refused == 0


def test_that_a_port_that_closes_is_unplugged_and_opens_again_under_another_name(
    new_pty, listen: Listen, collector
) -> None:
    """The device is known by its serial number, whatever the system calls it after it is plugged in again."""
    radio = new_pty()
    there = [FoundPort("usb:0403:6001:A50285BI", radio.name, "FTDI adapter")]
    port = listen(
        "nothing", key="usb:0403:6001:A50285BI", open_=lambda s, baud: open_wire(s, baud, lambda: tuple(there))
    )
    radio.write(rmc(0) + rmc(1))
    wait_until(lambda: len(collector.fixes) >= 1)
    there.clear()
    radio.unplug()
    wait_until(lambda: port.status().state is PortState.UNPLUGGED)
    assert "serial number" in remedy(PortState.UNPLUGGED)
    again = new_pty()
    there.append(FoundPort("usb:0403:6001:A50285BI", again.name, "FTDI adapter"))
    wait_until(lambda: port.status().state.is_open)
    again.write(rmc(2) + rmc(3) + rmc(4))
    wait_until(lambda: len(collector.fixes) >= 4)
    assert port.status().state is PortState.RECEIVING


def test_that_garbage_is_named_and_other_speeds_are_tried(new_pty, listen: Listen, collector) -> None:
    radio = new_pty()
    port = listen(radio.name)
    radio.write(bytes(range(128, 256)) * 13)
    wait_until(lambda: port.status().state is PortState.GARBAGE)
    assert port.status().baud == port_module.BAUDS[1]
    assert "9600" in port.status().detail
    for number in range(5):
        radio.write(rmc(number))
    wait_until(lambda: port.status().state is PortState.RECEIVING)
    assert port.status().baud == port_module.BAUDS[1]
    assert len(collector.fixes) >= 1


def test_that_a_speed_set_by_hand_stays(new_pty, listen: Listen) -> None:
    radio = new_pty()
    port = listen(radio.name, baud=4800, protocol="taip")
    radio.write(b"\x81\x92" * 1000)
    wait_until(lambda: port.status().state is PortState.GARBAGE)
    assert (port.status().baud, port.status().protocol) == (4800, "taip")


def test_that_another_device_on_the_same_port_is_found_out_anew(new_pty, listen: Listen, collector) -> None:
    radio = new_pty()
    port = listen(radio.name)
    for number in range(4):
        radio.write(rmc(number))
    wait_until(lambda: port.status().protocol == "nmea")
    for number in range(60):
        radio.write(taip(number, "7001"))
    wait_until(lambda: port.status().protocol == "taip")
    wait_until(lambda: any(fix.device == "7001" for fix in collector.fixes))


def test_that_a_port_that_is_not_there_says_so(listen: Listen) -> None:
    port = listen("/dev/no-such-port", await_state=PortState.UNPLUGGED)
    assert port.status().detail


def test_that_a_port_that_is_open_elsewhere_is_busy(new_pty, listen: Listen) -> None:
    radio = new_pty()
    listen(radio.name)
    second = listen(radio.name, await_state=PortState.BUSY)
    assert second.status().state is PortState.BUSY
    assert "Close it" in remedy(PortState.BUSY)


def test_that_a_port_opens_when_it_is_let_go(new_pty, listen: Listen) -> None:
    radio = new_pty()
    first = listen(radio.name)
    second = listen(radio.name, await_state=PortState.BUSY)
    first.stop()
    wait_until(lambda: second.status().state.is_open)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), PortState.DENIED),
        (OSError(errno.EBUSY, "Device or resource busy"), PortState.BUSY),
        (OSError(errno.ENOENT, "No such file"), PortState.UNPLUGGED),
        (OSError("could not open port 'COM3': PermissionError(13, 'Access is denied.', None, 5)"), PortState.BUSY),
        (OSError("could not open port 'COM9': FileNotFoundError(2, 'no')"), PortState.UNPLUGGED),
        (ValueError("Invalid baud rate"), PortState.FAILED),
    ],
)
def test_that_a_systems_error_has_a_name(error: Exception, state: PortState) -> None:
    assert state_of(error, opening=True) is state


def test_that_every_trouble_has_a_remedy() -> None:
    troubled = [state for state in PortState if state.troubled]
    assert len(troubled) == 7
    for state in troubled:
        assert remedy(state, "/dev/null").endswith(".")
    assert all(not remedy(state) for state in PortState if not state.troubled)


def test_that_no_permission_names_the_group_that_has_it(listen: Listen) -> None:
    def forbid(_settings: PortSettings, _baud: int) -> None:
        raise PortTrouble(PortState.DENIED, "Permission denied")

    port = listen("/dev/null", await_state=PortState.DENIED, open_=forbid)
    assert port.status().state is PortState.DENIED
    if os.name == "posix":
        assert "usermod -a -G" in remedy(PortState.DENIED, "/dev/null")


def test_that_a_silent_port_says_so_and_wakes(new_pty, listen: Listen, monkeypatch) -> None:
    monkeypatch.setattr(port_module, "SILENT_AFTER_MS", 100)
    monkeypatch.setattr(port_module, "PAUSE_S", 0.05)
    radio = new_pty()
    port = listen(radio.name)
    wait_until(lambda: port.status().state is PortState.SILENT)
    monkeypatch.setattr(port_module, "SILENT_AFTER_MS", 60_000)
    for number in range(4):
        radio.write(rmc(number))
    wait_until(lambda: port.status().state is PortState.RECEIVING)


def test_that_what_the_desk_sends_comes_out(new_pty, listen: Listen) -> None:
    radio = new_pty()
    port = listen(radio.name)
    port.send(b"poll 4002\r\n")
    assert radio.read() == b"poll 4002\r\n"


def test_that_a_device_that_must_be_greeted_is_greeted(new_pty, listen: Listen) -> None:
    radio = new_pty()
    listen(radio.name, protocol="gpsd")
    assert b"?WATCH=" in radio.read()


def test_that_stopping_is_quick_and_final(new_pty, listen: Listen) -> None:
    port = listen(new_pty().name)
    port.stop()
    assert not port.running
    assert port.status().state is PortState.STOPPED
