"""Calls made for the tests: the words and the age decide how severe they are, with some chance."""

import csv
import random
from collections.abc import Callable
from pathlib import Path

import pytest

SEVERE = (
    "unconscious after fall",
    "chest pain and sweating",
    "hit by car bleeding",
    "trouble breathing",
    "stroke signs",
)
OTHERS = ("cut finger with knife", "twisted ankle at football", "splinter in hand", "minor burn on arm", "stubbed toe")
COLUMNS = ("date", "text", "age", "sex", "type", "severity")


def made_rows(count: int, seed: int = 0) -> list[dict[str, str]]:
    chance = random.Random(seed)
    rows = []
    for i in range(count):
        age = chance.randint(0, 95)
        severe = chance.random() < 0.2 + 0.3 * (age > 65)
        words = chance.choice(SEVERE if severe == (chance.random() < 0.9) else OTHERS)
        day = f"{2020 + 3 * i // count}-{1 + chance.randrange(12):02}-{1 + chance.randrange(28):02}"
        kind = "INJURY" if chance.random() < 0.5 else "ILLNESS"
        text = f"{words} number {chance.randint(1, 40)} {chance.choice(('at home', 'in street', 'in the park'))}"
        level = "high" if severe else "low"
        rows.append(dict(zip(COLUMNS, (day, text, str(age), chance.choice("fm"), kind, level), strict=True)))
    return sorted(rows, key=lambda row: row["date"])


def write_rows(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def rows() -> list[dict[str, str]]:
    return made_rows(200)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[list[dict[str, str]]], Path]:
    return lambda rows: write_rows(tmp_path / "calls.csv", rows)


@pytest.fixture(scope="session")
def calls_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("calls") / "calls.csv", made_rows(420))
