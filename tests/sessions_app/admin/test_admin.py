"""Django's admin pages: for superusers only, records read-only, a token's secret shown once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kern.records.policy import Policy
from kern.testing import call
from sessions_app.actions import messages
from sessions_app.models import (
    ApiToken,
    Change,
    Counter,
    CustomerDay,
    Decision,
    Message,
    Person,
    Queue,
    Requirement,
    SearchBacklog,
    SearchEntry,
    Session,
    StandingApproval,
    ToolPolicy,
    UnsentText,
    WebhookHour,
    WebhookPosition,
)
from sessions_app.policy.in_force import is_allowed
from tests.desk import actor
from tests.signing_in import sign_in_afresh

#: What a person typed and has not sent is theirs alone: no admin reads it. Counters and indexes have nothing to be read.
PRIVATE = (UnsentText, Counter, CustomerDay, SearchBacklog, SearchEntry, WebhookHour, WebhookPosition)
MODELS = sorted(set(apps.get_app_config("sessions_app").get_models()).difference(PRIVATE), key=lambda model: model.__name__)
RECORDS = (
    *("change", "namerecord", "namesuggestion", "namingspend", "message", "toolcall", "run", "requirement", "sessionread"),
    *(
        "decision",
        "standingapproval",
        "job",
        "jobrow",
        "merge",
        "webhookdelivery",
        "webhookattempt",
        "incomingwebhook",
        "ticket",
        "customerattributes",
    ),
)


@pytest.fixture
def pages(client: Client, ana: Person) -> Client:
    sign_in_afresh(client, ana)
    return client


@pytest.fixture
def talked(session: Session, work: Callable[..., list[str]]) -> Session:
    """A conversation with a bit of everything in it."""
    actor.says(call("refund", order="7", cents=500))
    messages.receive(session, "Pay back order 7")
    work()
    return session


def queue_form(queue: Queue) -> dict[str, str]:
    """The fields of the queue's page as they stand."""
    fields = (
        *("name", "slug", "icon", "position", "agent_id", "ai_mode", "assigns", "assigns_when", "after_reply"),
        *("link_days", "messages_per_day"),
    )
    return {"customer_page": "on", **{name: str(getattr(queue, name)) for name in fields}}


def test_every_model_has_pages(pages: Client, talked: Session) -> None:
    for model in MODELS:
        if model._meta.auto_created:
            continue
        assert admin.site.is_registered(model), model
        name = f"admin:sessions_app_{model._meta.model_name}"
        listed = pages.get(reverse(f"{name}_changelist"), {"q": "x"})
        assert listed.status_code == 200
        row = model._default_manager.first()
        if row is not None:
            assert pages.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200


def test_allauths_own_pages_are_replaced_or_gone() -> None:
    pages = {model._meta.label: type(page).__module__ for model, page in admin.site._registry.items()}
    assert not [label for label, module in pages.items() if module.startswith("allauth")]
    assert "account.EmailAddress" not in pages


def test_what_a_person_has_not_sent_has_no_page() -> None:
    assert not any(admin.site.is_registered(model) for model in PRIVATE)


def test_being_staff_is_not_enough(client: Client, ben: Person, talked: Session) -> None:
    ben.is_staff = True
    ben.save()
    client.force_login(ben)
    for model in MODELS:
        if not model._meta.auto_created:
            assert client.get(reverse(f"admin:sessions_app_{model._meta.model_name}_changelist")).status_code == 403
    client.logout()
    assert client.get(reverse("admin:index")).status_code == 302


