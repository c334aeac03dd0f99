"""Copies of rows with ids of their own, made by SQL: for tests that need many of what takes long to make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection, models, transaction

#: The distance between the ids of a row and of its next copy.
STEP = 1_000_000


@dataclass(frozen=True)
class Original:
    """Rows that belong together, by model: ids and names of one of them that stand in another are those of the copy there."""

    rows: Mapping[type[models.Model], Sequence[int]]

    @contextmanager
    def copied(self, times: int) -> Iterator[range]:
        """Copies, and their numbers; afterwards all is as it was. A text that is unique ends with `-` and the number there."""
        numbers = range(1, times + 1)
        with transaction.atomic():
            with connection.cursor() as cursor:
                for model, keys in self.rows.items():
                    for number in numbers:
                        cursor.execute(self._copying(model, keys, number))
            yield numbers
            transaction.set_rollback(True)

    def _copying(self, model: type[models.Model], keys: Sequence[int], number: int) -> str:
        fields = [field for field in model._meta.concrete_fields if not getattr(field, "generated", False)]
        columns = ", ".join(f'"{field.column}"' for field in fields)
        values = ", ".join(self._value(model, field, number) for field in fields)
        table, ids = model._meta.db_table, ", ".join(map(str, keys))
        return f'INSERT INTO "{table}" ({columns}) SELECT {values} FROM "{table}" WHERE id IN ({ids})'

    def _value(self, model: type[models.Model], field: Any, number: int) -> str:
        column, further = f'"{field.column}"', number * STEP
        if field.primary_key:
            return f"{column} + {further}"
        if field.is_relation:
            known = ", ".join(map(str, self.rows.get(field.related_model, ()))) or "NULL"
            return f"CASE WHEN {column} IN ({known}) THEN {column} + {further} ELSE {column} END"
        if not isinstance(field, models.CharField | models.TextField):
            return column
        end = f"-{number}"
        begin = f"substr({column}, 1, {field.max_length - len(end)})" if field.max_length else column
        if field.name in self._unique(model):
            return f"{begin} || '{end}'"
        return f"CASE WHEN {column} IN ({self._names}) THEN {begin} || '{end}' ELSE {column} END"

    def _unique(self, model: type[models.Model]) -> set[str]:
        """The texts that no two rows of the model may share, wherever they belong to."""
        groups = [[field.name] for field in model._meta.concrete_fields if field.unique and not field.primary_key]
        groups += [list(item.fields) for item in model._meta.constraints if isinstance(item, models.UniqueConstraint)]
        fields = [[model._meta.get_field(name) for name in group] for group in groups]
        alone = [group for group in fields if not any(field.related_model in self.rows for field in group)]
        return {field.name for group in alone for field in group if isinstance(field, models.CharField)}

    @cached_property
    def _names(self) -> str:
        """The unique texts of the rows, for columns that refer to a row by its name."""
        found: set[str] = set()
        for model, keys in self.rows.items():
            for name in self._unique(model):
                found |= set(model._default_manager.filter(pk__in=keys).values_list(name, flat=True))
        return ", ".join(f"'{name}'" for name in sorted(found - {""})) or "NULL"
