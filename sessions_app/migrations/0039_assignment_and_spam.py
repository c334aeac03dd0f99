from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models

STATUSES = [
    ("open", "Open"),
    ("snoozed", "Snoozed"),
    ("closed", "Closed"),
    ("spam", "Spam"),
    ("deleted", "Deleted"),
    ("merged", "Merged"),
    ("erased", "Erased"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0038_erased_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="capacity",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="With so many open conversations the person is given no more automatically. Empty: as the queue says.",
                null=True,
                validators=[MaxValueValidator(32767)],
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="given_at",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="When a conversation was last assigned automatically.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="person",
            name="is_away",
            field=models.BooleanField(
                default=False,
                help_text="Nothing is assigned automatically to who is away. Only the person and admins change it.",
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="assigns",
            field=models.CharField(
                choices=[
                    ("off", "By hand"),
                    ("round_robin", "In turn: the person who was given none for the longest time"),
                    ("least_loaded", "The person with the fewest open conversations"),
                ],
                default="off",
                help_text="To whom of the available members a conversation that is nobody’s is given.",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="assigns_when",
            field=models.CharField(
                choices=[("needs_person", "It needs a person"), ("waiting", "It waits for people, for whatever reason")],
                default="waiting",
                help_text="When it is given to somebody.",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="capacity",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="A person with so many open conversations, of all queues, is given no more. People may have a number of their own. Empty: no limit.",
                null=True,
                validators=[MaxValueValidator(32767)],
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="after_reply",
            field=models.CharField(
                choices=[
                    ("ai", "The AI answers the customer’s next message"),
                    ("people", "People lead: the AI is silent until someone hands back"),
                ],
                default="ai",
                help_text="What happens after a person’s reply where the AI answers by itself.",
                max_length=6,
            ),
        ),
        migrations.AlterField(
            model_name="queue",
            name="erase_after_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Conversations that were closed, or spam, for so many days are erased for good. Empty: they are kept.",
                null=True,
                validators=[MinValueValidator(1), MaxValueValidator(36500)],
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="nobody_free_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When nobody was available to whom it could be assigned.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="status",
            field=models.CharField(choices=STATUSES, default="open", max_length=8),
        ),
        migrations.AlterField(
            model_name="session",
            name="status_before",
            field=models.CharField(blank=True, choices=STATUSES, editable=False, max_length=8),
        ),
    ]
