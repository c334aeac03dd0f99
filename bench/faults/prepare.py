"""`python -m bench.faults.prepare`: tables, two people and the tokens of everybody, in the database that the environment names.

Prints the tokens as JSON: `{"people": {"Ana": "kern_…"}, "customers": ["kern_…"]}`.
"""

from __future__ import annotations

import json

import django

from bench.faults.rows import corrupt

#: The API lets a token ask so and so often a minute, so customers come from several programs.
CUSTOMER_TOKENS = 8


def main() -> None:
    """Make everything anew."""
    django.setup()
    from django.core.management import call_command

    from sessions_app.models import ApiToken, Person

    call_command("migrate", interactive=False, verbosity=0)
    people = {}
    for name in ("Ana", "Ben"):
        person = Person.objects.create_superuser(f"{name.lower()}@example.com", None, display_name=name)
        people[name] = ApiToken.make(name, person)[1]
    ana = Person.objects.get(email="ana@example.com")
    shops = [ApiToken.make(f"customers {number}", ana, scopes=["read", "write"]) for number in range(CUSTOMER_TOKENS)]
    customers = [secret for _token, secret in shops]
    corrupt()
    print(json.dumps({"people": people, "customers": customers}))


if __name__ == "__main__":
    main()
