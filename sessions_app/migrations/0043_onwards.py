"""Where resolving and snoozing lead a person: nowhere for everybody there is, as before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0042_customer_panel")]

    operations = [
        migrations.AddField(
            model_name="person",
            name="onwards",
            field=models.CharField(
                choices=[
                    ("stay", "Stay in the conversation"),
                    ("next", "Open the next one of the list"),
                    ("list", "Go back to the list"),
                ],
                default="stay",
                help_text="Where resolving and snoozing lead.",
                max_length=4,
            ),
        )
    ]
