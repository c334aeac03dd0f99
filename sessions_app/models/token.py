"""Tokens of the REST API."""

from __future__ import annotations

import secrets
import string
from collections.abc import Collection
from datetime import datetime, timedelta
from zlib import crc32

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.models.fields import MomentField
from sessions_app.models.folded import FoldedField, FoldedModel
from sessions_app.models.person import Person
from sessions_app.models.queue import Queue, QueueSet

#: Prefix of every secret, so that scanners of repositories and logs find one: `kern_[A-Za-z0-9]{46}`.
PREFIX = "kern_"
LETTERS = string.ascii_letters + string.digits
RANDOM_LETTERS, CHECK_LETTERS = 40, 6
#: Default and longest lifetime of a token (days).
DAYS, MOST_DAYS = 90, 366
#: So long before its end a token's person is warned.
WARNED_BEFORE = timedelta(days=14)


class Scope(models.TextChoices):
    """The rights of a token. None includes another one."""

    READ = "read", _("Read conversations")
    WRITE = "write", _("Begin conversations, write into them and change where they stand")
    DECIDE = "decide", _("Answer what the AI asks people")
    ADMIN = "admin", _("Export and erase customers")


def in_some_days() -> datetime:
    """Return the default expiry of a new token."""
    return clock.now() + timedelta(days=DAYS)


def new_secret() -> str:
    """Return a secret of 238 random bits.

    Its last letters are a checksum, so that a scanner knows a real one from a look-alike.
    """
    words = "".join(secrets.choice(LETTERS) for _ in range(RANDOM_LETTERS))
    return f"{PREFIX}{words}{checksum(words)}"


def checksum(words: str) -> str:
    """Return the CRC-32 of the random letters, written with 62 letters and digits."""
    number, found = crc32(words.encode()), ""
    for _place in range(CHECK_LETTERS):
        number, digit = divmod(number, len(LETTERS))
        found = LETTERS[digit] + found
    return found


def check_scopes(value: str) -> None:
    """Raise `ValidationError` unless the text is one or more scopes with spaces between."""
    unknown = set(value.split()) - set(Scope.values)
    if unknown or not value.split():
        raise ValidationError(_("Scopes are %(known)s.") % {"known": ", ".join(Scope.values)})


class ApiTokenSet(models.QuerySet["ApiToken"]):
    """Tokens by their state."""

    def usable(self) -> ApiTokenSet:
        """Return tokens neither revoked nor expired."""
        return self.filter(revoked_at=None, expires_at__gt=clock.now())

    def expiring(self) -> ApiTokenSet:
        """Return usable tokens that expire soon."""
        return self.usable().filter(expires_at__lte=clock.now() + WARNED_BEFORE)


class ApiToken(FoldedModel):
    """A bearer token, stored hashed; shown once when it is made.

    It sees the queues that it names, or all of its person's; without a person and a queue it sees nothing. What its person
    loses it loses at the same moment: rights are looked up with each request.
    """

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.CharField(max_length=60, default=Scope.READ.value, validators=[check_scopes])
    queues = models.ManyToManyField(Queue, blank=True, related_name="tokens")
    # An explicit flag, not "no queue is named": a token that loses its last queue must not get all of them.
    all_queues = models.BooleanField(default=False, help_text=_("All queues of its person, where none are named."))
    acts_for = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        help_text=_("Whose decisions and renames these are. Empty: the token may only read and hand in customers' messages."),
    )
    search_text = FoldedField("name", "prefix")
    created_at = MomentField(default=clock.now)
    expires_at = MomentField(default=in_some_days, db_index=True)
    warned_at = MomentField(null=True, blank=True, editable=False)
    last_used_at = MomentField(null=True, blank=True)
    refused_at = MomentField(null=True, blank=True, editable=False)
    revoked_at = MomentField(null=True, blank=True)

    objects = ApiTokenSet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def make(
        cls,
        name: str,
        acts_for: Person | None = None,
        *,
        scopes: Collection[str] | None = None,
        queues: Collection[Queue] = (),
        days: int = DAYS,
    ) -> tuple[ApiToken, str]:
        """Make a token; returns it with its secret, which is not stored. Without `scopes` it has all rights of its person."""
        secret = new_secret()
        given = within_rights(acts_for) if scopes is None else scopes
        token = cls.objects.create(
            name=name,
            prefix=secret[:12],
            token_hash=secret_hash(secret),
            acts_for=acts_for,
            scopes=" ".join(scope for scope in Scope.values if scope in given),
            all_queues=acts_for is not None and not queues,
            expires_at=clock.now() + timedelta(days=days),
        )
        token.queues.set(queues)
        return token, secret

    @classmethod
    def of_secret(cls, secret: str) -> ApiToken | None:
        """Return the token of this secret, valid or not."""
        return cls.objects.filter(token_hash=secret_hash(secret)).select_related("acts_for").first()

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= clock.now()

    @property
    def trouble(self) -> str:
        """Return why it is invalid: `ended`, `expired` or `account closed`; empty where it is valid."""
        if self.revoked_at is not None:
            return "ended"
        if self.is_expired:
            return "expired"
        return "account closed" if self.acts_for is not None and not self.acts_for.is_active else ""

    @property
    def is_expiring(self) -> bool:
        """True if it is time to make a new one."""
        return not self.is_expired and self.revoked_at is None and self.expires_at <= clock.now() + WARNED_BEFORE

    @property
    def scope_names(self) -> list[str]:
        """Return its scopes, one by one."""
        return self.scopes.split()

    @property
    def queue_names(self) -> str:
        """The names of its queues, separated by commas, or words for all or none."""
        named = ", ".join(str(queue) for queue in self.queues.all())
        return named or str(_("all your queues") if self.all_queues else _("no queue"))

    def sees(self) -> QueueSet:
        """Return the queues it acts on: those it names or all, and never more than its person sees."""
        named = Queue.objects.filter(tokens=self)
        allowed = Queue.objects.all() if self.acts_for and self.all_queues and not named.exists() else named
        return allowed.visible_to(self.acts_for) if self.acts_for else allowed

    def sees_everything(self) -> bool:
        """True if it also sees sessions without a queue: it acts for an admin, in all queues."""
        is_admins = self.acts_for is not None and self.acts_for.is_superuser
        return is_admins and self.all_queues and not self.queues.exists()


def within_rights(person: Person | None) -> list[str]:
    """Return the scopes that a token of this person can have.

    Decisions are a person's, and customers are an admin's to erase.
    """
    if person is None:
        return [Scope.READ.value, Scope.WRITE.value]
    return [scope for scope in Scope.values if scope != Scope.ADMIN or person.is_superuser]
