"""Tokens of the REST API: make, revoke, warn before expiry."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.accounts.mail import mail_reaches_people, tell
from sessions_app.errors import Forbidden, InvalidAction
from sessions_app.infrastructure import broken_rows, clock
from sessions_app.models import ApiToken, Person, Queue
from sessions_app.models.token import DAYS, MOST_DAYS, Scope, within_rights

#: Uses of a token that does not count any more are told to the audit log once in so long a time.
REFUSALS_TOLD_EVERY = timedelta(hours=1)
#: Warnings sent at one go of the scheduler.
BATCH = 20


def make(
    name: str,
    person: Person | None,
    *,
    scopes: Collection[str],
    queues: Collection[Queue] = (),
    days: int = DAYS,
) -> tuple[ApiToken, str]:
    """Make a token; returns it with its secret, which is not stored.

    Raises `Forbidden` for more than its person may, and `InvalidAction` for a token that could do nothing.
    """
    check(person, scopes, queues, days)
    with transaction.atomic():
        token, secret = ApiToken.make(name, person, scopes=scopes, queues=queues, days=days)
        audit.record(audit.Kind.TOKEN_MADE, subject=token, name=str(token), after=described(token))
    return token, secret


def end(token: ApiToken) -> None:
    """Revoke a token; once."""
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now()):
            audit.record(audit.Kind.TOKEN_ENDED, subject=token, name=str(token))


def tell_refused(token: ApiToken, why: str) -> None:
    """Record in the audit log that an invalid token was used, at most once an hour."""
    now = clock.now()
    long_ago = Q(refused_at=None) | Q(refused_at__lt=now - REFUSALS_TOLD_EVERY)
    with transaction.atomic():
        if ApiToken.objects.filter(long_ago, pk=token.pk).update(refused_at=now):
            audit.record(audit.Kind.TOKEN_REFUSED, subject=token, name=str(token), after={"why": why})


def warn() -> None:
    """Mail the people of tokens that expire soon, once for each; the admins about tokens without a person."""
    if not mail_reaches_people():
        return
    for token in ApiToken.objects.expiring().filter(warned_at=None).select_related("acts_for").order_by("pk")[:BATCH]:
        with broken_rows.isolated("apitoken", token.pk):
            if ApiToken.objects.filter(pk=token.pk, warned_at=None).update(warned_at=clock.now()):
                for address in _readers(token):
                    tell("token_expires", address, token=token)


def described(token: ApiToken) -> dict[str, object]:
    """Return a token's rights for the audit log, without its secret."""
    return {
        "scopes": token.scopes,
        "queues": sorted(queue.slug for queue in token.queues.all()) or ("all" if token.all_queues else "none"),
        "acts_for": token.acts_for_id,
        "expires_at": token.expires_at.isoformat(),
    }


def check(person: Person | None, scopes: Collection[str], queues: Collection[Queue], days: int) -> None:
    """Raise `Forbidden` for more than the person may, and `InvalidAction` for a token that could do nothing."""
    too_much = set(scopes) - set(within_rights(person))
    if too_much:
        named = ", ".join(sorted(too_much))
        raise Forbidden(_("A token of this person can not have the scope %(scopes)s.") % {"scopes": named})
    if not set(scopes) & set(Scope.values):
        raise InvalidAction(_("Choose at least one scope."))
    if person is None and not queues:
        raise InvalidAction(_("A token that acts for nobody needs a queue: without one it reads nothing."))
    if person is not None and set(queues) - set(Queue.objects.visible_to(person)):
        raise Forbidden(_("A token can not see queues that its person does not work."))
    if not 1 <= days <= MOST_DAYS:
        raise InvalidAction(_("A token lasts 1 to %(most)d days.") % {"most": MOST_DAYS})


def _readers(token: ApiToken) -> list[str]:
    if token.acts_for is not None:
        return [token.acts_for.email] if token.acts_for.is_active else []
    return list(Person.objects.filter(is_superuser=True, is_active=True).values_list("email", flat=True))
