"""Time zone of the admin's pages: that of the signed-in person. The inbox's own views set theirs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from sessions_app.errors import DATABASE_AWAY
from sessions_app.infrastructure.time_zones import zone_of
from sessions_app.models import Person


class AdminTimeZoneMiddleware(MiddlewareMixin):
    """Activates the time zone of the signed-in person for the admin's pages.

    These pages are rendered after their view has returned, so the zone holds until the response is made.
    """

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if not request.path_info.startswith(reverse("admin:index")):
            return
        try:
            reader = request.user
        except DATABASE_AWAY:
            # The view finds the same, and its answer says so.
            return
        if isinstance(reader, Person) and (zone := zone_of(reader)):
            timezone.activate(zone)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        timezone.deactivate()
        return response
