"""TCP both ways, UDP, and recordings as sources; raw capture that can be replayed."""

import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from sync.ports import Port, PortKind, PortState, parse_address
from sync.ports.capture import HEAD, KEPT_FILES, Capture, capture_path, pieces
from sync.ports.listeners import TcpServerWire, UdpWire
from sync.ports.replay import FileWire
from sync.ports.states import PortTrouble
from tests.ports.conftest import now_ms, rmc, sentence, taip, wait_until

Listen = Callable[..., Port]
HOST = "127.0.0.1"


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def test_that_a_gateway_is_called_and_called_again(listen: Listen, collector) -> None:
    server = socket.create_server((HOST, 0))
    number = server.getsockname()[1]
    port = listen(f"{HOST}:{number}", kind=PortKind.TCP, key="tcp")
    caller, _ = server.accept()
    caller.sendall(rmc(0) + rmc(1))
    wait_until(lambda: collector.fixes)
    caller.close()
    wait_until(lambda: port.status().state is PortState.UNREACHABLE)
    again, _ = server.accept()
    again.sendall(rmc(2) + rmc(3))
    wait_until(lambda: len(collector.fixes) >= 3)
    again.close()
    server.close()


def test_that_a_gateway_that_is_off_is_unreachable(listen: Listen) -> None:
    port = listen(f"{HOST}:{free_port()}", kind=PortKind.TCP, key="tcp", await_state=PortState.UNREACHABLE)
    assert port.status().detail


def test_that_callers_are_told_apart(listen: Listen, collector) -> None:
    number = free_port()
    port = listen(f"{HOST}:{number}", kind=PortKind.TCP_SERVER, key="in")
    with socket.create_connection((HOST, number)) as caller:
        caller.sendall(taip(1, "0001") + taip(2, "0001"))
        wait_until(lambda: len(collector.fixes) == 2)
    assert collector.heard[0].port == f"in#{HOST}"
    with socket.create_connection((HOST, number)) as caller:
        caller.sendall(taip(3, "0001"))
        wait_until(lambda: len(collector.fixes) == 3)
    assert port.status().state is PortState.RECEIVING


def test_that_every_datagram_stands_for_itself(listen: Listen, collector) -> None:
    number = free_port(socket.SOCK_DGRAM)
    listen(f"{HOST}:{number}", kind=PortKind.UDP, key="udp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for fix in range(3):
            sender.sendto(rmc(fix), (HOST, number))
    wait_until(lambda: len(collector.fixes) == 3)


def test_that_a_port_number_in_use_is_busy() -> None:
    first = TcpServerWire(HOST, 0)
    with pytest.raises(PortTrouble) as caught:
        TcpServerWire(HOST, first.port)
    assert caught.value.state is PortState.BUSY
    first.close()
    heard = UdpWire(HOST, 0)
    with pytest.raises(PortTrouble):
        heard.write(b"to nobody")
    heard.close()


def test_that_a_recording_is_a_source_and_its_fixes_are_dated_now(listen: Listen, collector, tmp_path: Path) -> None:
    log = tmp_path / "drive.log"
    log.write_bytes(b"".join(rmc(number) for number in range(30)))
    began = now_ms()
    port = listen(str(log), kind=PortKind.FILE, key="file", speed=500.0, await_state=PortState.ENDED)
    assert len(collector.fixes) == 30
    times = [fix.fixed_at for fix in collector.fixes]
    assert times == sorted(times)
    assert all(began <= at <= now_ms() for at in times)
    assert port.status().bytes_in == log.stat().st_size


def test_that_a_recording_can_be_read_as_it_was_recorded(listen: Listen, collector, tmp_path: Path) -> None:
    log = tmp_path / "drive.log"
    log.write_bytes(rmc(0) + rmc(61))
    listen(str(log), kind=PortKind.FILE, key="file", speed=0.0, await_state=PortState.ENDED)
    assert collector.fixes[1].fixed_at - collector.fixes[0].fixed_at == 61_000


def test_that_a_missing_recording_fails_in_words(tmp_path: Path) -> None:
    with pytest.raises(PortTrouble, match="No such file"):
        FileWire(tmp_path / "none.log")


def test_that_what_was_captured_can_be_replayed(new_pty, listen: Listen, collector, tmp_path: Path) -> None:
    radio = new_pty()
    port = listen(radio.name, capture_folder=tmp_path)
    radio.write(rmc(0))
    wait_until(lambda: port.status().bytes_in)
    port.capture(True)
    for number in range(1, 6):
        radio.write(rmc(number))
    wait_until(lambda: len(collector.fixes) == 6)
    path = capture_path(tmp_path, port.settings.key)
    assert port.status().capturing == str(path)
    port.stop()
    assert b"".join(data for _, data in pieces(path)) == b"".join(rmc(number) for number in range(1, 6))


def test_that_captures_rotate_and_old_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.ports.capture.ROTATE_BYTES", 2_000)
    capture = Capture(tmp_path / "a.capture")
    for at in range(400):
        capture.write(b"x" * 100, at)
    capture.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == KEPT_FILES
    assert all(file.stat().st_size < 2_300 for file in files)
    assert all(file.read_bytes().startswith(HEAD) for file in files)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=200)), max_size=30), st.integers(0, 4000))
def test_that_a_capture_cut_short_gives_what_came_before(
    tmp_path_factory: pytest.TempPathFactory, records: list[tuple[int, bytes]], cut: int
) -> None:
    path = tmp_path_factory.mktemp("captures") / "a.capture"
    capture = Capture(path)
    for at, data in records:
        capture.write(data, at)
    capture.close()
    assert [data for _, data in pieces(path)] == [data for _, data in records]
    whole = path.read_bytes()
    path.write_bytes(whole[: max(len(HEAD), len(whole) - cut)])
    kept = [data for _, data in pieces(path)]
    assert kept == [data for _, data in records][: len(kept)]


@pytest.mark.parametrize(
    ("typed", "kind", "address", "baud"),
    [
        ("COM3", PortKind.SERIAL, "COM3", 0),
        ("/dev/ttyUSB0@4800", PortKind.SERIAL, "/dev/ttyUSB0", 4800),
        (" tcp://gateway:5017 ", PortKind.TCP, "gateway:5017", 0),
        ("tcp-listen://:5017", PortKind.TCP_SERVER, ":5017", 0),
        ("udp://0.0.0.0:5017", PortKind.UDP, "0.0.0.0:5017", 0),
        ("file:drive.log", PortKind.FILE, "drive.log", 0),
    ],
)
def test_that_addresses_are_read_as_typed(typed: str, kind: PortKind, address: str, baud: int) -> None:
    settings = parse_address(typed)
    assert (settings.kind, settings.address, settings.baud) == (kind, address, baud)


@pytest.mark.parametrize(
    "typed", ["", "a b", "tcp://", "tcp://:5", "tcp://host:port", "udp://", "udp://x:99999", "file:"]
)
def test_that_nonsense_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_address(typed)
    assert caught.value.do


@given(st.text(max_size=30))
def test_that_any_address_is_read_or_refused(typed: str) -> None:
    with suppress(Refused):
        assert parse_address(typed).address


def test_that_a_sentence_helper_is_right() -> None:
    assert sentence("GPGLL,4916.45,N,12311.12,W,225444,A") == b"$GPGLL,4916.45,N,12311.12,W,225444,A*31\r\n"
