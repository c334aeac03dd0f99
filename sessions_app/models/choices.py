"""Choices of columns that hold a word of the library's: the library's `Literal` says which words there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, get_args

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: The library's words, as people read them.
LABELS: dict[str, Promise] = {
    "agent": _("agent"),
    "assistant": _("assistant"),
    "high": _("high"),
    "low": _("low"),
    "medium": _("medium"),
    "system": _("system"),
    "team": _("team"),
    "tool": _("tool"),
    "user": _("user"),
}
Words = TypeVar("Words", bound=models.TextChoices)


def choices_of(literal: Any) -> list[tuple[str, Promise]]:
    """The `choices` of a column that holds one of a `Literal`'s words, each with its label."""
    return [(word, LABELS[word]) for word in get_args(literal)]


def labels(literal: Any) -> Callable[[type[Words]], type[Words]]:
    """Decorate an enum that gives a `Literal`'s words their labels.

    Raises `TypeError` where the enum lacks one of the words or has another one; that is when its module is imported.
    """

    def checked(enum: type[Words]) -> type[Words]:
        if set(enum.values) != set(get_args(literal)):
            raise TypeError(f"{enum.__qualname__} labels {sorted(enum.values)}, the library has {sorted(get_args(literal))}")
        return enum

    return checked
