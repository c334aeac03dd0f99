"""Indexes: conversations of which there are few, also in a person's queues alone; tickets by their number."""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Length

NAMELESS = Q(name_source="provisional") | Q(name_source="ticket")
NEW = {
    "session_failed_in_queue": (["queue"], Q(failed_at__isnull=False)),
    "session_needs_person_in_queue": (["queue"], Q(person_wanted_at__isnull=False)),
    "session_naming_failed": ([], Q(name_failed_at__isnull=False)),
    "session_naming_failed_in_queue": (["queue"], Q(name_failed_at__isnull=False)),
    "session_nameless": ([], NAMELESS),
    "session_nameless_in_queue": (["queue"], NAMELESS),
}


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0040_labels_and_views")]

    operations = [
        migrations.RemoveIndex("session", "session_naming_failed"),
        migrations.RemoveIndex("session", "session_needs_name"),
        *(
            migrations.AddIndex(
                "session", models.Index(fields=[*of, "status", "-activity_at", "-id"], name=name, condition=condition)
            )
            for name, (of, condition) in NEW.items()
        ),
        migrations.AddIndex(
            "ticketlink", models.Index("system", Length("ticket_id"), "ticket_id", name="ticket_by_number")
        ),
    ]
