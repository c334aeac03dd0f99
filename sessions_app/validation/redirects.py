"""Validation of redirect targets: only pages of this installation are allowed."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def is_own_page(request: HttpRequest, address: str | None) -> bool:
    """Return whether the address leads to a page of this installation, and can be written into a header."""
    if not address or not address.isprintable():
        return False
    try:
        return url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    except ValueError:
        # An invalid address that looks like IPv6.
        return False


def own_page(request: HttpRequest, address: str | None, default: str) -> str:
    """Return the address if it leads to a page of this installation, else `default`."""
    return address if address and is_own_page(request, address) else default


def own_path(request: HttpRequest, address: str | None) -> str:
    """Return the path and query of an address of this installation, else of the first page."""
    parts = urlsplit(own_page(request, address, "/"))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
