"""Pairing with the real server: one step, and a sentence for everything that can be wrong with it."""

import socket
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from core.errors import ForedeskError, Refused, Unavailable
from core.merge import keys
from sync.link.pairing import AS_BEFORE, pair
from sync.protocol import pairing_code
from sync.protocol.joining import is_vouched
from sync.server.certificates import Authority, _new_authority, write_server_certificate
from tests.scenarios.centre import Centre

KEY = keys.public_key_of(keys.new_private_key())


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    running = Centre(tmp_path_factory.mktemp("centre"))
    yield running
    running.stop()


def address_of(centre: Centre) -> str:
    return f"https://127.0.0.1:{centre.port}"


def test_that_a_code_lets_one_desk_in_and_only_once(centre: Centre) -> None:
    code = centre.first_code
    paired = pair(address_of(centre), code.lower(), public_key=KEY, name="Console 1")
    assert paired.token
    assert paired.card.public_key == KEY
    assert is_vouched(paired.card, paired.agency_key)
    assert "CERTIFICATE" in paired.authority.decode()
    with pytest.raises(Refused, match="used already"):
        pair(address_of(centre), code, public_key=KEY, name="Console 2")


def test_that_a_code_that_was_never_given_is_refused(centre: Centre) -> None:
    _, check = pairing_code.read(centre.first_code)
    with pytest.raises(Refused, match="does not know this pairing code"):
        pair(address_of(centre), pairing_code.written("0" * 10, check), public_key=KEY, name="Console 1")


def test_that_another_server_behind_the_address_never_hears_the_code(centre: Centre) -> None:
    secret, _ = pairing_code.read(centre.first_code)
    with pytest.raises(Refused, match="not the server that this code was made for") as refused:
        pair(address_of(centre), pairing_code.written(secret, "Z" * 10), public_key=KEY, name="Console 1")
    assert "not told" in refused.value.holds
    assert refused.value.happened.startswith("The code may be mistyped")


def test_that_an_address_without_tls_is_answered_with_the_one_that_has_it(centre: Centre) -> None:
    for host in ("dispatch.example", "127.0.0.1"):
        with pytest.raises((Refused, Unavailable)) as refused:
            pair(f"http://{host}:{centre.port}", centre.first_code, public_key=KEY, name="Console 1")
        assert f"https://{host}:{centre.port}" in refused.value.do


class Between(BaseHTTPRequestHandler):
    """Somebody on the way: shows the right authority with another behind it, and is proved by that other one."""

    shown = b""
    heard: ClassVar[list[bytes]] = []

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.shown)))
        self.end_headers()
        self.wfile.write(self.shown)

    def do_POST(self) -> None:
        self.heard.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_error(500)

    def log_message(self, *args: object) -> None:
        """Nobody reads it."""


def authority_with_padding() -> Authority:
    """One whose text ends in `=`, as two of three do."""
    while True:
        certificate, _, key = _new_authority(1_700_000_000_000).partition(b"\n\n")
        made = Authority(certificate + b"\n", key)
        if len(made.der) % 3:
            return made


def test_that_a_second_authority_behind_the_right_one_proves_nothing(tmp_path: Path) -> None:
    right, other = authority_with_padding(), authority_with_padding()
    files = write_server_certificate(other, ["127.0.0.1"], tmp_path, time.time_ns() // 1_000_000)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(files.certificate, files.key)
    Between.shown = right.certificate + other.certificate
    between = ThreadingHTTPServer(("127.0.0.1", 0), Between)
    between.socket = tls.wrap_socket(between.socket, server_side=True)
    serving = Thread(target=between.serve_forever)
    serving.start()
    code = pairing_code.written(pairing_code.new_secret(), pairing_code.authority_check(right.der))
    try:
        with pytest.raises(Refused, match="cannot prove"):
            pair(f"https://127.0.0.1:{between.server_port}", code, public_key=KEY, name="Console 1")
    finally:
        between.shutdown()
        serving.join()
        between.server_close()
    assert Between.heard == []


def test_that_what_is_no_code_is_refused_before_anybody_is_asked() -> None:
    with pytest.raises(Refused, match="not a pairing code"):
        pair("https://127.0.0.1:1", "hello", public_key=KEY, name="Console 1")


def test_that_an_address_in_the_open_is_refused() -> None:
    with pytest.raises(Refused, match="in the open"):
        pair("http://centre.example", "0" * 20, public_key=KEY, name="Console 1")


def test_that_nobody_listening_is_said_and_nothing_has_changed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unavailable, match="no server listens") as trouble:
        pair(f"https://127.0.0.1:{port}", "0" * 20, public_key=KEY, name="Console 1")
    assert trouble.value.holds == AS_BEFORE


def test_that_something_else_behind_the_port_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            near, _ = other.accept()
            near.recv(1_000)
            near.sendall(b"220 mail.example ESMTP\r\n")
            near.close()

        thread = Thread(target=answer)
        thread.start()
        with pytest.raises(ForedeskError, match="does not speak TLS"):
            pair(f"https://127.0.0.1:{other.getsockname()[1]}", "0" * 20, public_key=KEY, name="Console 1")
        thread.join()
