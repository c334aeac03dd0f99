import django.utils.timezone
from django.db import migrations, models

import sessions_app.models.token


def keep_what_they_could(apps, schema_editor):
    """Tokens go on with what they could do; one that saw every queue without a person names those there are."""
    ApiToken = apps.get_model("sessions_app", "ApiToken")
    Queue = apps.get_model("sessions_app", "Queue")
    of_people = ApiToken.objects.exclude(acts_for=None)
    of_people.update(scopes="read write decide")
    of_people.filter(queues=None).update(all_queues=True)
    of_nobody = ApiToken.objects.filter(acts_for=None)
    of_nobody.update(scopes="read write")
    for token in of_nobody.filter(queues=None):
        token.queues.set(Queue.objects.all())


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0016_customer_links")]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="scopes",
            field=models.CharField(default="read", max_length=60, validators=[sessions_app.models.token.check_scopes]),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="all_queues",
            field=models.BooleanField(default=False, help_text="All queues of its person, where none are named."),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="expires_at",
            field=models.DateTimeField(db_index=True, default=sessions_app.models.token.in_some_days),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="warned_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="refused_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="acts_for",
            field=models.ForeignKey(
                blank=True,
                help_text="Whose decisions and renames these are. Empty: the token may only read and hand in customers' messages.",
                null=True,
                on_delete=models.deletion.CASCADE,
                to="sessions_app.person",
            ),
        ),
        migrations.RunPython(keep_what_they_could, migrations.RunPython.noop),
    ]
