"""What the README tells people to type, and points them to, exists."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from workstation.cli import build_parser


@pytest.fixture(params=["README.md", "CONTRIBUTING.md"])
def page(request: pytest.FixtureRequest, repository: Path) -> str:
    return (repository / request.param).read_text(encoding="utf-8")


def _codes(page: str) -> str:
    """Only what stands in code, so that a sentence about Foredesk is no command."""
    return "\n".join([*re.findall(r"```\w*\n(.*?)```", page, re.DOTALL), *re.findall(r"`([^`\n]+)`", page)])


def test_that_every_set_up_command_exists(page: str, bootstrap: ModuleType) -> None:
    named = re.findall(r"bootstrap\.py ([a-z]+)", _codes(page))
    assert named
    assert set(named) <= set(bootstrap.COMMANDS)


def test_that_every_foredesk_command_exists(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in set(re.findall(r"\bforedesk ((?:map )?[a-z]+)\b", _codes(page))):
        with pytest.raises(SystemExit) as ended:
            build_parser().parse_args([*words.split(), "--help"])
        assert ended.value.code == 0, words


def test_that_every_file_pointed_to_exists(page: str, repository: Path) -> None:
    targets = {target for target in re.findall(r"\]\(([^)#]+)", page) if "://" not in target}
    assert not {target for target in targets if not (repository / target).exists()}
