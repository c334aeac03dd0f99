from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0004_who_waits")]

    operations = [
        migrations.AddField(
            "Person",
            "time_zone",
            models.CharField(
                blank=True, help_text="Empty: the installation's, until the browser tells it at a sign-in.", max_length=64
            ),
        ),
    ]
