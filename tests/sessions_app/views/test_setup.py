"""The set-up: admins alone find it, in the sidebar and by its address."""

from __future__ import annotations

from django.test import Client

from sessions_app.models import Person
from tests.sessions_app.html import flat


def test_admins_find_the_set_up_in_the_sidebar_with_a_page_for_each_thing(client: Client, ana: Person) -> None:
    client.force_login(ana)
    page = flat(client.get("/setup/"))
    assert 'aria-current="page" title="Set-up"' in page
    for address in ("/admin/sessions_app/person/", "/setup/queues/", "/admin/sessions_app/apitoken/"):
        assert f'href="{address}"' in page


def test_other_people_see_no_set_up(client: Client, ben: Person) -> None:
    client.force_login(ben)
    assert client.get("/setup/").status_code == 404
    assert "/setup/" not in flat(client.get("/profile/"))
