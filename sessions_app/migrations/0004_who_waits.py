"""Who said what last in a session, and since when its customer waits; and names without hidden characters."""

from __future__ import annotations

import functools
import operator
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q, Subquery

#: What `kern.validation.text` takes out of names, as it was when this was written.
HIDDEN = [
    *("\u00ad", "\u061c", "\u180e", "\u200b", "\u200e", "\u200f", "\ufeff"),
    *map(chr, (*range(0x202A, 0x202F), *range(0x2060, 0x2070))),
]
NAMES = {
    "Session": ("name", "customer_name"),
    "NameRecord": ("name",),
    "Queue": ("name",),
    "TicketSystem": ("name",),
    "Person": ("display_name",),
    "Message": ("author",),
    "Change": ("actor",),
    "Run": ("agent_name",),
}


def read_last_said(apps: Any, _schema_editor: Any) -> None:
    """Fill the new columns from the messages, as `LastSaid` would have written them."""
    sessions, messages = apps.get_model("sessions_app", "Session"), apps.get_model("sessions_app", "Message")
    answers = Q(author_kind="person", internal=False) | Q(
        author_kind="agent", internal=False, sent=True, run__parent=None, run__status="completed", run__purpose="answer"
    )
    said = messages.objects.filter(answers | Q(author_kind="customer"), session=OuterRef("pk")).exclude(content="")
    newest = said.order_by("-pk")
    line = {"last_author_kind": "author_kind", "last_author": "author", "last_person": "person"}
    by = {column: Subquery(newest.values(field)[:1]) for column, field in line.items()}
    spoken = sessions.objects.filter(Exists(said))
    spoken.update(**by)
    later = messages.objects.filter(answers, session=OuterRef("session"), pk__gt=OuterRef("pk")).exclude(content="")
    asked = messages.objects.filter(~Exists(later), session=OuterRef("pk"), author_kind="customer").order_by("pk")
    sessions.objects.exclude(status="closed").update(waiting_since=Subquery(asked.values("created_at")[:1]))


def take_out_hidden(apps: Any, _schema_editor: Any) -> None:
    """Names that were stored with bidi controls and the like lose them."""
    table = str.maketrans(dict.fromkeys(HIDDEN, ""))
    for model, fields in NAMES.items():
        rows: models.QuerySet[Any] = models.QuerySet(apps.get_model("sessions_app", model))
        for field in fields:
            has_some = functools.reduce(operator.or_, (Q(**{f"{field}__contains": char}) for char in HIDDEN))
            for pk, name in rows.filter(has_some).values_list("pk", field).iterator():
                rows.filter(pk=pk).update(**{field: name.translate(table)})


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0003_runs_refused")]

    operations = [
        migrations.AddField("session", "last_author", models.CharField(blank=True, max_length=120)),
        migrations.AddField(
            "session",
            "last_author_kind",
            models.CharField(blank=True, help_text="Who said it: customer, agent or person.", max_length=8),
        ),
        migrations.AddField(
            "session",
            "last_person",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "session",
            "waiting_since",
            models.DateTimeField(blank=True, help_text="The first message that nobody answered.", null=True),
        ),
        *(
            migrations.AddIndex(
                "session",
                models.Index(fields=[*of, "status", "waiting_since", "id"], name=name, condition=Q(waiting_since__isnull=False)),
            )
            for of, name in (
                ([], "session_waits"),
                (["queue"], "session_waits_in_queue"),
                (["assignee"], "session_waits_for_assignee"),
            )
        ),
        migrations.RunPython(read_last_said, migrations.RunPython.noop),
        migrations.RunPython(take_out_hidden, migrations.RunPython.noop),
    ]
