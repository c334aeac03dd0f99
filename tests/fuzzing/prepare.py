"""`python -m tests.fuzzing.prepare`: the demo in the database that the environment names. Prints tokens and ids as JSON."""

from __future__ import annotations

import json
import sys

import django


def main() -> None:
    """Make the tables, the demo's people and conversations, and a token of an admin, of a member and of a reader."""
    django.setup()
    from django.core.management import call_command

    from sessions_app.models import ApiToken, Person, Requirement, Run, Session, TicketLink

    call_command("migrate", interactive=False, verbosity=0)
    call_command("seed_demo", stdout=sys.stderr)
    admin = Person.objects.filter(is_superuser=True).earliest("pk")
    member = Person.objects.filter(is_superuser=False, queues__isnull=False).earliest("pk")
    tokens = {
        "admin": ApiToken.make("admin", admin)[1],
        "member": ApiToken.make("member", member)[1],
        "reader": ApiToken.make("reader", member, scopes=["read"])[1],
    }
    known = {
        "session_id": list(Session.objects.filter(queue__members=member).values_list("session_id", flat=True)[:3]),
        "run_id": list(Run.objects.order_by("-pk").values_list("run_id", flat=True)[:3]),
        "requirement_id": list(Requirement.objects.order_by("-pk").values_list("requirement_id", flat=True)[:3]),
        "link_id": [str(pk) for pk in TicketLink.objects.values_list("pk", flat=True)[:2]],
    }
    print(json.dumps({"tokens": tokens, "known": known}))


if __name__ == "__main__":
    main()
