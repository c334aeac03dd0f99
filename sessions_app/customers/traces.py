"""Traces of customers in admin logs and saved views: names of conversations, ticket ids, people's former values."""

from __future__ import annotations

from urllib.parse import unquote_plus

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

from sessions_app.customers.whom import Customer
from sessions_app.models import AuditEntry, SavedView, Session, TicketLink
from sessions_app.text.tokens import tokens
from sessions_app.validation.numbers import row_numbers


def empty_admin_log(sessions: list[Session]) -> None:
    """Blank Django's admin log for these sessions: it copies the name of an edited session or ticket link."""
    keys = [session.pk for session in sessions]
    links = TicketLink.objects.filter(session__in=keys).values_list("pk", flat=True)
    for model, of in ((Session, keys), (TicketLink, list(links))):
        kind = ContentType.objects.get_for_model(model)
        entries = LogEntry.objects.filter(content_type=kind, object_id__in=[str(key) for key in of])
        entries.update(object_repr="", change_message="")


def drop_views(sessions: list[Session]) -> None:
    """Delete saved views whose search names these sessions' customers by user id or mail address."""
    named = {said for session in sessions for said in (session.user_id, session.customer_email) if said}
    ids = [words for said in named if (words := list(tokens(said)))]
    views = SavedView.objects.exclude(query="").values_list("pk", "query") if ids else []
    gone = [key for key, query in views if any(_stands_in(words, list(tokens(unquote_plus(query)))) for words in ids)]
    if gone:
        SavedView.objects.filter(pk__in=gone).delete()


def _stands_in(words: list[str], text: list[str]) -> bool:
    return any(text[at : at + len(words)] == words for at in range(len(text) - len(words) + 1))


def about(sessions: list[Session]) -> QuerySet[AuditEntry]:
    """Return entries of the audit log about these sessions and their ticket links, also deleted links."""
    keys = [session.pk for session in sessions]
    links = [str(key) for key in TicketLink.objects.filter(session__in=keys).values_list("pk", flat=True)]
    of_links = AuditEntry.objects.filter(subject_kind="ticketlink", blanked_by=None)
    links += of_links.filter(before__session__in=keys).values_list("subject_id", flat=True)
    of_sessions = Q(subject_kind="session", subject_id__in=[str(key) for key in keys])
    return AuditEntry.objects.filter(of_sessions | Q(subject_kind="ticketlink", subject_id__in=links))


def naming(customer: Customer) -> QuerySet[AuditEntry]:
    """Return entries of the audit log that name a session's customer, also of a deleted session."""
    entries = AuditEntry.objects.filter(subject_kind="session", blanked_by=None).exclude(before=None, after=None)
    told = entries.values_list("number", "subject_id", "before", "after")
    found = {subject for _number, subject, *details in told if any(_names(customer, values) for values in details)}
    there = Session.objects.filter(pk__in=row_numbers(found)).values_list("pk", flat=True)
    gone = found - {str(key) for key in there}
    numbers = [
        number for number, subject, *details in told if subject in gone or any(_names(customer, values) for values in details)
    ]
    return AuditEntry.objects.filter(number__in=numbers)


def _names(customer: Customer, values: object) -> bool:
    if not isinstance(values, dict):
        return False
    named = [str(values.get(column) or "") for column in ("user_id", "customer_email")]
    if customer.by == "email":
        return customer.is_named(*named)
    return customer.by == "user_id" and named[0] == customer.value
