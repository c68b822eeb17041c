"""Who may import whom, and what starting may load."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "ai_edge_litert",
    "alembic",
    "asyncpg",
    "cryptography",
    "fastapi",
    "folium",
    "geopandas",
    "keras",
    "matplotlib",
    "numba",
    "osmium",
    "pandas",
    "pyogrio",
    "pyproj",
    "scipy",
    "sklearn",
    "starlette",
    "tensorflow",
    "uvicorn",
    "zeroconf",
}


def test_that_the_floors_hold(repository: Path, python: str) -> None:
    linter = Path(python).with_name("lint-imports" + (".exe" if sys.platform == "win32" else ""))
    checked = subprocess.run([str(linter), "--no-cache"], cwd=repository, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_that_only_one_sqlite_build_is_imported(modules: list[Path]) -> None:
    """Two builds on one file in WAL mode corrupt it."""
    for path in modules:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        plain = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
        of = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not {name.partition(".")[0] for name in (*plain, *of)} & {"sqlite3", "pysqlite3"}, path


@pytest.mark.parametrize("module", ["workstation.cli", "workstation.app", "widgets.window", "core.desk"])
def test_that_starting_loads_nothing_heavy(module: str, repository: Path, python: str) -> None:
    script = f"import {module}, sys; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([python, "-c", script], cwd=repository, capture_output=True, text=True, check=False)
    assert loaded.returncode == 0, loaded.stderr
    assert not HEAVY & set(loaded.stdout.split())


def test_that_no_filter_sits_on_the_whole_application(modules: list[Path]) -> None:
    """Python would be shown events of objects that are half destroyed, and the process ends."""
    shipped = [path for path in modules if "tests" not in path.parts]
    filtering = re.compile(r"(instance\(\)|application|app)\.installEventFilter")
    assert [path for path in shipped if filtering.search(path.read_text(encoding="utf-8"))] == []
