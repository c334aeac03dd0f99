"""Docstrings begin with an imperative or a noun phrase in the field's terms, and name the actor or the thing they mean."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Every folder whose docstrings are read by people who work on the program.
ROOMS = sorted(
    str(path.relative_to(ROOT))
    for path in [ROOT / "kern_inbox", *(ROOT / "kern").iterdir(), *(ROOT / "sessions_app").iterdir()]
    if (path.is_dir() and any(path.glob("*.py")) and path.name != "migrations") or path.suffix == ".py"
)
RIDDLE = re.compile(
    r"(What|Whether|Who|Whose|Whom|Whoever|Whatever|How|Where|When|Why|Which|That|Once|If|As|At|After|Before|Until|Nothing|Nobody)\b"
)
VAGUE = re.compile(r"\b(whoever|whomever|whatever|whichever|wherever|nobody|somebody|anybody)\b", re.IGNORECASE)


def files(place: str) -> list[Path]:
    path = ROOT / place
    found = [path] if path.is_file() else sorted(path.rglob("*.py"))
    return [file for file in found if "migrations" not in file.parts]


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """The docstrings of a module, its classes and functions, with their line numbers."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "lineno", 1), text


def faults(source: str) -> Iterator[tuple[int, str]]:
    for line, text in docstrings(source):
        if RIDDLE.match(text):
            yield (
                line,
                f"begins with a question word or a conjunction, not with an imperative or a noun: {text.splitlines()[0]}",
            )
        elif vague := VAGUE.search(text):
            yield line, f"says {vague[0]!r}: name the person or the thing"


@pytest.mark.parametrize("place", ROOMS)
def test_docstrings_are_imperatives_or_noun_phrases(place: str) -> None:
    found = [f"{file.relative_to(ROOT)}:{line} {fault}" for file in files(place) for line, fault in faults(file.read_text())]
    assert files(place), place
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "Whether the run waits.",
        "What a run waits for.",
        "How long one may wait.",
        "Who may decide.",
        "Once: the sweep that comes first reminds.",
        "The page, for whoever opens it.",
        "Remind the queue.\n\n    Nobody is reminded twice.",
    ],
)
def test_riddles_are_found(text: str) -> None:
    assert list(faults(f'def f():\n    """{text}"""\n'))


@pytest.mark.parametrize("text", ["Return whether it waits.", "True if it waits.", "The requirements of a run."])
def test_plain_docstrings_pass(text: str) -> None:
    assert not list(faults(f'def f():\n    """{text}"""\n'))
