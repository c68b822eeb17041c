"""The shape of the tree: which folders are packages, and which must never become one."""

from pathlib import Path


def test_that_packaging_is_not_a_package(repository: Path) -> None:
    """A package of that name would shadow the one that pip and pytest import."""
    assert not list((repository / "packaging").rglob("__init__.py"))


def test_that_tests_are_not_a_package(repository: Path) -> None:
    assert not list((repository / "tests").rglob("__init__.py"))


def test_that_every_room_says_why_it_exists(repository: Path) -> None:
    for package in ("core", "resources", "sync", "widgets", "workstation"):
        assert (repository / package / "__init__.py").read_text(encoding="utf-8").startswith('"""'), package
