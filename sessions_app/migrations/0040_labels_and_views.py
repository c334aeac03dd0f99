"""Labels, priority and saved views."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

KEY = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
PERSON = {"blank": True, "editable": False, "null": True, "related_name": "+", "to": settings.AUTH_USER_MODEL}
COLOURS = ["blue", "teal", "green", "yellow", "orange", "red", "pink", "violet", "grey"]


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0039_assignment_and_spam")]

    operations = [
        migrations.AddField(
            model_name="session",
            name="priority",
            field=models.PositiveSmallIntegerField(
                blank=True, choices=[(1, "Urgent"), (2, "High"), (4, "Low")], help_text="Empty: normal.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=Q(priority__isnull=False),
                fields=["status", "priority", "-activity_at", "-id"],
                name="session_by_priority",
            ),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=Q(priority__isnull=False),
                fields=["queue", "status", "priority", "-activity_at", "-id"],
                name="session_queue_by_priority",
            ),
        ),
        migrations.CreateModel(
            name="Label",
            fields=[
                ("id", KEY.clone()),
                ("name", models.CharField(max_length=40)),
                (
                    "colour",
                    models.CharField(
                        choices=[(colour, colour.capitalize()) for colour in COLOURS], default="blue", max_length=8
                    ),
                ),
                ("search_text", models.TextField(blank=True, default="", editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("made_by", models.ForeignKey(on_delete=django.db.models.deletion.SET_NULL, **PERSON)),
            ],
            options={
                "verbose_name": "label",
                "verbose_name_plural": "labels",
                "constraints": [models.UniqueConstraint(fields=("search_text",), name="one_label_a_name")],
            },
        ),
        migrations.CreateModel(
            name="LabelPolicy",
            fields=[
                ("id", KEY.clone()),
                (
                    "makers",
                    models.CharField(
                        choices=[("everybody", "Everybody who works here"), ("admins", "Admins alone")],
                        default="everybody",
                        max_length=9,
                    ),
                ),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_by", models.ForeignKey(on_delete=django.db.models.deletion.SET_NULL, **PERSON)),
            ],
            options={"verbose_name": "rules of labels", "verbose_name_plural": "rules of labels"},
        ),
        migrations.CreateModel(
            name="SessionLabel",
            fields=[
                ("id", KEY.clone()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "label",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to="sessions_app.label",
                    ),
                ),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.SET_NULL, **PERSON)),
                (
                    "session",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="labels",
                        to="sessions_app.session",
                    ),
                ),
            ],
            options={
                "verbose_name": "label of a session",
                "verbose_name_plural": "labels of sessions",
                "indexes": [models.Index(fields=["label", "-session"], name="sessions_of_a_label")],
                "constraints": [
                    models.UniqueConstraint(fields=("session", "label"), name="one_row_a_label_of_a_session")
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", KEY.clone()),
                ("name", models.CharField(max_length=60)),
                (
                    "where",
                    models.CharField(help_text="The view of the inbox that it narrows, as in addresses.", max_length=80),
                ),
                (
                    "query",
                    models.CharField(blank=True, help_text="Filters and order, as in addresses.", max_length=2000),
                ),
                ("search_text", models.TextField(blank=True, default="", editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("made_by", models.ForeignKey(on_delete=django.db.models.deletion.SET_NULL, **PERSON)),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to="sessions_app.queue",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(person__isnull=False, queue__isnull=True) | Q(person__isnull=True, queue__isnull=False),
                        name="a_view_is_a_persons_or_a_queues",
                    ),
                    models.UniqueConstraint(fields=("person", "search_text"), name="one_view_a_name_of_a_person"),
                    models.UniqueConstraint(fields=("queue", "search_text"), name="one_view_a_name_of_a_queue"),
                ],
            },
        ),
    ]
