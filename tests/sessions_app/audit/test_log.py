"""The audit log: who changed what about accounts, rights and settings; nobody can edit it, and what was edited anyway shows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from sessions_app import audit
from sessions_app.models import AuditEntry, Person, Queue, Session, TicketSystem
from sessions_app.models.decision import AppendOnlyError
from sessions_app.text import spreadsheet
from tests.at_once import at_once
from tests.signing_in import sign_in_afresh

ROOT = Path(__file__).parents[3]
BROWSER = "Mozilla/5.0 (a browser)"


@pytest.fixture
def pages(client: Client, ana: Person) -> Client:
    sign_in_afresh(client, ana)
    return client


def entries(kind: str = "", **wanted: Any) -> list[AuditEntry]:
    found = AuditEntry.objects.filter(**wanted).order_by("number")
    return list(found.filter(kind=kind) if kind else found)


def tamper(number: int, **values: Any) -> None:
    """What somebody with the database in hand could do."""
    columns = ", ".join(f"{name} = %s" for name in values)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE sessions_app_auditentry SET {columns} WHERE number = %s", [*values.values(), number])


def faults() -> list[str]:
    return audit.verify().faults


def test_an_entry_says_who_did_what_from_where_before_and_after(pages: Client, ana: Person, orders: Queue) -> None:
    page = reverse("admin:sessions_app_ticketsystem_change", args=[TicketSystem.objects.get(slug="helpdesk").pk])
    form = {"name": "Help", "slug": "helpdesk", "url_template": "https://help.example/t/{id}", "pattern": r"HD-\d+", "hue": 4}
    assert pages.post(page, form, headers={"User-Agent": BROWSER}).status_code == 302
    entry = entries(audit.Kind.ROW_CHANGED)[-1]
    assert (entry.actor_id, entry.actor_name, entry.via) == (ana.pk, "Ana", "administration")
    assert (entry.address, entry.browser) == ("127.0.0.1", BROWSER)
    assert (entry.subject_kind, entry.subject_id) == ("ticketsystem", str(TicketSystem.objects.get(slug="helpdesk").pk))
    assert (entry.before["name"], entry.after["name"]) == ("Help desk", "Help")


def test_sign_ins_and_failures_are_in_the_log_and_what_was_typed_is_not(client: Client, ben: Person) -> None:
    page = reverse("account_login")
    client.post(page, {"login": "ben@example.com", "password": "hunter2-hunter2"})
    client.post(page, {"login": "my-password@in.the.wrong.box", "password": "x"})
    client.post(page, {"login": "ben@example.com", "password": "secret"})
    client.post(reverse("account_logout"))
    told = [(entry.kind, entry.subject_id) for entry in entries(kind="", kind__startswith="account.si")]
    assert told == [
        (audit.Kind.SIGN_IN_REFUSED, str(ben.pk)),
        (audit.Kind.SIGN_IN_REFUSED, ""),
        (audit.Kind.SIGNED_IN, str(ben.pk)),
        (audit.Kind.SIGNED_OUT, str(ben.pk)),
    ]
    written = json.dumps([entry.as_object() for entry in entries()])
    assert "hunter2" not in written
    assert "wrong.box" not in written


def test_rights_are_told_whichever_door_changed_them(ben: Person, orders: Queue, parcels: Queue) -> None:
    leads = Group.objects.create(name="leads")
    ben.is_superuser = True
    ben.save()
    ben.groups.add(leads)
    leads.user_set.remove(ben)
    parcels.members.set([ben])
    ben.queues.clear()
    told = [(entry.kind, entry.before, entry.after) for entry in entries(subject_id=str(ben.pk))]
    assert [kind for kind, _, _ in told[:2]] == [audit.Kind.ACCOUNT_MADE, audit.Kind.QUEUES_CHANGED]
    assert told[2:6] == [
        (audit.Kind.ACCOUNT_CHANGED, {"is_superuser": False}, {"is_superuser": True}),
        (audit.Kind.ROLES_CHANGED, None, {"group": "leads"}),
        (audit.Kind.ROLES_CHANGED, {"group": "leads"}, None),
        (audit.Kind.QUEUES_CHANGED, None, {"queue": "Parcels"}),
    ]
    assert [before for _, before, _ in told[6:]] == [{"queue": "Orders"}, {"queue": "Parcels"}]


def test_what_is_no_change_of_rights_makes_no_entry(ben: Person) -> None:
    known = len(entries())
    ben.theme = "dark"
    ben.save()
    ben.save(update_fields=["last_login"])
    assert len(entries()) == known


def test_the_administration_tells_of_every_row(pages: Client, ana: Person, ben: Person, session: Session) -> None:
    pages.post(reverse("admin:auth_group_add"), {"name": "leads"})
    group = Group.objects.get()
    pages.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "heads"})
    deletion = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
    pages.post(reverse("admin:auth_group_changelist"), deletion)
    told = [(entry.kind, entry.before, entry.after) for entry in entries(subject_kind="group")]
    assert told == [
        (audit.Kind.ROW_ADDED, None, {"name": "leads"}),
        (audit.Kind.ROW_CHANGED, {"name": "leads"}, {"name": "heads"}),
        (audit.Kind.ROW_DELETED, {"id": group.pk, "name": "heads"}, None),
    ]


def test_a_queue_given_on_a_persons_page_is_told(pages: Client, ben: Person, parcels: Queue) -> None:
    page = reverse("admin:sessions_app_person_change", args=[ben.pk])
    shown = pages.get(page).context["adminform"].form.initial
    fields = {name: value for name, value in shown.items() if isinstance(value, str) and value}
    member = Queue.members.through.objects.get()
    old = {"0-id": member.pk, "0-person": ben.pk, "0-queue": member.queue_id}
    inline = {"TOTAL_FORMS": 2, "INITIAL_FORMS": 1, **old, "1-person": ben.pk, "1-queue": parcels.pk}
    form = {**fields, "is_active": "on", **{f"Queue_members-{name}": value for name, value in inline.items()}}
    assert pages.post(page, form).status_code == 302
    assert entries(audit.Kind.ROW_CHANGED)[-1].after == {"added": ["Parcels – Ben"]}


def test_no_secret_is_in_an_entry(pages: Client, orders: Queue, ana: Person) -> None:
    pages.post(reverse("admin:sessions_app_apitoken_add"), {"name": "Website", "queues": [orders.pk], "acts_for": ana.pk})
    written = json.dumps([entry.as_object() for entry in entries()])
    assert not re.search(r"kern_[\w-]{20,}|pbkdf2|md5\$", written)


def test_entries_are_never_changed_or_deleted(ana: Person) -> None:
    entry = entries()[-1]
    entry.actor_name = "Somebody else"
    for deed in (entry.save, entry.delete, AuditEntry.objects.all().delete, lambda: AuditEntry.objects.update(kind="x")):
        with pytest.raises(AppendOnlyError):
            deed()
    assert faults() == []


def test_an_entry_belongs_to_its_transaction(ana: Person) -> None:
    known = len(entries())
    with transaction.atomic():
        audit.record(audit.Kind.SETTINGS_CHANGED, after={"DEBUG": True})
        transaction.set_rollback(True)
    assert len(entries()) == known


def test_two_writers_at_once_make_one_chain(ana: Person) -> None:
    known = len(entries())

    def write() -> HttpResponse:
        audit.record(audit.Kind.SETTINGS_CHANGED, after={"n": 1})
        return HttpResponse()

    at_once([write] * 8)
    assert len(entries()) == known + 8
    assert faults() == []


@pytest.fixture
def chain(ana: Person) -> list[AuditEntry]:
    for number in range(4):
        value = f"model {number} – “ü” \u202e"
        audit.record(audit.Kind.SETTINGS_CHANGED, actor=ana, subject="KERN_MODEL", after={"value": value})
    return entries()


def test_a_whole_log_is_told_with_its_end(chain: list[AuditEntry]) -> None:
    out = StringIO()
    call_command("verify_record", stdout=out)
    assert f"{len(chain)} entries" in out.getvalue()
    assert f"head {chain[-1].number}:{chain[-1].digest}" in out.getvalue()


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("actor_name", "Ben", "was changed"),
        ("at", "2020-01-01 00:00:00+00:00", "was changed"),
        ("before", '{"value": 1}', "details of entry 3 were changed"),
        ("subject_name", "Cy", "details of entry 3 were changed"),
        ("details_digest", "0" * 64, "was changed"),
        ("digest", "0" * 64, "was changed"),
        ("blanked_by", 4, "were changed"),
    ],
)
def test_a_changed_entry_shows(chain: list[AuditEntry], column: str, value: Any, said: str) -> None:
    tamper(3, **{column: value})
    assert any(said in fault for fault in faults())
    with pytest.raises(CommandError, match="not whole"):
        call_command("verify_record", stderr=StringIO())


def test_a_missing_entry_shows_and_a_replaced_one_too(chain: list[AuditEntry]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sessions_app_auditentry WHERE number IN (3, 4)")
    assert faults() == ["Entries 3 to 4 are missing."]


def test_an_entry_made_anew_with_right_digests_does_not_fit_its_place(chain: list[AuditEntry]) -> None:
    forged = chain[2]
    forged.actor_name = "Ben"
    tamper(3, actor_name="Ben", digest=forged.expected_digest())
    assert faults() == ["Entry 4 does not follow entry 3: one of them was replaced."]


def test_a_log_that_was_shortened_shows_against_an_end_noted_before(chain: list[AuditEntry]) -> None:
    noted = audit.verify().head
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sessions_app_auditentry WHERE number = %s", [chain[-1].number])
    assert faults() == []
    assert "was noted and is gone" in audit.verify(noted).faults[0]
    with pytest.raises(CommandError, match="NUMBER:DIGEST"):
        call_command("verify_record", head="what?")


def test_details_can_be_erased_and_the_chain_still_holds(chain: list[AuditEntry]) -> None:
    because = audit.blank(AuditEntry.objects.filter(number__in=[2, 3]), audit.Kind.CUSTOMER_ERASED, subject="a digest")
    verdict = audit.verify()
    assert (verdict.faults, verdict.blanked) == ([], 2)
    assert because.after == {"blanked": [2, 3]}
    erased = AuditEntry.objects.get(number=3)
    assert (erased.subject_id, erased.after, erased.salt, erased.actor_name) == ("", None, "", chain[2].actor_name)
    again = audit.blank(AuditEntry.objects.all(), audit.Kind.CUSTOMER_ERASED)
    assert because.number not in again.after["blanked"]
    assert faults() == []


def test_details_that_are_gone_without_a_reason_show(chain: list[AuditEntry]) -> None:
    tamper(3, subject_id="", subject_name="", before=None, after=None, salt="", blanked_by=4)
    assert faults() == ["The details of entry 3 are gone, and no entry says why."]


def test_admins_filter_and_export_and_others_do_not(
    client: Client, pages: Client, chain: list[AuditEntry], ben: Person
) -> None:
    listed = reverse("admin:sessions_app_auditentry_changelist")
    assert pages.get(listed, {"kind": "settings.changed", "q": "Ana"}).context["cl"].result_count == 4
    answer = pages.get(reverse("admin:audit-jsonl"), {"kind": "settings.changed"})
    lines = [json.loads(line) for line in answer.getvalue().decode().splitlines()]
    assert [line["number"] for line in lines] == [entry.number for entry in chain[-4:]]
    assert entries(audit.Kind.LOG_EXPORTED)[-1].after == {"form": "jsonl", "filters": "kind=settings.changed"}
    table = pages.get(reverse("admin:audit-csv"), {"kind": "settings.changed"}).getvalue().decode()
    assert [row["number"] for row in spreadsheet.read(table)] == [str(entry.number) for entry in chain[-4:]]
    ben.is_staff = True
    ben.save()
    client.force_login(ben)
    for ending in ("csv", "jsonl"):
        assert client.get(reverse(f"admin:audit-{ending}")).status_code == 403


def test_anyone_can_check_an_export_with_the_program_in_the_documentation(
    pages: Client, chain: list[AuditEntry], tmp_path: Path
) -> None:
    audit.blank(AuditEntry.objects.filter(number=2), audit.Kind.CUSTOMER_ERASED)
    text = (ROOT / "docs" / "audit-log.md").read_text()
    program = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert program is not None
    assert len(program[1].splitlines()) <= 50
    checker, exported = tmp_path / "check.py", tmp_path / "audit.jsonl"
    checker.write_text(program[1])
    exported.write_bytes(pages.get(reverse("admin:audit-jsonl")).getvalue())

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, checker, exported], capture_output=True, text=True, check=False)

    whole = check()
    assert (whole.returncode, whole.stderr) == (0, "")
    exported.write_text(exported.read_text().replace("model 2", "model 7"))
    assert check().returncode == 1
