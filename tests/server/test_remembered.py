"""What a server was started with holds at the next start: desks look for it where it was."""

import signal
import socket
from pathlib import Path

import pytest

from core.errors import Unavailable
from tests.server.processes import Process
from workstation.cli import main
from workstation.server_alive import forget_serving
from workstation.server_folder import Listening, listening, remember_listening


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_that_a_plain_start_listens_where_the_first_one_did(
    tmp_path: Path, repository: Path, request: pytest.FixtureRequest
) -> None:
    port = _free_port()
    first = Process(tmp_path, repository, "--no-tls", "--name", "dispatch.example", port=str(port))
    request.addfinalizer(first.process.kill)
    assert "Remembered" not in first.told
    first.stop(signal.SIGTERM)
    second = Process(tmp_path, repository, "--no-tls", port="")
    request.addfinalizer(second.process.kill)
    assert f"http://dispatch.example:{port}" in second.told
    assert f"--port {port} --name dispatch.example" in second.told
    second.stop(signal.SIGTERM)


def test_that_status_knows_a_living_server_from_a_dead_one(
    tmp_path: Path, repository: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(command: str) -> tuple[int, str]:
        return main(["server", command, "--data", str(tmp_path)]), capsys.readouterr().out

    served = Process(tmp_path, repository, "--host", "127.0.0.1")
    request.addfinalizer(served.process.kill)
    code, words = told("status")
    assert (code, f"at https://127.0.0.1:{served.port}" in words) == (0, True)
    assert "running since" in words
    served.process.kill()
    served.process.communicate(timeout=60)
    code, words = told("status")
    assert (code, "not running: started at" in words) == (3, True)
    forget_serving(tmp_path)
    code, words = told("status")
    assert (code, "not running on this machine" in words) == (3, True)


def test_that_an_option_given_replaces_what_was_remembered_and_leaves_the_rest(tmp_path: Path) -> None:
    remember_listening(tmp_path, Listening("127.0.0.1", 8791, ("a.test", "b.test")))
    at, recalled = listening(tmp_path, None, 9000, ["c.test"])
    assert (at, recalled) == (Listening("127.0.0.1", 9000, ("c.test",)), "--host 127.0.0.1")
    remember_listening(tmp_path, at)
    assert listening(tmp_path, None, None, ()) == (at, "--host 127.0.0.1 --port 9000 --name c.test")


def test_that_a_port_chosen_by_chance_is_not_remembered(tmp_path: Path) -> None:
    remember_listening(tmp_path, Listening(port=0))
    assert listening(tmp_path, None, None, ()) == (Listening(), "")


def test_that_a_spoilt_note_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "listening.json").write_text("{")
    with pytest.raises(Unavailable, match="cannot be read"):
        listening(tmp_path, None, None, ())
