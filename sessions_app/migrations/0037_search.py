"""The index of search, and what of it an upgrade leaves to be filled by the scheduler (or `manage.py index_messages`)."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Max

SQLITE = [
    # The words are plain already: lower case, without accents. `ascii` splits them at spaces alone.
    "CREATE VIRTUAL TABLE sessions_app_search USING fts5(words, content='', tokenize='ascii')",
    """CREATE TRIGGER sessions_app_search_added AFTER INSERT ON sessions_app_searchentry BEGIN
       INSERT INTO sessions_app_search (rowid, words) VALUES (new.id, new.words); END""",
    """CREATE TRIGGER sessions_app_search_removed AFTER DELETE ON sessions_app_searchentry BEGIN
       INSERT INTO sessions_app_search (sessions_app_search, rowid, words) VALUES ('delete', old.id, old.words); END""",
    """CREATE TRIGGER sessions_app_search_changed AFTER UPDATE ON sessions_app_searchentry
       WHEN old.id IS NOT new.id OR old.words IS NOT new.words BEGIN
       INSERT INTO sessions_app_search (sessions_app_search, rowid, words) VALUES ('delete', old.id, old.words);
       INSERT INTO sessions_app_search (rowid, words) VALUES (new.id, new.words); END""",
]
POSTGRESQL = [
    # No parser and no dictionary of the server has a say in what is a word, and no extension is needed.
    """CREATE INDEX sessions_app_search ON sessions_app_searchentry
       USING gin (array_to_tsvector(string_to_array(words, ' ')))""",
    # Common words are many: counts of more of them tell the planner which are.
    "ALTER INDEX sessions_app_search ALTER COLUMN 1 SET STATISTICS 1000",
]


def create(apps: Any, schema_editor: Any) -> None:
    """Create the database's own index."""
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    """Drop what does not go with the table."""
    if schema_editor.connection.vendor != "postgresql":
        schema_editor.execute("DROP TABLE sessions_app_search")


def remember(apps: Any, schema_editor: Any) -> None:
    """Remember up to where rows are to be indexed. New ones are, from now on."""
    newest = [
        apps.get_model("sessions_app", name).objects.aggregate(newest=Max("pk"))["newest"] or 0 for name in ("Message", "Session")
    ]
    if any(newest):
        apps.get_model("sessions_app", "SearchBacklog").objects.create(messages=newest[0], sessions=newest[1])


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0036_views_and_marks")]

    operations = [
        migrations.CreateModel(
            name="SearchBacklog",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("messages", models.BigIntegerField(default=0)),
                ("sessions", models.BigIntegerField(default=0)),
            ],
            options={"verbose_name": "search backlog", "verbose_name_plural": "search backlogs"},
        ),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("words", models.TextField()),
                (
                    "message",
                    models.OneToOneField(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_entry",
                        to="sessions_app.message",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="search_entries", to="sessions_app.session"
                    ),
                ),
            ],
            options={"verbose_name": "search entry", "verbose_name_plural": "search entries"},
        ),
        migrations.RunPython(create, drop),
        migrations.RunPython(remember, migrations.RunPython.noop),
    ]
