"""Addresses that do not exist answer like the rest of the API, in JSON."""

from __future__ import annotations

from typing import NoReturn

from django.http import Http404, HttpRequest
from django.urls import register_converter
from django.urls.converters import StringConverter
from django.utils.translation import gettext as _
from ninja import Router


class AnythingConverter(StringConverter):
    """The rest of an address, line breaks included, which Django's own converters leave out."""

    regex = "(?s:.+)"


register_converter(AnythingConverter, "anything")
router = Router()
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@router.api_operation(METHODS, "/", include_in_schema=False, auth=None)
def root(request: HttpRequest) -> NoReturn:
    unknown(request, "")


@router.api_operation(METHODS, "/{anything:rest}", include_in_schema=False, auth=None)
def unknown(request: HttpRequest, rest: str) -> NoReturn:
    raise Http404(_("There is no such address. The list is at /api/docs."))
