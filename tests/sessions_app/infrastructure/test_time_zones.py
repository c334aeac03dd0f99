"""Times are the reader's: whose zone a page is written in, and how a person comes by one."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from sessions_app.actions import messages
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.models import Decision, Message, Person, Queue, Session
from sessions_app.queries.reports import since
from tests.sessions_app.views.test_inbox import read

#: It was then a day later in Auckland, and still the day before in St. John's at the beginning of the next hour.
NIGHT = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
EXACT = [
    ("Pacific/Auckland", "2026-03-02 12:30:00 NZDT"),
    ("America/St_Johns", "2026-03-01 20:00:00 NST"),
    ("Asia/Kathmandu", "2026-03-02 05:15:00 +0545"),
    ("Europe/Kiev", "2026-03-02 01:30:00 EET"),
    ("Europe/Kyiv", "2026-03-02 01:30:00 EET"),
    ("", "2026-03-01 23:30:00 UTC"),
    ("Mars/Olympus", "2026-03-01 23:30:00 UTC"),
]


def sign_in(person: Person, zone: str | None) -> None:
    form = {"login": person.email, "password": "secret", **({} if zone is None else {"browser_zone": zone})}
    assert Client().post("/accounts/login/", form).status_code == 302
    person.refresh_from_db()


def browser_of(person: Person, zone: str) -> Client:
    """A signed-in browser of somebody in this zone."""
    Person.objects.filter(pk=person.pk).update(time_zone=zone)
    client = Client()
    client.force_login(person)
    return client


def test_the_first_sign_in_tells_the_zone_and_later_ones_change_nothing(ben: Person) -> None:
    for told in (
        None,
        "",
        "undefined",
        "Etc/Unknown",
        "localtime",
        "Factory",
        "../../etc/passwd",
        "Europe",
        "x" * 5000,
        "\x00",
    ):
        sign_in(ben, told)
        assert ben.time_zone == "", told
    sign_in(ben, "Asia/Calcutta")
    assert ben.time_zone == "Asia/Calcutta"
    sign_in(ben, "Europe/Berlin")
    assert ben.time_zone == "Asia/Calcutta"


def test_who_is_signed_in_already_tells_it_from_any_page(ben: Person, orders: Queue) -> None:
    client = browser_of(ben, "")
    assert 'name="browser_zone"' in read(client, "/open/")
    client.post("/profile/", {"browser_zone": "Pacific/Auckland", "theme": "dark"})
    client.post("/profile/", {"browser_zone": "Europe/Berlin"})
    ben.refresh_from_db()
    assert (ben.time_zone, ben.theme) == ("Pacific/Auckland", "dark")
    assert 'name="browser_zone"' not in read(client, "/open/")


def test_a_zone_is_chosen_in_the_profile(ben: Person) -> None:
    client = browser_of(ben, "Europe/Kiev")
    page = read(client, "/profile/")
    assert '<option value="Europe/Kiev" selected>' in page
    assert ('value="Europe/Kyiv"' in page, 'value="Asia/Calcutta"' in page) == (True, False)
    assert "UTC+0" in page
    assert client.post("/profile/", {"time_zone": "America/St_Johns"}).status_code == 303
    refused = client.post("/profile/", {"time_zone": "Mars/Olympus"})
    assert (refused.status_code, "Mars/Olympus" in refused.content.decode()) == (422, True)
    ben.refresh_from_db()
    assert ben.time_zone == "America/St_Johns"
    assert "St Johns</option>" in read(client, "/profile/")


@pytest.mark.parametrize(("zone", "exact"), EXACT)
def test_times_on_pages_are_those_of_the_readers_clock(ben: Person, session: Session, zone: str, exact: str) -> None:
    messages.receive(session, "Hello")
    Message.objects.update(created_at=NIGHT)
    page = read(browser_of(ben, zone), f"/open/{session.session_id}/")
    assert f'title="{exact}"' in page
    assert (">2 March" if exact.startswith("2026-03-02") else ">1 March") in page
    # What one request was answered in is no matter of the next one.
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/St_Johns", "Asia/Kathmandu"])
def test_today_begins_at_the_readers_midnight(ben: Person, orders: Queue, zone: str) -> None:
    midnight = timezone.now().astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    for moved in (midnight, midnight - timedelta(seconds=1)):
        Session.objects.create(queue=orders, name="Moved", activity_at=moved)
    assert re.findall(r'class="group">([^<]+)', read(browser_of(ben, zone), "/open/")) == ["Today", "Yesterday"]


def test_the_day_of_a_report_begins_at_the_readers_midnight(ana: Person) -> None:
    for zone in ("Pacific/Auckland", "America/St_Johns", "Asia/Kathmandu"):
        Decision.objects.create(tool_name="refund", queue_slug="orders", verdict="approved", person=ana, actor="Ana")
        with timezone.override(zone):
            begins = timezone.localtime(since(30))
        assert (begins.hour, begins.minute) == (0, 0)
        page = read(browser_of(ana, zone), "/reports/")
        assert f"Days are those of {zone}." in page


def test_times_of_an_export_have_their_offset(ana: Person) -> None:
    Decision.objects.create(
        tool_name="refund", queue_slug="orders", verdict="approved", person=ana, actor="Ana", created_at=NIGHT
    )
    for zone, wanted in (("Asia/Kathmandu", "2026-03-02T05:15:00+05:45"), ("", "2026-03-01T23:30:00+00:00")):
        answer = browser_of(ana, zone).get("/reports/decisions.csv", {"days": "all"})
        [row] = csv.DictReader(io.StringIO(answer.getvalue().decode()))
        assert row["time"] == wanted


def test_admins_read_and_write_times_of_their_own_clock(ana: Person, session: Session) -> None:
    Session.objects.update(snoozed_until=NIGHT)
    page = read(browser_of(ana, "Asia/Kathmandu"), f"/admin/sessions_app/session/{session.pk}/change/")
    assert "March 2, 2026, 5:15 a.m." in page
    assert timezone.get_current_timezone_name() == "UTC"
    ana.time_zone = "Mars/Olympus"
    with pytest.raises(ValidationError, match="Mars/Olympus"):
        ana.full_clean()


def test_a_customer_without_scripts_reads_which_zone_is_meant(client: Client, session: Session) -> None:
    messages.receive(session, "Hello")
    Message.objects.update(created_at=NIGHT)
    Session.objects.filter(pk=session.pk).update(access_hash=secret_hash("a-secret"))
    assert 'title="2026-03-01 23:30:00 UTC"' in read(client, "/c/a-secret/")
