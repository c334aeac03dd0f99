"""The page about the API at `/api/docs`, from our own files and without inline script or style."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase


class LocalSwagger(DocsBase):
    """Swagger UI as the package ships it, on a page that holds under a strict content security policy."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        """The page; the description itself is fetched from beside it."""
        context = {"title": api.title, "description_url": reverse("api:openapi-json", kwargs=kwargs)}
        return render(request, "api/docs.html", context)
