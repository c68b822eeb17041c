"""`foredesk desk`: joining in one step, what it says when it cannot, parting, and how a desk stands."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.domain.agency_file import read_agency
from core.domain.commands import OpenIncident
from core.domain.values import Location
from resources import resource_path
from tests.scenarios.centre import Centre
from workstation.cli import main
from workstation.compose import open_desk
from workstation.sync.session import MEMBERSHIP

Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    running = Centre(tmp_path_factory.mktemp("centre"))
    yield running
    running.stop()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("FOREDESK_HOME", str(folder))
    folder.mkdir()
    (folder / "agency.toml").write_bytes(resource_path("agency", "default.toml").read_bytes())
    return folder


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command of this desk; its exit code and what it said."""

    def run_(*words: str) -> tuple[int, str]:
        code = main(["desk", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run_


def first_number(home: Path) -> str:
    opened = open_desk(home, read_agency(home / "agency.toml"))
    try:
        events = opened.desk.do(OpenIncident("FIRE-STR", Location("Balmaceda 391")))
        return next(event.body.number for event in events if hasattr(event.body, "number"))
    finally:
        opened.close()


def test_that_a_desk_joins_in_one_step_says_so_and_parts(centre: Centre, home: Path, run: Run) -> None:
    before = first_number(home)
    address = f"https://127.0.0.1:{centre.port}"
    code, said = run("join", address, centre.first_code, "--name", "Console 7")
    assert (code, "as Console 7" in said) == (0, True), said
    code, said = run("status")
    assert "This desk is Console 7" in said
    assert f"Its server is at {address}." in said
    assert "events wait to be sent." in said
    code, said = run("join", address, centre.first_code)
    assert (code, "has joined" in said) == (1, True)
    after = first_number(home)
    assert (before.rsplit("-", 1)[-1], after.rsplit("-", 1)[-1]) == ("00001", "00002")
    code, said = run("leave")
    assert (code, said.startswith("This desk has parted from")) == (0, True), said
    assert "it works alone" in run("status")[1]
    assert run("leave")[0] == 1


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("https://127.0.0.1:1", "7K3M-9QXA-2BT0-PWD4-ZZ81", "no server listens at port 1"),
        ("centre", "hello", "not a pairing code"),
    ],
)
def test_that_what_stands_in_the_way_is_a_sentence_and_nothing_is_kept(
    home: Path, run: Run, url: str, code: str, said: str
) -> None:
    exit_code, told = run("join", url, code)
    assert (exit_code, said in told) == (1, True), told
    assert "Traceback" not in told
    assert "it works alone" in run("status")[1]


def test_that_a_window_in_front_of_the_store_is_said(home: Path, run: Run) -> None:
    opened = open_desk(home, read_agency(home / "agency.toml"))
    try:
        code, said = run("leave")
    finally:
        opened.close()
    assert code == 1
    assert "open" in said


def test_that_the_session_and_the_membership_mean_the_same_setting() -> None:
    from sync.link.membership import SETTING

    assert SETTING == MEMBERSHIP
