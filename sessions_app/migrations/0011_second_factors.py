"""Who must use a second factor; and seeds of second factors, plain until now, are encrypted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import migrations, models

#: Where allauth keeps secrets in the data of a second factor.
SECRETS = ("secret", "seed")


def encrypt_secrets(apps: Any, schema_editor: Any) -> None:
    """Encrypt what is plain. Whoever applies this again, as after a restored backup, changes nothing."""
    from allauth.mfa.adapter import get_adapter

    encrypt = get_adapter().encrypt
    authenticators = apps.get_model("mfa", "Authenticator").objects.using(schema_editor.connection.alias)
    for row in authenticators.exclude(type="webauthn").iterator():
        row.data = {name: _encrypted(name, value, encrypt) for name, value in row.data.items()}
        row.save(update_fields=["data"])


def _encrypted(name: str, value: Any, encrypt: Callable[[str], str]) -> Any:
    if name == "migrated_codes":
        return [_hidden(code, encrypt) for code in value]
    return _hidden(value, encrypt) if name in SECRETS else value


def _hidden(text: str, encrypt: Callable[[str], str]) -> str:
    # As Fernet begins every text of its own; a seed in base32 or hexadecimal digits never does.
    return text if text.startswith("gAAAA") else encrypt(text)


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0010_erasing"), ("mfa", "0003_authenticator_type_uniq")]

    operations = [
        migrations.AddField(
            model_name="person",
            name="must_use_second_factor",
            field=models.BooleanField(
                default=False,
                help_text="Whoever has none is led to set it up after the next sign-in, and can do nothing before.",
                verbose_name="must use a second factor",
            ),
        ),
        migrations.RunPython(encrypt_secrets, migrations.RunPython.noop, elidable=False),
    ]