@pytest.mark.parametrize("name", RECORDS)
def test_records_cannot_be_written(pages: Client, talked: Session, name: str) -> None:
    assert pages.get(reverse(f"admin:sessions_app_{name}_add")).status_code == 403
    row = apps.get_model("sessions_app", name)._default_manager.first()
    if row is not None:
        assert pages.post(reverse(f"admin:sessions_app_{name}_change", args=[row.pk]), {}).status_code == 403
        assert pages.post(reverse(f"admin:sessions_app_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_a_new_tokens_secret_is_shown_once_and_works(pages: Client, orders: Queue, ana: Person) -> None:
    sign_in_afresh(pages, ana)
    form = {"name": "Website", "queues": [orders.pk], "acts_for": ana.pk, "scopes": ["read", "write"], "days": "30"}
    made = pages.post(reverse("admin:sessions_app_apitoken_add"), form)
    secret = re.search(r"kern_[\w-]{40,}", made.content.decode())
    assert secret is not None
    assert "no-store" in made["Cache-Control"]
    token = ApiToken.of_secret(secret[0])
    assert token is not None
    assert (token.name, token.acts_for, list(token.queues.all())) == ("Website", ana, [orders])
    assert (token.scopes, token.expires_at.date()) == ("read write", (timezone.now() + timedelta(days=30)).date())
    later = pages.get(reverse("admin:sessions_app_apitoken_change", args=[token.pk]))
    assert secret[0] not in later.content.decode()
    pages.post(reverse("admin:sessions_app_apitoken_changelist"), {"action": "revoke", "_selected_action": [token.pk]})
    assert not ApiToken.objects.usable().exists()


def test_admins_give_tokens_no_more_than_their_person_has(pages: Client, ana: Person, ben: Person, parcels: Queue) -> None:
    sign_in_afresh(pages, ana)
    form = {"name": "Website", "acts_for": ben.pk, "scopes": ["read"], "days": "30", "all_queues": "on"}
    wrong: dict[str, Any]
    for wrong in ({"scopes": ["admin"]}, {"queues": [parcels.pk]}, {"all_queues": ""}, {"acts_for": ""}, {"scopes": []}):
        assert pages.post(reverse("admin:sessions_app_apitoken_add"), {**form, **wrong}).status_code == 200
    assert not ApiToken.objects.exists()
    token, _secret = ApiToken.make("ben's", ben)
    changed = {"name": "ben's", "scopes": ["read"], "all_queues": "on"}
    assert pages.post(reverse("admin:sessions_app_apitoken_change", args=[token.pk]), changed).status_code == 302
    assert ApiToken.objects.get().scopes == "read"


def test_the_admin_gives_people_their_queues(pages: Client, orders: Queue) -> None:
    new = {"email": "Dora@Example.com", "display_name": "Dora", "usable_password": "true"}
    inline = {"Queue_members-TOTAL_FORMS": "0", "Queue_members-INITIAL_FORMS": "0"}
    secret = {"password1": "quite-long-4711", "password2": "quite-long-4711"}
    answer = pages.post(reverse("admin:sessions_app_person_add"), {**new, **inline, **secret})
    assert answer.status_code == 302, answer.content.decode()
    dora = Person.objects.get(email="dora@example.com")
    page = reverse("admin:sessions_app_queue_change", args=[orders.pk])
    assert pages.post(page, {**queue_form(orders), "members": [dora.pk]}).status_code == 302
    assert list(orders.members.all()) == [dora]


def test_a_queues_slug_stays_as_it_was_made(pages: Client, orders: Queue) -> None:
    fields = {"name": "Sales", "icon": "inbox", "position": "0", "agent_id": "clerk", "ai_mode": "autopilot"}
    fields |= {"link_days": "90", "assigns": "off", "assigns_when": "waiting", "after_reply": "ai"}
    assert pages.post(reverse("admin:sessions_app_queue_add"), {**fields, "slug": "sales"}).status_code == 302
    sales = Queue.objects.get(slug="sales")
    page = reverse("admin:sessions_app_queue_change", args=[sales.pk])
    assert 'name="slug"' not in pages.get(page).content.decode()
    assert pages.post(page, {**fields, "name": "EU", "slug": "sales-eu"}).status_code == 302
    sales.refresh_from_db()
    assert (sales.name, sales.slug) == ("EU", "sales")


def test_the_admin_gives_people_the_roles_that_policies_name(pages: Client, orders: Queue, ben: Person) -> None:
    leads = Group.objects.create(name="leads")
    page = reverse("admin:sessions_app_person_change", args=[ben.pk])
    form = pages.get(page).context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if name in form.fields and value not in (None, False)}
    inline = {"Queue_members-TOTAL_FORMS": "0", "Queue_members-INITIAL_FORMS": "0"}
    assert pages.post(page, {**fields, **inline, "groups": [leads.pk]}).status_code == 302
    assert is_allowed(orders, Policy(roles=("leads",)), Person.objects.get(pk=ben.pk))


@pytest.mark.parametrize(
    "wrong",
    [
        {"position": str(10**9)},
        {"agent_id": "nope"},
        {"agent_id": ""},
        {"ai_mode": "auto"},
    ],
)
def test_a_queue_keeps_only_what_turns_can_work_with(pages: Client, orders: Queue, wrong: dict[str, str]) -> None:
    page = reverse("admin:sessions_app_queue_change", args=[orders.pk])
    refused = pages.post(page, {**queue_form(orders), **wrong})
    assert refused.status_code == 200
    assert list(refused.context["adminform"].form.errors) == list(wrong)
    before: Any = Queue.objects.filter(pk=orders.pk).values().get()
    assert [before[name] for name in wrong] == [getattr(orders, name) for name in wrong]


def test_a_queue_is_given_to_an_agent_or_a_team_of_the_desk(pages: Client, orders: Queue, parcels: Queue) -> None:
    page = reverse("admin:sessions_app_queue_change", args=[orders.pk])
    assert pages.post(page, {**queue_form(orders), "agent_id": parcels.agent_id}).status_code == 302
    orders.refresh_from_db()
    assert orders.agent_id == parcels.agent_id
    Queue.objects.filter(pk=orders.pk).update(agent_id="gone")
    options = re.findall(
        r'<option value="([^"]*)"', pages.get(page).content.decode().split('name="agent_id"')[1].split("</select>")[0]
    )
    assert options[0] == ""
    assert {orders.agent_id, parcels.agent_id} <= set(options)
    assert "gone" not in options


def test_a_pattern_of_ticket_ids_is_a_regular_expression(pages: Client) -> None:
    page = reverse("admin:sessions_app_ticketsystem_add")
    form = {"name": "Help", "slug": "help-2", "url_template": "https://help.example/{id}", "hue": 4}
    for wrong in ("(", "[a", "*", "a{99999999999}"):
        assert "This is no regular expression" in pages.post(page, {**form, "pattern": wrong}).content.decode()
    assert pages.post(page, {**form, "pattern": r"H2-\d+"}).status_code == 302


def test_the_record_of_decisions_outlives_its_session_and_its_people(pages: Client, talked: Session, ben: Person) -> None:
    asked = Requirement.objects.get()
    told = {"requirement_key": asked.requirement_id, "session_key": talked.session_id, "tool_name": "refund"}
    line = Decision.objects.create(requirement=asked, verdict="approved", person=ben, actor="Ben", **told)
    before = Decision.objects.count()
    pages.post(reverse("admin:sessions_app_decision_changelist"), {"action": "delete_selected", "_selected_action": [line.pk]})
    pages.post(reverse("admin:sessions_app_session_delete", args=[talked.pk]), {"post": "yes"})
    pages.post(reverse("admin:sessions_app_person_delete", args=[ben.pk]), {"post": "yes"})
    assert not Session.objects.exists()
    assert not Person.objects.filter(pk=ben.pk).exists()
    kept = Decision.objects.get(pk=line.pk)
    assert Decision.objects.count() == before
    assert (kept.requirement, kept.person, kept.actor, kept.session_key) == (None, None, "Ben", talked.session_id)
    assert kept.person_email == "ben@example.com"


def test_a_queues_policy_is_checked_before_it_is_kept(pages: Client, orders: Queue) -> None:
    Group.objects.create(name="leads")
    page = reverse("admin:sessions_app_toolpolicy_add")
    form = {"queue": orders.pk, "tool_name": "refund", "risk": "high", "approvers": "2", "roles": "[]", "thresholds": "[]"}
    wrongs = ({"roles": '"leads"'}, {"thresholds": '["a lot"]'}, {"approvers": "3"}, {"risk": "none"}, {"expires_after": "0"})
    for wrong in wrongs:
        assert pages.post(page, {**form, **wrong}).status_code == 200, wrong
    assert pages.post(page, {**form, "roles": '["leads"]', "thresholds": '["cents > 500"]'}).status_code == 302
    policy = ToolPolicy.objects.get().as_policy()
    assert (policy.risk, policy.approvers, policy.roles, len(policy.thresholds)) == ("high", 2, ("leads",), 1)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"tool_name": "refnud"}, "No agent has a tool named refnud"),
        ({"roles": '["leeds"]'}, "There is no group named leeds"),
        ({"thresholds": '["amout > 500"]'}, "refund has no argument amout. Arguments: cents, order."),
        ({"tool_name": "count_stock", "approvers": "2"}, "One person answers for count_stock"),
    ],
    ids=str,
)
def test_a_policy_that_would_hold_nowhere_is_refused(pages: Client, orders: Queue, wrong: dict[str, str], why: str) -> None:
    form = {"queue": orders.pk, "tool_name": "refund", "risk": "", "approvers": "1", "roles": "[]", "thresholds": "[]"}
    answer = pages.post(reverse("admin:sessions_app_toolpolicy_add"), {**form, **wrong})
    assert why in answer.content.decode()
    assert not ToolPolicy.objects.exists()


