"""Keys of programs that use the REST API."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models

from sessions_app import clock
from sessions_app.models.fields import MomentField
from sessions_app.models.folded import FoldedField, FoldedModel
from sessions_app.models.queue import Queue
from sessions_app.models.session import secret_hash

PREFIX = "kern_"


class ApiToken(FoldedModel):
    """A bearer token, stored hashed; shown once when it is made. It acts on its queues, or on all when none are named."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    queues = models.ManyToManyField(Queue, blank=True, related_name="tokens")
    acts_for = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        help_text="Whose decisions and renames these are. Empty: the token may not decide or rename.",
    )
    search_text = FoldedField("name", "prefix")
    created_at = MomentField(default=clock.now)
    last_used_at = MomentField(null=True, blank=True)
    revoked_at = MomentField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def make(cls, name: str, acts_for: models.Model | None = None) -> tuple[ApiToken, str]:
        """A new token and its secret, which is nowhere stored."""
        secret = PREFIX + secrets.token_urlsafe(32)
        token = cls.objects.create(name=name, prefix=secret[:12], token_hash=secret_hash(secret), acts_for=acts_for)
        return token, secret

    @classmethod
    def of_secret(cls, secret: str) -> ApiToken | None:
        """The token that is not revoked and has this secret."""
        return cls.objects.filter(token_hash=secret_hash(secret), revoked_at=None).first()
