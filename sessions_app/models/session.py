"""One conversation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Expression, F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kern.naming import LONGEST_NAME
from kern.session import NameSource, SessionKind
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import new_id
from sessions_app.models.assigned import Assigned
from sessions_app.models.author import Author
from sessions_app.models.choices import choices_of
from sessions_app.models.choices import labels as labels_of
from sessions_app.models.few import BY_FEW
from sessions_app.models.fields import MomentField, NameField
from sessions_app.models.folded import FoldedField, FoldedModel, must_not_leave_behind
from sessions_app.models.last_said import LastSaid
from sessions_app.models.of_customer import OfCustomer
from sessions_app.models.search_entry import SearchEntry
from sessions_app.models.triage import BY_PRIORITY, Triaged
from sessions_app.models.waiting import BY_WAITING

if TYPE_CHECKING:
    from sessions_app.models.person import Person


def conversation_with(session: Session) -> str:
    """Return what a conversation is called of which nothing else is known."""
    return (gettext("Conversation with %(customer)s") % {"customer": session.customer})[:LONGEST_NAME]


class SessionSet(models.QuerySet["Session"]):
    """Queries of the inbox. Everything a person sees starts at `visible_to`."""

    def update(self, **values: Any) -> int:
        must_not_leave_behind(self.model, values)
        return super().update(**values)

    def bulk_create(self, objs: Iterable[Session], *args: Any, **options: Any) -> list[Session]:
        rows = list(objs)
        for row in rows:
            row.name = row.name or conversation_with(row)
        created = super().bulk_create(rows, *args, **options)
        for row in created:
            SearchEntry.objects.keep_session(row)
        return created

    def visible_to(self, person: Person) -> SessionSet:
        """Return sessions of the person's queues; all of them for an admin."""
        return self.there() if person.is_superuser else self.there().filter(queue__members=person.pk)

    def there(self) -> SessionSet:
        """Exclude sessions that are being erased, and those that people deleted."""
        return self.exclude(status__in=Session.GONE)

    def deleted(self) -> SessionSet:
        """Return the sessions that people deleted and that can be restored."""
        return self.filter(status=Session.Status.DELETED, deleted_at__isnull=False)

    def stored(self) -> SessionSet:
        """Exclude sessions that are being erased alone: deleted ones are the customer's still, and can be restored."""
        return self.exclude(status=Session.Status.ERASED)

    def by_id(self, session_id: str | Expression) -> SessionSet:
        """Return the session of this id, or the one that it was merged into."""
        return self._led_by(session_id=session_id)

    def by_secret(self, hashed: str) -> SessionSet:
        """Return the session of a secret link, or the one that it was merged into."""
        return self._led_by(access_hash=hashed)

    def _led_by(self, **column: str | Expression) -> SessionSet:
        merged = Session.objects.filter(**column).exclude(merged_into=None).values("merged_into")
        return self.filter(Q(**column, merged_into=None) | Q(pk__in=merged))

    def open(self) -> SessionSet:
        return self.filter(status=Session.Status.OPEN)

    def snoozed(self) -> SessionSet:
        return self.filter(status=Session.Status.SNOOZED)

    def closed(self) -> SessionSet:
        return self.filter(status=Session.Status.CLOSED)

    def spam(self) -> SessionSet:
        return self.filter(status=Session.Status.SPAM)

    def settled(self) -> SessionSet:
        return self.filter(status__in=Session.SETTLED)

    def of(self, person: Person) -> SessionSet:
        return self.open().filter(assignee=person)

    def unassigned(self) -> SessionSet:
        return self.open().filter(assignee=None)

    def newest_first(self) -> SessionSet:
        return self.order_by("-activity_at", "-pk")

    def due_for_naming(self) -> SessionSet:
        return self.there().filter(name_due_at__lte=clock.now())

    def locked(self, session_id: str) -> Session:
        """Return the row, locked until the transaction ends: every change of a session's runs starts here."""
        return self.select_for_update().by_id(session_id).get()