def test_of_a_tool_that_asks_nobody_a_policy_is_kept_with_a_warning(pages: Client, orders: Queue) -> None:
    form = {"queue": orders.pk, "tool_name": "note_order", "risk": "high", "approvers": "1", "roles": "[]", "thresholds": "[]"}
    answer = pages.post(reverse("admin:sessions_app_toolpolicy_add"), form, follow=True)
    assert "The tool note_order needs no decision" in answer.content.decode()
    assert ToolPolicy.objects.get().risk == "high"


def test_a_policy_that_can_not_be_read_is_not_kept(orders: Queue) -> None:
    with pytest.raises(ValidationError, match="above 0"):
        ToolPolicy(queue=orders, tool_name="refund", expires_after=-1).clean()


def test_what_a_queue_asks_from_now_on_is_seen_on_what_is_open(pages: Client, talked: Session, orders: Queue) -> None:
    asked, before = Requirement.objects.get(), timezone.now()
    form = {"queue": orders.pk, "tool_name": "refund", "risk": "", "approvers": "1", "roles": "[]", "expires_after": "600"}
    pages.post(reverse("admin:sessions_app_toolpolicy_add"), {**form, "thresholds": '["cents > 400"]'})
    asked.refresh_from_db()
    assert (asked.risk, asked.approvers) == ("high", 2)
    assert asked.expires_at is not None
    assert asked.expires_at >= before + timedelta(seconds=600)
    assert talked.changes.latest("pk").kind == "policy.tightened"
    expires_at, page = asked.expires_at, reverse("admin:sessions_app_toolpolicy_change", args=[ToolPolicy.objects.get().pk])
    pages.post(page, {**form, "thresholds": "[]", "expires_after": "900"})
    asked.refresh_from_db()
    assert asked.expires_at == expires_at


