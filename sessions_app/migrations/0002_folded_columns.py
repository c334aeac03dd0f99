"""The columns that searches look through, filled for the rows there are."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

BATCH = 1_000
SOURCES = {
    "Session": ("name", "customer_name", "customer_email", "last_text"),
    "TicketLink": ("ticket_id",),
    "NameRecord": ("name",),
    "Person": ("email", "display_name", "first_name", "last_name"),
    "Queue": ("name", "slug"),
    "TicketSystem": ("name", "slug"),
    "ApiToken": ("name", "prefix"),
}


def fill(apps: Any, schema_editor: Any) -> None:
    """Fold every row, a batch of keys at a time: whatever their number, memory stays the same."""
    for name, sources in SOURCES.items():
        _fill_table(apps.get_model("sessions_app", name), sources, schema_editor.connection)


def _fill_table(model: Any, sources: tuple[str, ...], connection: Any) -> None:
    from sessions_app.text.folding import fold

    quoted = connection.ops.quote_name
    update = f"UPDATE {quoted(model._meta.db_table)} SET search_text = %s WHERE id = %s"  # noqa: S608 - a table of ours
    last = 0
    while rows := list(model.objects.filter(pk__gt=last).order_by("pk").values_list("pk", *sources)[:BATCH]):
        with connection.cursor() as cursor:
            cursor.executemany(update, [("\n".join(fold(text) for text in texts), key) for key, *texts in rows])
        last = rows[-1][0]


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0001_initial")]

    operations = [
        *(
            migrations.AddField(name, "search_text", models.TextField(blank=True, default="", editable=False))
            for name in SOURCES
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
