"""The database itself keeps an address with one person, whoever writes into it. Apart: rows and constraints in one
transaction are refused by PostgreSQL."""

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0012_one_person_an_address")]

    operations = [
        migrations.AddConstraint("person", models.UniqueConstraint(Lower("email"), name="one_person_an_address")),
        migrations.AddConstraint(
            "person", models.CheckConstraint(condition=~models.Q(email=""), name="a_person_has_an_address")
        ),
    ]
