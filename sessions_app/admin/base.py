"""Access to the admin pages, and read-only pages."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from django.contrib import admin
from django.core.exceptions import BadRequest
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _

from sessions_app.admin.audited import Audited

#: Valid keys of rows in a form: nothing, or a number that every database takes.
KEY = re.compile(r"[0-9]{0,18}")
Row = TypeVar("Row", bound=models.Model)


class AdminPages(Audited, admin.ModelAdmin[Row]):
    """Pages of one model that only superusers see, being staff is not enough; what they edit is in the audit log."""

    show_full_result_count = False
    list_per_page = 50

    def changeform_view(self, request: HttpRequest, *given: Any, **more: Any) -> Any:
        """The form of a row. Raises `BadRequest` for keys of other rows that are none: Django's widgets would fail on them."""
        for field in self.opts.get_fields():
            if field.is_relation and field.concrete:
                sent = (*request.GET.getlist(field.name), *request.POST.getlist(field.name))
                if not all(KEY.fullmatch(key) for key in sent):
                    raise BadRequest(_("%(field)s is no key of a row") % {"field": field.name})
        return super().changeform_view(request, *given, **more)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_admin(request)

    def has_view_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return _is_admin(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_admin(request)

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return _is_admin(request)

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return _is_admin(request)


class RecordPages(AdminPages[Row]):
    """Rows that are appended and never changed: to be looked at. They go with their session."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False


def _is_admin(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)
