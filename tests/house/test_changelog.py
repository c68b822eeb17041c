"""The changelog keeps the form that people and tools expect."""

import re
from pathlib import Path

import pytest

KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
VERSION = re.compile(r"\[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}")


@pytest.fixture(scope="module")
def changelog(repository: Path) -> str:
    return (repository / "CHANGELOG.md").read_text(encoding="utf-8")


def test_that_the_newest_entry_is_the_unreleased_one(changelog: str) -> None:
    assert re.findall(r"^## (.+)$", changelog, re.MULTILINE)[0] == "[Unreleased]"


def test_that_every_release_has_its_version_and_day(changelog: str) -> None:
    releases = re.findall(r"^## (.+)$", changelog, re.MULTILINE)[1:]
    assert all(VERSION.fullmatch(release) for release in releases)


def test_that_changes_are_sorted_by_kind(changelog: str) -> None:
    assert set(re.findall(r"^### (.+)$", changelog, re.MULTILINE)) <= KINDS
