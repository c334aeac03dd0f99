"""One form for each address, one person for each address, and ids of deciders that outlive accounts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import migrations, models

TAKEN = "Another person has this address. An address belongs to one person."


def give_everybody_one_address(apps: Any, schema_editor: Any) -> None:
    """Bring addresses into their one form.

    Where two people's become the same, it stays with whoever is active and signed in last. The others' get their number behind
    the part before the @, until an admin gives them another.
    """
    from sessions_app.text.identity import canonical_address

    people = apps.get_model("sessions_app", "Person").objects
    last_seen = models.F("last_login").desc(nulls_last=True)
    wanted: dict[str, int] = {}
    for key, email in people.order_by("-is_active", last_seen, "pk").values_list("pk", "email"):
        address = canonical_address(email) or f"nobody-{key}@invalid.example"
        local, at, domain = address.rpartition("@")
        while address in wanted:
            local = f"{local}+{key}"
            address = f"{local}{at}{domain}"
        wanted[address] = key
    changed = [(address, key) for address, key in wanted.items() if not people.filter(pk=key, email=address).exists()]
    # By way of an address that nobody has: another row may still have the one that is wanted.
    for _address, key in changed:
        people.filter(pk=key).update(email=f"~{key}")
    for address, key in changed:
        people.filter(pk=key).update(email=address)


def keep_one_row_of_allauth(apps: Any, schema_editor: Any) -> None:
    """Delete rows of addresses that are not the person's own: they signed in as well, verified or not.

    Those whom an admin made have no row; the admin's word counts. Rows of those who signed up stay as verified as they were.
    """
    rows = apps.get_model("account", "EmailAddress").objects
    people = apps.get_model("sessions_app", "Person").objects
    for key, email in people.values_list("pk", "email"):
        own = rows.filter(user_id=key)
        kept = own.filter(email__iexact=email).order_by("-verified", "pk").first()
        own.exclude(pk=kept.pk if kept else None).delete()
        if kept is None:
            rows.create(user_id=key, email=email, verified=True, primary=True)
        else:
            rows.filter(pk=kept.pk).update(email=email, primary=True)


def keep_ids_of_deciders(apps: Any, schema_editor: Any) -> None:
    apps.get_model("sessions_app", "Decision").objects.exclude(person=None).update(person_key=models.F("person_id"))


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("account", "0009_emailaddress_unique_primary_email"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sessions_app", "0011_second_factors"),
    ]

    operations = [
        migrations.AddField(
            "decision",
            "person_key",
            models.PositiveBigIntegerField(
                blank=True, help_text="The person's id, also when the account is gone.", null=True
            ),
        ),
        migrations.AlterField(
            "person",
            "email",
            models.EmailField(error_messages={"unique": TAKEN}, max_length=254, unique=True, verbose_name="email"),
        ),
        migrations.RunPython(give_everybody_one_address, migrations.RunPython.noop),
        migrations.RunPython(keep_one_row_of_allauth, migrations.RunPython.noop),
        migrations.RunPython(keep_ids_of_deciders, migrations.RunPython.noop),
    ]
