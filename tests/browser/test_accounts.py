"""Pages of an account in a real browser: a passkey from its first day on, and every page in both themes on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from sessions_app.models import Person
from tests.browser.conftest import Visit
from tests.browser.test_inbox import violations

STRANGERS = ("login/", "password/reset/", "signup/", "password/reset/key/1-a-b/", "inactive/")
OWN = ("email/", "password/change/", "reauthenticate/", "2fa/", "2fa/webauthn/", "logout/")


@pytest.fixture
def with_key(visit: Visit, settings: Settings) -> Page:
    """A browser with a security key in it, at the door."""
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    page = visit(None, "/accounts/login/")
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
    options = {**key, "hasResidentKey": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


@pytest.fixture
def root(server: str) -> str:
    """A passkey belongs to a name, and an address of numbers is none."""
    return server.replace("127.0.0.1", "localhost")


def sign_in(page: Page, root: str, person: Person) -> None:
    page.goto(f"{root}/accounts/login/")
    page.fill("[name=login]", person.email)
    page.fill("[name=password]", "secret")
    page.click("button.primary")


def test_a_passkey_is_added_signs_in_and_is_asked_for_again(with_key: Page, root: str, ben: Person) -> None:
    page = with_key
    sign_in(page, root, ben)
    page.wait_for_url("**/accounts/password/change/**")
    page.goto(f"{root}/accounts/2fa/webauthn/add/")
    page.fill("[name=password]", "secret")
    page.click("button.primary")
    page.fill("[name=name]", "Blue key")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/accounts/2fa/recovery-codes/")
    page.goto(f"{root}/accounts/2fa/webauthn/")
    expect(page.get_by_text("Blue key")).to_be_visible()
    page.context.clear_cookies()
    sign_in(page, root, ben)
    page.click("#mfa_webauthn_authenticate")
    page.wait_for_url("**/accounts/password/change/**")
    page.goto(f"{root}/accounts/reauthenticate/?next=/profile/")
    page.get_by_role("link", name="Use a security key").click()
    page.click("#mfa_webauthn_reauthenticate")
    page.wait_for_url("**/profile/")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_of_an_account_is_readable_and_fits_a_phone(visit: Visit, ben: Person, theme: str) -> None:
    options = {"viewport": {"width": 390, "height": 800}, "color_scheme": theme}
    for person, paths in ((None, STRANGERS), (ben, OWN)):
        page = visit(person, "/profile/" if person else "/accounts/login/", **options)
        for path in paths:
            page.goto(f"/accounts/{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
            assert violations(page) == [], path
