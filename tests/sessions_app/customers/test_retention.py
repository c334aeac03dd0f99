"""Closed conversations of a queue that has a rule are erased when their time is over, and no others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kern.testing import call
from sessions_app.actions import messages, sessions
from sessions_app.customers import retention
from sessions_app.models import AuditEntry, Change, Decision, Message, Person, Queue, Requirement, Session

Ask = Callable[..., Requirement]


@pytest.fixture
def kept(orders: Queue) -> Queue:
    """Orders keeps closed conversations for 30 days."""
    orders.erase_after_days = 30
    orders.save()
    return orders


def old(session: Session, days: float) -> Session:
    """The same conversation, used last so many days ago."""
    when = timezone.now() - timedelta(days=days)
    Session.objects.filter(pk=session.pk).update(activity_at=when, updated_at=when)
    return session


def closed(queue: Queue, ana: Person, days: float = 31, user_id: str = "kim") -> Session:
    session = sessions.start_session(queue, user_id=user_id, customer_name="Kim")
    messages.reply(session, ana, "Hello", seen=0)
    sessions.resolve(session, ana)
    return old(session, days)


def test_by_itself_nothing_is_ever_erased(orders: Queue, ana: Person) -> None:
    closed(orders, ana, days=10_000)
    assert (retention.report(), retention.erase_due()) == ([], 0)
    assert Session.objects.there().count() == 1


def test_what_was_closed_long_enough_goes_and_nothing_else(kept: Queue, parcels: Queue, ana: Person) -> None:
    over = closed(kept, ana)
    stays = [closed(kept, ana, days=29), closed(parcels, ana, days=99)]
    stays += [old(sessions.start_session(kept), 99)]
    reopened = closed(kept, ana)
    sessions.reopen(reopened, ana)
    snoozed = closed(kept, ana)
    sessions.snooze(snoozed, ana, None)
    written = closed(kept, ana)
    messages.receive(written, "One more thing")
    nowhere = closed(kept, ana)
    Session.objects.filter(pk=nowhere.pk).update(queue=None)
    for session in (reopened, snoozed):
        old(session, 99)
    (due,) = retention.report()
    assert (due.queue, due.days, due.sessions) == (kept, 30, 1)
    assert retention.erase_due() == 1
    assert {session.pk for session in [*stays, reopened, snoozed, written, nowhere]} == set(
        Session.objects.there().values_list("pk", flat=True)
    )
    assert not Message.objects.filter(session=over.pk).exists()
    entry = AuditEntry.objects.get(kind="retention.erased")
    assert (entry.subject_kind, entry.after["conversations"], entry.actor_id) == ("queue", 1, None)


def test_a_conversation_that_waits_for_people_stays(kept: Queue, ana: Person, session: Session, asked: Ask) -> None:
    asked(call("refund", order="7", cents=1))
    Session.objects.filter(pk=session.pk).update(status="closed")
    old(session, 99)
    assert retention.erase_due() == 0
    assert Requirement.objects.pending().exists()


def test_the_record_keeps_its_facts_when_time_is_over(kept: Queue, ana: Person, session: Session, asked: Ask) -> None:
    asked(call("refund", order="7", cents=1))
    sessions.resolve(session, ana)
    old(session, 31)
    lines = Decision.objects.count()
    assert retention.erase_due() == 1
    assert (Decision.objects.count(), Decision.objects.filter(erased_at=None).count()) == (lines, 0)


def test_one_sweep_takes_no_more_than_its_share(kept: Queue, ana: Person) -> None:
    for number in range(5):
        closed(kept, ana, days=40 - number, user_id=f"kim-{number}")
    assert retention.erase_due(limit=2) == 2
    assert sorted(Session.objects.there().values_list("user_id", flat=True)) == ["kim-2", "kim-3", "kim-4"]
    assert [retention.erase_due(limit=2), retention.erase_due(limit=2), retention.erase_due(limit=2)] == [2, 1, 0]


def test_the_command_reports_and_erases(kept: Queue, ana: Person) -> None:
    closed(kept, ana)
    out = StringIO()
    call_command("retention", "--dry-run", stdout=out)
    assert "orders: 1 conversations closed for 30 days or more" in out.getvalue()
    assert Session.objects.there().count() == 1
    call_command("retention", stdout=out)
    assert "Erased: 1 conversations." in out.getvalue()
    assert (Session.objects.there().count(), Message.objects.count(), Change.objects.count()) == (0, 0, 1)


def test_admins_set_the_rule_and_see_what_would_go(client: Client, kept: Queue, ana: Person) -> None:
    closed(kept, ana)
    client.force_login(ana)
    assert "1 conversation goes now" in client.get("/customer-data/").content.decode()
    page = reverse("admin:sessions_app_queue_change", args=[kept.pk])
    form = client.get(page).context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if name in form.fields and value not in (None, [])}
    for wrong in ("0", "-1", "40000", "soon"):
        assert client.post(page, {**fields, "erase_after_days": wrong}).status_code == 200
    assert client.post(page, {**fields, "erase_after_days": ""}).status_code == 302
    kept.refresh_from_db()
    assert kept.erase_after_days is None