class Session(LastSaid, OfCustomer, Assigned, Triaged, FoldedModel):
    """One conversation. `session_id` is the truth, `name` a label for people."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        SNOOZED = "snoozed", _("Snoozed")
        CLOSED = "closed", _("Closed")
        #: By people. What the customer writes there wakes nobody, and no AI answers it.
        SPAM = "spam", _("Spam")
        #: By people. No page and no program finds it until it is restored; after 30 days it is erased.
        DELETED = "deleted", _("Deleted")
        #: Its rows are in another conversation, to which its id and its link lead.
        MERGED = "merged", _("Merged")
        #: On its way out: it has neither customer nor id any more, no page and no program sees it, its rows are being deleted.
        ERASED = "erased", _("Erased")

    #: The statuses in which nobody is waited for, and no AI answers.
    SETTLED = (Status.CLOSED, Status.SPAM)
    #: The statuses of sessions that no page and no program finds.
    GONE = (Status.DELETED, Status.MERGED, Status.ERASED)

    @labels_of(NameSource)
    class NameSource(models.TextChoices):
        HUMAN = "human", _("Named by a person")
        AUTO = "auto", _("Named by AI")
        TICKET = "ticket", _("Named by its ticket")
        PROVISIONAL = "provisional", _("Provisional name")
        IMPORTED = "imported", _("Name came along")

    #: Sources of names that stand in until something names the session.
    STAND_INS = (NameSource.PROVISIONAL, NameSource.TICKET)

    session_id = models.CharField(max_length=200, unique=True, default=new_id)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.CASCADE, related_name="merged_sessions"
    )
    kind = models.CharField(max_length=5, default="agent", choices=choices_of(SessionKind))
    channel = models.CharField(max_length=20, default="page", help_text=_("Where it came from: page, api, import, library."))
    access_hash = models.CharField(max_length=64, blank=True, help_text=_("Hash of the customer's secret link."))
    link_made_at = models.DateTimeField(null=True, blank=True, help_text=_("When the link was made anew."))

    name = NameField(max_length=200, blank=True)
    name_source = models.CharField(max_length=12, choices=NameSource, default=NameSource.PROVISIONAL)
    name_version = models.PositiveIntegerField(default=0)
    name_locked = models.BooleanField(default=False, help_text=_("A person’s name: nothing automatic replaces it."))
    name_due_at = MomentField(null=True, blank=True)
    topic_due_at = MomentField(
        null=True, blank=True, editable=False, help_text=_("When the name is compared with what was said since.")
    )
    topic_checked = models.PositiveBigIntegerField(
        default=0, editable=False, help_text=_("The last message with which the name was compared.")
    )
    name_failures = models.PositiveSmallIntegerField(default=0, help_text=_("Failed tries for a name in a row."))
    name_failed_at = MomentField(null=True, blank=True, help_text=_("When the first of them failed."))
    name_problem = models.CharField(max_length=300, blank=True, help_text=_("Why the last one failed."))
    naming_tokens = models.PositiveIntegerField(default=0, help_text=_("Tokens of all tries for names."))
    naming_microdollars = models.PositiveBigIntegerField(default=0, help_text=_("What they cost, in millionths of a dollar."))

    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    snoozed_until = MomentField(null=True, blank=True, help_text=_("Empty while snoozed: until the customer writes."))
    deleted_at = MomentField(null=True, blank=True, editable=False)
    status_before = models.CharField(max_length=8, choices=Status, blank=True, editable=False)

    last_change = models.PositiveBigIntegerField(default=0, help_text=_("Number of the newest change."))
    search_text = FoldedField("name", "customer_name", "customer_email", "last_text")
    activity_at = MomentField(default=clock.now)
    created_at = MomentField(default=clock.now)
    updated_at = MomentField(default=clock.now)

    objects = SessionSet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [
            models.Index(fields=["status", "-activity_at", "-id"], name="session_by_status"),
            models.Index(fields=["queue", "status", "-activity_at", "-id"], name="session_by_queue"),
            models.Index(fields=["assignee", "status", "-activity_at", "-id"], name="session_by_assignee"),
            *BY_WAITING,
            *BY_PRIORITY,
            *BY_FEW,
            models.Index(fields=["-updated_at", "-id"], name="session_by_use"),
            models.Index(fields=["user_id", "-updated_at", "-id"], name="session_by_user"),
            models.Index(Lower("customer_email"), F("updated_at").desc(), F("id").desc(), name="session_by_mail"),
            models.Index(fields=["access_hash"], name="session_by_secret"),
            models.Index(fields=["held_until"], name="session_held", condition=Q(held_until__isnull=False)),
            models.Index(fields=["deleted_at"], name="session_deleted", condition=Q(deleted_at__isnull=False)),
            models.Index(fields=["name_due_at"], name="session_due_for_naming", condition=Q(name_due_at__isnull=False)),
            models.Index(fields=["topic_due_at"], name="session_topic_due", condition=Q(topic_due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name or self.session_id

    def save(self, *args: Any, **options: Any) -> None:
        """Store the row; no row is without a name, so whose conversation it is stands in for one."""
        if not self.name and not self.stand_ins and self.status not in self.GONE:
            self.name = conversation_with(self)
            if (named := options.get("update_fields")) is not None:
                options["update_fields"] = [*named, "name"]
        names = options.get("update_fields")
        super().save(*args, **options)
        SearchEntry.objects.keep_session(self, names)

    @property
    def is_settled(self) -> bool:
        """True if no side is waited for: it is closed, or spam."""
        return self.status in self.SETTLED

    @property
    def has_stand_in(self) -> bool:
        """True if nothing has named the session yet: its first words, its ticket or its customer stand in."""
        return self.name_source in self.STAND_INS

    def touch(self) -> None:
        """Move the conversation to the top of the list."""
        self.activity_at = self.updated_at = clock.now()
        self.save(update_fields=["activity_at", "updated_at"])

    def said(self, text: str, kind: str, author: str = "", person: Person | None = None) -> None:
        """Record a message of or to the customer: the conversation moves to the top, with that as its line.

        The message's row must be there.
        """
        self.activity_at = self.updated_at = clock.now()
        if kind == Author.CUSTOMER:
            is_spam = self.status == Session.Status.SPAM
            self.waiting_since = None if is_spam else self.waiting_since or clock.now()
        else:
            self.answered_at = clock.now()
            may_wait = kind == Author.AGENT and not self.is_settled
            self.waiting_since = self.messages.unanswered_since() if may_wait else None
        line = self.put_line(text, kind, author, person)
        self.save(update_fields=["activity_at", "updated_at", "waiting_since", "answered_at", *line])

    def count_waiting(self) -> None:
        """Compute from the messages since when the customer waits."""
        asked = self.messages.asked_since_answer()
        self.waiting_since = self.messages.unanswered_since() or asked
        self.save(update_fields=["waiting_since"])

    def read_last_said(self) -> None:
        """Compute the line and the waiting time from imported messages; a closed session waits for nothing."""
        said = self.messages.last_said()
        if said is not None:
            line = self.put_line(said.content, said.author_kind, said.author, said.person)
            if said.author_kind != Author.CUSTOMER:
                self.answered_at = said.created_at
            self.save(update_fields=["answered_at", *line])
        if self.is_settled:
            self.settle_waiting()
        else:
            self.count_waiting()
