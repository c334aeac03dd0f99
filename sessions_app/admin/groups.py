"""Groups: the roles that policies name."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from sessions_app.admin.base import AdminPages

admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(AdminPages[Group], GroupAdmin):
    """A role's name; who has it is set on the pages of people."""

    fields = ["name"]

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj)
