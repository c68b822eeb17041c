"""`foredesk serve` and `foredesk server ...` as a person meets them: a real process, a real port, real TLS."""

import argparse
import re
import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from core.merge import keys
from resources import resource_path
from sync.protocol import pairing_code
from sync.protocol.joining import AUTHORITY, PAIR, Paired, PairRequest
from sync.protocol.packing import pack, unpack
from tests.server.processes import Process
from workstation.cli import build_parser, main


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[tuple[Process, Path]]:
    folder = tmp_path_factory.mktemp("serving") / "server"
    process = Process(folder, repository)
    yield process, folder
    process.process.kill()
    process.process.communicate(timeout=60)


def _foredesk(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    code = main(["server", *args])
    told = capsys.readouterr()
    return code, told.out + told.err


def _pinned(process: Process, check: str) -> ssl.SSLContext:
    """As a desk does: fetch the authority over an unproved connection, check it, trust it alone."""
    unproved = httpx.get(f"https://127.0.0.1:{process.port}{AUTHORITY}", verify=False)
    certificate = x509.load_pem_x509_certificate(unproved.content)
    assert pairing_code.is_authority(certificate.public_bytes(Encoding.DER), check)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=unproved.text)
    return context


def test_that_the_first_run_tells_all_that_a_desk_and_an_administrator_need(served: tuple[Process, Path]) -> None:
    process, _ = served
    secret, check = pairing_code.read(process.find("Pairing code"))
    with httpx.Client(verify=_pinned(process, check), base_url=f"https://localhost:{process.port}") as client:
        public_key = keys.public_key_of(keys.new_private_key())
        paired = client.post(PAIR, content=pack(PairRequest(secret, public_key, "Console")))
        assert unpack(paired.content, Paired, 10_000).prefix == "A"
        asked = {"name": process.find("Administrator"), "password": process.find("Password")}
        assert client.post("/api/v1/session", json=asked).json()["role"] == "administrator"
        assert client.get("/api/v1/health").json()["alive"] is True
        assert "foredesk_requests_total" in client.get("/metrics").text


