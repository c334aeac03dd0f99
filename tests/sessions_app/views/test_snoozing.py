"""Until when a session is snoozed: ready choices and a time of one's own, by the reader's clock, whatever clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from sessions_app.actions import sessions
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure.time_zones import from_wall_clock
from sessions_app.models import Person, Session
from sessions_app.templatetags import durations
from sessions_app.views.conversation.snoozing import snooze_choices
from tests.sessions_app.infrastructure.test_time_zones import browser_of
from tests.sessions_app.views.test_inbox import read

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("zone", "now", "tomorrow"),
    [
        # The night before clocks go forward, and the one before they go back.
        ("Europe/Berlin", "2026-03-28T20:00+01:00", "2026-03-29T09:00+02:00"),
        ("Europe/Berlin", "2026-10-24T20:00+02:00", "2026-10-25T09:00+01:00"),
        ("Europe/Berlin", "2026-10-25T02:30+01:00", "2026-10-26T09:00+01:00"),
        ("Pacific/Auckland", "2026-04-04T20:00+13:00", "2026-04-05T09:00+12:00"),
        ("America/St_Johns", "2026-03-07T23:50-03:30", "2026-03-08T09:00-02:30"),
        ("Asia/Kathmandu", "2026-03-01T18:30Z", "2026-03-03T09:00+05:45"),
        # Midnight itself is skipped.
        ("America/Santiago", "2026-09-05T23:30-04:00", "2026-09-06T09:00-03:00"),
    ],
)
def test_tomorrow_at_nine_is_nine_by_the_readers_clock(zone: str, now: str, tomorrow: str) -> None:
    with timezone.override(zone):
        choices = {name: value for name, value, _when in snooze_choices(datetime.fromisoformat(now))}
    assert datetime.fromisoformat(choices["Tomorrow"]).isoformat("T", "minutes") == tomorrow


@pytest.mark.parametrize(
    ("zone", "shown", "meant"),
    [
        ("Europe/Berlin", "2036-03-30T02:30", "2036-03-30T01:30+00:00"),  # skipped: shown as 03:30 afterwards
        ("Europe/Berlin", "2036-10-26T02:30", "2036-10-26T00:30+00:00"),  # shown twice: the first
        ("Asia/Kathmandu", "2036-01-01T09:00", "2036-01-01T03:15+00:00"),
        ("America/St_Johns", "2036-01-01T09:00", "2036-01-01T12:30+00:00"),
    ],
)
def test_what_a_clock_shows_is_one_moment(zone: str, shown: str, meant: str) -> None:
    assert from_wall_clock(datetime.fromisoformat(shown), ZoneInfo(zone)) == datetime.fromisoformat(meant)


def test_a_time_of_ones_own_is_meant_in_the_zone_that_the_form_shows(ben: Person, session: Session) -> None:
    client = browser_of(ben, "Asia/Kathmandu")
    page = read(client, f"/open/{session.session_id}/")
    assert 'type="datetime-local"' in page
    assert "In Asia/Kathmandu, where it is" in page
    ahead = timezone.now().replace(year=timezone.now().year + 1, month=6, day=15, hour=3, minute=15, second=0, microsecond=0)
    for form in ({"zone": "Asia/Kathmandu"}, {}, {"zone": "Mars/Olympus"}):
        sent = {"do": "snooze", "until": f"{ahead.year}-06-15T09:00", **form}
        assert client.post(f"/sessions/{session.session_id}/status/", sent).status_code == 303
        assert Session.objects.get().snoozed_until == ahead
    # The zone was changed in another tab while the form stood open.
    browser_of(ben, "Europe/Berlin")
    client.post(f"/sessions/{session.session_id}/status/", {**sent, "zone": "Asia/Kathmandu"})
    assert Session.objects.get().snoozed_until == ahead
    assert f"Snoozed until {ahead.astimezone(ZoneInfo('Europe/Berlin')):%a 15 Jun %Y, %H:%M}" in read(
        client, f"/snoozed/{session.session_id}/"
    )


@pytest.mark.parametrize(
    ("until", "why"),
    [
        ("2001-01-01T09:00", "That time has passed"),
        ("0001-01-01T00:00", "That time has passed"),
        ("2999-01-01T09:00", "too far ahead"),
        ("9999-12-31T23:59", "Choose until when"),
        ("2027-02-30T09:00", "Choose until when"),
        ("tomorrow", "Choose until when"),
        ("", "Choose until when"),
        ("\x00", "Choose until when"),
        ("9" * 400, "Choose until when"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_what_to_do(ben: Person, session: Session, until: str, why: str) -> None:
    client = browser_of(ben, "America/St_Johns")
    sent = {"do": "snooze", "until": until, "zone": "America/St_Johns"}
    refused = client.post(f"/sessions/{session.session_id}/status/", sent, headers=HTMX)
    assert (refused.status_code, why in refused.content.decode()) == (422, True)
    assert Session.objects.get().status == "open"


def test_programs_are_held_to_the_same_bounds(ben: Person, session: Session) -> None:
    with pytest.raises(InvalidAction, match="five years"):
        sessions.snooze(session, ben, timezone.now() + timedelta(days=6 * 365))


def test_a_time_to_come_is_as_short_as_it_is_clear() -> None:
    now = timezone.localtime()
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    assert durations.moment(noon) == "12:00"
    assert durations.moment(noon + timedelta(days=1)) == f"{noon + timedelta(days=1):%a} 12:00"
    assert durations.moment(datetime(2001, 2, 3, 4, 5, tzinfo=UTC)) == "Sat 3 Feb 2001, 04:05"


def test_the_list_says_until_when(client: Client, ben: Person, session: Session) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    sessions.snooze(session, ben, tomorrow)
    with timezone.override("Pacific/Auckland"):
        words = durations.moment(tomorrow)
    assert f"Until {words}" in read(browser_of(ben, "Pacific/Auckland"), "/snoozed/")
