"""Columns that hold a word of the library's take the library's words, and no others."""

from __future__ import annotations

from typing import Any, Literal, get_args

import pytest
from django.db import models

from kern.records import requirement as library
from kern.records.message import Role
from kern.records.policy import Risk
from kern.records.run import ACTIVE, CallStatus, Status
from kern.session import SessionKind
from sessions_app.models import Message, Requirement, Run, Session, ToolCall, ToolPolicy
from sessions_app.models.choices import labels
from sessions_app.models.run import ACTIVE_RUN


@pytest.mark.parametrize(
    ("model", "column", "words"),
    [
        (Run, "status", Status),
        (ToolCall, "status", CallStatus),
        (Requirement, "status", library.Status),
        (Requirement, "kind", library.Kind),
        (Requirement, "reason", library.Reason),
        (Requirement, "risk", Risk),
        (ToolPolicy, "risk", Risk),
        (Message, "role", Role),
        (Session, "kind", SessionKind),
    ],
)
def test_a_column_takes_the_librarys_words(model: type[models.Model], column: str, words: Any) -> None:
    field: Any = model._meta.get_field(column)
    assert {value for value, _label in field.choices} == set(get_args(words))


def test_the_states_that_keep_a_session_busy_are_the_librarys() -> None:
    assert set(ACTIVE_RUN) == ACTIVE


def test_a_word_too_few_or_too_many_is_told_at_import() -> None:
    class Labels(models.TextChoices):
        ONE = "one", "One"

    assert labels(Literal["one"])(Labels) is Labels
    for words in (Literal["one", "two"], Literal["two"]):
        with pytest.raises(TypeError, match="two"):
            labels(words)(Labels)
