"""The longest text of a column, said once for forms, verbs, imports and the API's description."""

from __future__ import annotations

from django.db import models


def longest(model: type[models.Model], column: str) -> int:
    """The most characters of a column of text."""
    field = model._meta.get_field(column)
    limit = getattr(field, "max_length", None)
    if limit is None:
        raise ValueError(f"{column} has no limit")
    return int(limit)
