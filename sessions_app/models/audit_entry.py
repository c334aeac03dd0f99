"""The audit log's rows: changes of accounts, rights, settings and data with actor and address. Appended, chained by hashes."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.models.decision import AppendOnlyError

#: The digest before the first entry.
BEGINNING = "0" * 64


class AuditEntrySet(models.QuerySet["AuditEntry"]):
    def update(self, **changes: Any) -> int:
        raise AppendOnlyError("the audit log is never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("the audit log is never deleted")

    def blank(self, because: AuditEntry) -> int:
        """Erase the details of these entries for good, as the later entry `because` says; their digests stay.

        The only change there is: a customer's data can be erased without breaking the chain. Returns how many had details.
        """
        gone = {"subject_id": "", "subject_name": "", "before": None, "after": None, "salt": ""}
        return models.QuerySet.update(self.filter(blanked_by=None), **gone, blanked_by=because.number)


class AuditEntry(models.Model):
    """One entry. `digest` is over the facts, the details' digest and the digest of the entry before (see docs/audit-log.md).

    Facts say when, what kind, who and from where. Details say about whom or what, before and after; they may be blanked later.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(_("time"))
    kind = models.CharField(max_length=60)
    actor_id = models.BigIntegerField(_("who (id)"), null=True, blank=True)
    actor_name = models.CharField(_("who"), max_length=200, blank=True)
    via = models.CharField(max_length=120, blank=True, help_text=_("Page, administration, API token, or program."))
    address = models.CharField(_("from"), max_length=45, blank=True)
    browser = models.CharField(max_length=300, blank=True)
    subject_kind = models.CharField(_("about"), max_length=60, blank=True)

    subject_id = models.CharField(max_length=255, blank=True)
    subject_name = models.CharField(_("named"), max_length=200, blank=True)
    before: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    after: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    salt = models.CharField(max_length=32, blank=True)
    blanked_by = models.PositiveBigIntegerField(null=True, blank=True, help_text=_("The entry that says why details are gone."))

    details_digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    objects = AuditEntrySet.as_manager()

    FACTS: ClassVar[tuple[str, ...]] = (
        "number",
        "at",
        "kind",
        "actor_id",
        "actor_name",
        "via",
        "address",
        "browser",
        "subject_kind",
        "details_digest",
        "previous",
    )
    DETAILS: ClassVar[tuple[str, ...]] = ("salt", "subject_id", "subject_name", "before", "after")

    class Meta:
        ordering = ["-number"]
        verbose_name = _("audit log entry")
        verbose_name_plural = _("audit log")
        indexes = [
            models.Index(fields=["kind", "-number"], name="audit_by_kind"),
            models.Index(fields=["actor_id", "-number"], name="audit_by_actor"),
            models.Index(fields=["subject_kind", "subject_id"], name="audit_by_subject"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError("the audit log is never changed")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("the audit log is never deleted")

    def as_object(self) -> dict[str, Any]:
        """Return the entry as the export writes it: facts, details and digest, times as ISO 8601 in UTC with microseconds."""
        names = (*self.FACTS, *self.DETAILS, "blanked_by", "digest")
        values = {name: getattr(self, name) for name in names}
        return {**values, "at": self.at.astimezone(UTC).isoformat(timespec="microseconds")}

    def expected_digest(self) -> str:
        """Return the correct `digest`, computed from the facts."""
        return digest_of(self.as_object(), self.FACTS)

    def expected_details_digest(self) -> str:
        """Return the correct `details_digest`, computed from details that are not blanked."""
        return digest_of(self.as_object(), self.DETAILS)


def digest_of(values: dict[str, Any], names: tuple[str, ...]) -> str:
    """Return the SHA-256, in hex, over the named values as JSON: sorted names, no spaces, nothing but ASCII."""
    chosen = {name: values[name] for name in names}
    return hashlib.sha256(json.dumps(chosen, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
