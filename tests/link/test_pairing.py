"""Pairing with the real server: one step, and a sentence for everything that can be wrong with it."""

import socket
from collections.abc import Iterator

import pytest

from core.errors import ForedeskError, Refused, Unavailable
from core.merge import keys
from sync.link.pairing import AS_BEFORE, pair
from sync.protocol import pairing_code
from sync.protocol.joining import is_vouched
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
        from threading import Thread

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
