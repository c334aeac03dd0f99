"""Webhooks go to the public internet: an address inside one's own network is refused when it is saved and when it is used."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from sessions_app.errors import InvalidAction
from sessions_app.models import Person, WebhookEndpoint
from sessions_app.webhooks.outgoing import endpoints
from sessions_app.webhooks.outgoing.addresses import ForbiddenAddressError, check_address, is_inside
from sessions_app.webhooks.outgoing.endpoints import Wanted
from sessions_app.webhooks.outgoing.sending import Sender
from tests.webhook_receiver import Receiver

#: The same few addresses, as people write them to get past a check of the words.
INSIDE = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f.0.0.1/",
    "https://017700000001/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1:8443/x",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://[fec0::1]/",
    "https://localhost/",
    "https://LOCALHOST./",
]


@pytest.mark.parametrize("url", INSIDE)
def test_an_address_inside_is_refused(url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        check_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "example.com",
        "https://",
        "https://user:secret@example.com/",
        "https://example.com/#part",
        "https://example.com:99999/",
        "https://exa mple.com/",
        "https://[::1",
        "https://ex%61mple.com/",
        "javascript:alert(1)",
        "",
    ],
)
def test_what_is_no_address_for_webhooks_is_refused_with_a_reason(url: str) -> None:
    with pytest.raises(ForbiddenAddressError) as refused:
        check_address(url)
    assert str(refused.value)


@pytest.mark.parametrize("url", ["https://93.184.215.14/hooks", "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:8443/"])
def test_a_public_address_is_taken(url: str) -> None:
    check_address(url)


@given(st.ip_addresses(v=4))
def test_an_address_is_inside_in_every_form_of_it_or_in_none(ip: object) -> None:
    number = int(ip_address(str(ip)))
    forms = [f"::ffff:{ip}", f"64:ff9b::{ip}", f"2002:{number >> 16:x}:{number & 0xFFFF:x}::"]
    assert {is_inside(ip_address(form)) for form in forms} == {is_inside(ip_address(str(ip)))}


def test_an_admin_may_allow_hosts_by_a_setting(settings: Settings) -> None:
    settings.KERN_WEBHOOK_HOSTS = ["127.0.0.1:9000", "[::1]"]
    check_address("http://127.0.0.1:9000/")
    check_address("http://[::1]:1/")
    for url in ("http://127.0.0.1:9001/", "http://127.0.0.1/", "https://localhost/"):
        with pytest.raises(ForbiddenAddressError):
            check_address(url)


def test_no_endpoint_is_made_or_changed_to_one(ana: Person, made: tuple[WebhookEndpoint, str]) -> None:
    for url in ("https://10.0.0.1/", "http://example.com/"):
        with pytest.raises(InvalidAction):
            endpoints.make(ana, Wanted("Inside", url))
        with pytest.raises(InvalidAction):
            endpoints.change(made[0], ana, Wanted("Inside", url))
    assert WebhookEndpoint.objects.get().name == "Booking ledger"


def test_a_name_that_leads_inside_only_later_is_refused_at_the_connection(ledger: Receiver, settings: Settings) -> None:
    # As after a DNS answer that changed: saved while it was allowed, used when it is not.
    settings.KERN_WEBHOOK_HOSTS = []
    with Sender(ledger.url.replace("http:", "https:").replace("127.0.0.1", "localhost")) as sender:
        assert sender.post(b"{}", {}).problem == "forbidden_address"
    assert ledger.connections == 0
