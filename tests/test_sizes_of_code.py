"""No file becomes a hall: files have at most 300 lines, functions 40; templates and scripts 120 characters a line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINES_OF_A_FILE = 300
LINES_OF_A_FUNCTION = 40


def modules() -> Iterator[Path]:
    for top in ("kern", "kern_inbox", "sessions_app", "bench", "docs", "examples"):
        yield from (path for path in sorted((ROOT / top).rglob("*.py")) if "migrations" not in path.parts)


def test_files_are_rooms() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules()}
    assert {path: number for path, number in lines.items() if number > LINES_OF_A_FILE} == {}


def test_functions_fit_on_a_screen() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    }
    assert {name: number for name, number in found.items() if number > LINES_OF_A_FUNCTION} == {}
