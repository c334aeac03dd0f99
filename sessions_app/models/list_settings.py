"""Settings of a person for the list of conversations."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ListSettings(models.Model):
    """The person's columns for the wide form of the list."""

    wide_list = models.BooleanField(default=False, help_text=_("The list is a table where no conversation is open."))
    list_columns = models.CharField(
        max_length=200, blank=True, help_text=_("Names of its columns, separated by spaces. Empty: the usual ones.")
    )

    class Meta:
        abstract = True