def test_a_rule_that_ended_by_itself_is_not_revoked_again(pages: Client, ana: Person, orders: Queue) -> None:
    terms = {"queue": orders, "made_by": ana}
    over = StandingApproval.objects.create(tool_name="refund", until=timezone.now(), **terms)
    rule = StandingApproval.objects.create(tool_name="buy", until=timezone.now() + timedelta(days=1), **terms)
    chosen = {"action": "revoke", "_selected_action": [over.pk, rule.pk]}
    answer = pages.post(reverse("admin:sessions_app_standingapproval_changelist"), chosen, follow=True)
    assert "1 standing approval revoked." in answer.content.decode()
    over.refresh_from_db()
    assert over.revoked_at is None
    assert not StandingApproval.objects.in_force().exists()


def test_a_rule_is_revoked_and_never_edited(pages: Client, ana: Person, orders: Queue) -> None:
    rule = StandingApproval.objects.create(
        queue=orders, tool_name="refund", made_by=ana, until=timezone.now() + timedelta(days=1)
    )
    pages.post(reverse("admin:sessions_app_standingapproval_changelist"), {"action": "revoke", "_selected_action": [rule.pk]})
    rule.refresh_from_db()
    assert rule.revoked_by == ana
    assert not StandingApproval.objects.in_force().exists()


def test_deleting_a_session_takes_all_it_holds(pages: Client, talked: Session) -> None:
    answer = pages.post(reverse("admin:sessions_app_session_delete", args=[talked.pk]), {"post": "yes"})
    assert answer.status_code == 302
    assert [model.objects.count() for model in (Session, Message, Change)] == [0, 0, 0]
