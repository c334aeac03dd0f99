"""The reference in docs/library.md is what the signatures and docstrings of the library say."""

from __future__ import annotations

import importlib

import pytest

from docs.write_reference import DOCUMENT, MARK, MODULES, document, public_names

TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_the_document_is_up_to_date() -> None:
    assert document() == TEXT, "the library's signatures or docstrings have changed: run `make reference`"


@pytest.mark.parametrize("path", MODULES)
def test_every_public_name_has_an_entry(path: str) -> None:
    names = public_names(importlib.import_module(path))
    section = TEXT.partition(MARK)[2]
    if path != "kern":  # whose names may stand with their modules
        section = section.partition(f"### `{path}`\n")[2].partition("\n### ")[0]
    assert names
    assert [name for name in names if f"#### `{name}`" not in section] == []


def test_every_argument_of_an_agent_is_told() -> None:
    entry = TEXT.partition("\nAgent(\n")[2].partition("```")[0]
    for argument in ("model", "db", "session_id", "user_id", "num_history_runs", "tool_call_limit", "deadline", "lease"):
        assert f"\n    {argument}: " in f"\n{entry}", argument
