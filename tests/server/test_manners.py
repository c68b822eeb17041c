"""A server answers people who are in doubt: before it forgets, at its front door, at the end of input."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.errors import Refused
from sync.server import accounts
from sync.server.accounts import Role
from sync.server.settings import ServerSettings
from tests.server.whole import AGENCY, FIRE, Server
from workstation.cli import build_parser, main


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(ServerSettings(folder=tmp_path), ManualClock(1_600_000_000_000)).running() as running:
        running.fill()
        yield running


def test_that_nothing_is_forgotten_before_the_counts_are_told_and_a_person_has_typed_the_word(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = server.signed_in(Role.OPERATOR)
    incident = ask("POST", "/incidents", json={**FIRE, "caller": "Ana", "narrative": "Smoke."}).json()["id"]
    ask("POST", f"/incidents/{incident}/closing", json={"disposition": next(iter(AGENCY.dispositions))})

    def forget(typed: str, *more: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main(["server", "forget", "--older-than", "1", "--data", str(tmp_path), *more])
        told = capsys.readouterr()
        return code, told.out + told.err

    for typed in ("", "yes\n"):
        code, told = forget(typed)
        assert (code, "1 incidents were closed" in told, "Nothing was forgotten" in told) == (1, True, True)
    code, told = forget("FORGET\n")
    assert (code, "are forgotten here" in told) == (0, True)
    assert "any more" in forget("", "--yes")[1]


@pytest.mark.parametrize("path", ["/", "/docs", "/api/v1", "/api/v1/"])
def test_that_a_browser_is_told_what_this_is_and_fetches_nothing_from_elsewhere(server: Server, path: str) -> None:
    page = server.ask("GET", path)
    assert page.status_code == 200
    assert "/api/v1/openapi.json" in page.text
    assert "http" not in page.text
    assert server.ask("GET", "/api/v1/openapi.json").json()["openapi"].startswith("3.1")
    assert server.ask("GET", "/api/v1/nothing").status_code == 404


@pytest.mark.parametrize("name", ["", " kim", "kim lee", "kim/lee", "-kim", "kím", "k" * 65, "kim\n"])
def test_that_an_account_has_a_plain_name(server: Server, name: str) -> None:
    with pytest.raises(Refused, match="plain letters"):
        server.run(lambda connection: accounts.add(connection, name, "correct horse", Role.VIEWER, 1))
    server.run(lambda connection: accounts.add(connection, "Kim.Lee_2-a", "correct horse", Role.VIEWER, 1))


def test_that_the_end_of_input_is_no_password_and_no_fault(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", ended)
    assert main(["server", "user", "password", "viewer", "--ask", "--data", str(tmp_path)]) == 1
    assert "No password was typed" in capsys.readouterr().err


def test_that_a_code_may_be_typed_with_blanks() -> None:
    for command in (["desk", "join", "https://dispatch.example"], ["sync", "guest"]):
        args = build_parser().parse_args([*command, "7K3M", "9QXA", "2BT0", "PWD4", "ZZ81", "--name", "North"])
        assert " ".join(args.code) == "7K3M 9QXA 2BT0 PWD4 ZZ81"
