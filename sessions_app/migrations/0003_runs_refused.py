from django.db import migrations, models
from django.db.models import Q


def mark_refused(apps, schema_editor):
    """What earlier versions stored of servers that refused the input itself, as opposed to a key or a model's name."""
    about_input = Q(error__contains="content filter")
    for status in (400, 413, 422):
        about_input |= Q(error__contains=f"server answered {status}")
    apps.get_model("sessions_app", "Run").objects.filter(about_input, status="error", permanent_error=True).update(refused=True)


class Migration(migrations.Migration):

    dependencies = [
        ('sessions_app', '0002_folded_columns'),
    ]

    operations = [
        migrations.AddField(
            model_name='run',
            name='refused',
            field=models.BooleanField(default=False, help_text="The model's server refused what was sent: later requests leave this run out."),
        ),
        migrations.RunPython(mark_refused, migrations.RunPython.noop, elidable=True),
    ]
