"""Open an upgraded installation's pages and its interface, and print what they said as JSON; run as a process of its own."""

from __future__ import annotations

import json

import django


def main() -> None:
    """Print each address with the status of its answer, and what each list of the interface has."""
    django.setup()
    from django.test import Client
    from django.urls import reverse

    from sessions_app.infrastructure import broken_rows
    from sessions_app.models import ApiToken, NameRecord, Person, Requirement, Session

    ana = Person.objects.filter(is_superuser=True).earliest("pk")
    client = Client(SERVER_NAME="localhost")
    client.force_login(ana)
    views = ("decisions", "open", "snoozed", "closed", "search", "mine", "unassigned")
    lists = ("session", "run", "requirement", "person", "queue", "apitoken")
    sessions = Session.objects.values_list("session_id", flat=True)
    pages = [f"/{view}/" for view in views] + ["/rules/", "/reports/", "/profile/", "/reports/decisions.csv"]
    pages += [reverse("conversation", args=["open", key]) + "?details=1" for key in sessions]
    pages += [reverse("requirement", args=[pk]) for pk in Requirement.objects.values_list("pk", flat=True)]
    pages += [reverse(f"admin:sessions_app_{name}_changelist") for name in lists]
    said = {page: client.get(page).status_code for page in pages}
    _token, secret = ApiToken.make("visit", ana)
    nouns, headers = ("sessions?limit=100", "requirements?status=any", "queues"), {"Authorization": f"Bearer {secret}"}
    api = {noun: client.get(f"/api/{noun}", headers=headers) for noun in nouns}
    print(
        json.dumps(
            {
                "pages": said,
                "api": {noun: answer.status_code for noun, answer in api.items()},
                "sessions": len(api["sessions?limit=100"].json()["items"]),
                "names": NameRecord.objects.count(),
                "broken": broken_rows.reported(),
            }
        )
    )


if __name__ == "__main__":
    main()
