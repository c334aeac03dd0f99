"""One answer to where a request may lead."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from sessions_app.validation.redirects import is_own_page, own_page, own_path
from tests.sessions_app.validation.test_from_outside import AWAY


@pytest.mark.parametrize("address", [*AWAY, "", None, "/a\u202eb", "ftp://testserver/"])
def test_what_leads_away_is_replaced(address: str | None) -> None:
    request = RequestFactory().get("/")
    assert not is_own_page(request, address)
    assert own_page(request, address, "/inbox/open/") == "/inbox/open/"
    assert own_path(request, address) == "/"


def test_pages_of_this_installation_are_kept() -> None:
    request = RequestFactory().get("/")
    assert own_page(request, "/names/?q=ü", "/") == "/names/?q=ü"
    assert own_path(request, "http://testserver/inbox/open/?sort=oldest#new") == "/inbox/open/?sort=oldest"


def test_a_page_read_over_https_leads_to_none_without() -> None:
    request = RequestFactory().get("/", secure=True)
    assert not is_own_page(request, "http://testserver/inbox/open/")
    assert is_own_page(request, "https://testserver/inbox/open/")
