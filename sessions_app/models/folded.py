"""Search columns: the folded form of other columns of their row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.lookups import Contains

from sessions_app.models.row import Row
from sessions_app.text.folding import fold

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


class FoldedField(_TextField):
    """Column for searches: other columns of the row in their folded form, one a line.

    The column has no other writer: it is made anew whenever its row is stored (see `FoldedModel` for `update_fields`).
    """

    def __init__(self, *sources: str, **options: Any) -> None:
        self.sources = sources
        super().__init__(**{"blank": True, "default": "", "editable": False, **options})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        folded = "\n".join(fold(getattr(model_instance, source)) for source in self.sources)
        setattr(model_instance, self.attname, folded)
        return folded

    def deconstruct(self) -> Any:
        """Deconstruct to the plain column: migrations know nothing of folding."""
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options


@FoldedField.register_lookup
class FoldedContains(Contains):
    """`__contains` with the search text folded too.

    Folded before Django escapes it: a full-width percent sign would become one that stands for anything.
    """

    def get_prep_lookup(self) -> Any:
        return fold(super().get_prep_lookup())


class FoldedModel(Row):
    """Base of models whose `FoldedField`s also stay correct when only some columns are saved."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if named := options.get("update_fields"):
            changed = set(named)
            folded = [field for field in self._meta.fields if isinstance(field, FoldedField)]
            options["update_fields"] = [*named, *(f.name for f in folded if changed & set(f.sources))]
        super().save(*args, **options)


def must_not_leave_behind(model: type[models.Model], columns: Iterable[str]) -> None:
    """Raise `ValueError` where an update of these columns alone would leave a `FoldedField` behind."""
    for field in model._meta.fields:
        if isinstance(field, FoldedField) and (changed := set(field.sources).intersection(columns)):
            raise ValueError(f"save rows to change {', '.join(sorted(changed))}: {field.name} is made of them")
