"""Modules and functions stay small enough to be read at one sitting."""

import ast
from collections.abc import Iterator
from pathlib import Path

MOST_LINES_IN_A_MODULE = 500
MOST_LINES_IN_A_FUNCTION = 60


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.name}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_that_no_module_outgrows_a_sitting(modules: list[Path]) -> None:
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules}
    assert not {path: lines for path, lines in lengths.items() if lines > MOST_LINES_IN_A_MODULE}


def test_that_no_function_outgrows_a_screen(modules: list[Path]) -> None:
    lengths = [function for path in modules for function in _functions(path)]
    assert not [(name, lines) for name, lines in lengths if lines > MOST_LINES_IN_A_FUNCTION]


def test_that_every_module_opens_with_why_it_exists(modules: list[Path]) -> None:
    silent = [path for path in modules if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert not silent