def test_that_the_server_is_looked_after_while_it_runs(
    served: tuple[Process, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    process, folder = served
    data = ("--data", str(folder))
    assert _foredesk(capsys, "user", "add", "kim", "--role", "viewer", *data)[0] == 0
    assert "kim" in _foredesk(capsys, "user", "list", *data)[1]
    _, told = _foredesk(capsys, "user", "password", "kim", *data)
    password = re.search(r"Password: (\S+)", told)[1]
    asked = {"name": "kim", "password": password}
    assert httpx.post(f"https://localhost:{process.port}/api/v1/session", json=asked, verify=False).status_code == 201
    assert _foredesk(capsys, "user", "disable", "kim", *data)[0] == 0
    assert _foredesk(capsys, "user", "disable", "admin", *data)[0] == 1
    assert _foredesk(capsys, "user", "enable", "kim", *data)[0] == 0
    _, told = _foredesk(capsys, "code", *data)
    assert pairing_code.read(told.split()[0])
    cards = tmp_path / "cards.toml"
    cards.write_text("cards = []\n")
    assert _foredesk(capsys, "publish", str(cards), "--kind", "cards", *data)[0] == 0
    assert "cards.toml" in _foredesk(capsys, "offers", *data)[1]
    assert _foredesk(capsys, "backup", str(tmp_path / "kept.fdserver"), *data)[0] == 0
    assert _foredesk(capsys, "archive", str(tmp_path / "old.fdarchive"), *data)[0] == 0
    for command in ("desks", "status"):
        assert _foredesk(capsys, command, *data)[0] == 0
    assert _foredesk(capsys, "quarantine", "list", *data)[1].startswith("Nothing")
    for number in ("show", "release"):
        assert _foredesk(capsys, "quarantine", number, "7", *data)[0] == 1
    assert _foredesk(capsys, "revoke", "nobody", *data)[0] == 1
    refused, told = _foredesk(capsys, "restore", str(tmp_path / "kept.fdserver"), *data)
    assert (refused, "Another server" in told) == (1, True)


def test_that_what_no_desk_could_use_is_not_offered(
    served: tuple[Process, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = ("--data", str(served[1]))
    (tmp_path / "default.toml").write_bytes(resource_path("agency", "default.toml").read_bytes())
    for name, content, kind, why in (
        ("ours.toml", 'extends = "default.toml"', "agency", "ours.toml extends default.toml, which does not travel"),
        ("bad.toml", 'name = "Bomberos"', "agency", "mistakes"),
        ("calls.fdmodel", "no model", "model", "truncated, damaged, or no model file"),
    ):
        file = tmp_path / name
        file.write_text(content)
        code, told = _foredesk(capsys, "publish", str(file), "--kind", kind, *data)
        assert (code, why in told) == (1, True), told
        assert name not in _foredesk(capsys, "offers", *data)[1]
    assert _foredesk(capsys, "publish", str(tmp_path / "default.toml"), "--kind", "agency", *data)[0] == 0


def test_that_a_port_in_use_and_a_folder_in_use_are_told_plainly(
    served: tuple[Process, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    process, folder = served
    assert main(["serve", "--data", str(tmp_path), "--port", str(process.port)]) == 1
    assert "in use already" in capsys.readouterr().err
    assert main(["serve", "--data", str(folder), "--port", "0"]) == 1
    assert f"process {process.process.pid}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--database", "postgresql://kim:secret@127.0.0.1:1/x"), "cannot be used"),
        (("--database", "mysql://x"), "makes no sense"),
        (("--host", "203.0.113.9"), "no address of this machine"),
        (("--certificate", "x.pem"), "belong together"),
        (("--certificate", "x.pem", "--key", "x.key"), "cannot be used"),
    ],
)
def test_that_what_cannot_be_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, more: tuple[str, ...], said: str
) -> None:
    assert main(["serve", "--data", str(tmp_path), "--port", "0", *more]) == 1
    told = capsys.readouterr().err
    assert said in told
    assert "secret" not in told
    assert "Traceback" not in told


def test_that_a_command_without_a_server_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, told = _foredesk(capsys, "desks", "--data", str(tmp_path))
    assert (code, "There is no server" in told) == (1, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_that_it_stops_cleanly_and_starts_again_without_a_second_password(
    tmp_path: Path, repository: Path, how: signal.Signals, request: pytest.FixtureRequest
) -> None:
    first = Process(tmp_path, repository, "--no-tls")
    request.addfinalizer(first.process.kill)
    with socket.create_connection(("127.0.0.1", first.port)):
        code, rest = first.stop(how)
    assert (code, "has stopped" in rest) == (0, True)
    second = Process(tmp_path, repository, "--no-tls")
    request.addfinalizer(second.process.kill)
    assert "Password" not in second.told
    assert second.stop(how)[0] == 0


def test_that_the_manual_names_every_command_and_option_and_no_other(repository: Path) -> None:
    page = (repository / "resources" / "manual" / "server.md").read_text(encoding="utf-8")
    serve, server = (_parser_of(build_parser(), name) for name in ("serve", "server"))
    named = set(re.findall(r"(?<=[ `])(--[a-z][a-z-]*)", page))
    foreign = {"--pwprompt", "--owner", "--replication"}
    options = {option for parser in (serve, *_leaves(server)) for option in parser._option_string_actions}
    assert named - foreign <= options
    assert options - {"-h", "--help"} <= named
    for leaf in _leaves(server):
        command = leaf.prog.removeprefix("foredesk server ")
        assert re.search(rf"`(foredesk server )?{command}\b", page), command


def _parser_of(parser: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    return _below(parser)[name]


def _below(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return next((a.choices for a in parser._actions if isinstance(a, argparse._SubParsersAction)), {})


def _leaves(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    below = _below(parser)
    return [leaf for child in below.values() for leaf in _leaves(child)] if below else [parser]
