"""Whose turn it is in each conversation, computed for those that are there already."""

from django.db import migrations, models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

import sessions_app.models.fields

ACTIVE = ["pending", "running", "paused"]
WORKED = ["open", "snoozed"]


def compute(apps, schema_editor):
    """Write the columns as `policy.whose_turn` decides them, in four statements."""
    sessions = apps.get_model("sessions_app", "Session")._base_manager
    runs = apps.get_model("sessions_app", "Run")._base_manager
    turns = runs.filter(session=OuterRef("pk"), parent=None, purpose="answer")
    answered = sessions.filter(last_author_kind__in=["agent", "person"])
    answered.update(answered_at=F("activity_at"))
    answered.filter(status__in=WORKED, waiting_since=None).update(waiting_for="customer")
    asked = Q(person_wanted_at__isnull=False) | Q(waiting_since__isnull=False)
    ours = sessions.filter(asked | Exists(turns.filter(status__in=ACTIVE)), status__in=WORKED)
    ours.update(waiting_for="person", waiting_since=Coalesce("waiting_since", "person_wanted_at", "activity_at"))
    at_work = Exists(turns.filter(status__in=["pending", "running"]))
    sessions.filter(at_work, waiting_for="person", person_wanted_at=None).update(waiting_for="agent")


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0033_apart_and_dismissed"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="waiting_for",
            field=models.CharField(
                choices=[
                    ("customer", "Customer"),
                    ("agent", "Agent"),
                    ("person", "Person of the team"),
                    ("nobody", "Nobody"),
                ],
                default="nobody",
                editable=False,
                help_text="Whose turn it is.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="answered_at",
            field=sessions_app.models.fields.MomentField(
                blank=True,
                editable=False,
                help_text="When an agent or a person last answered the customer.",
                null=True,
            ),
        ),
        migrations.RunPython(compute, migrations.RunPython.noop, elidable=True),
    ]
