"""Names of columns, as the administration shows them.

Django would call a column by its name in the code, which cannot be translated. One table names a word once for all models, and
keeps the words out of migrations. `name_columns` gives them to the columns that bring no name of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# fmt: off
LABELS: dict[str, Promise] = {
    "about": _("what it is about"), "access_hash": _("hash of the link"), "activity_at": _("last activity"),
    "actor": _("done by"), "acts_for": _("acts for"), "after": _("after"), "after_change": _("after change"),
    "after_messages": _("after messages"), "agent_id": _("agent"), "agent_name": _("agent’s name"),
    "ai_mode": _("AI mode"), "ai_mode_before": _("AI mode before"), "ai_notice": _("notice about AI"),
    "all_queues": _("all queues"), "answer": _("answer"), "answered_at": _("last answered"),
    "approvers": _("approvers"), "arguments": _("arguments"),
    "asked_by": _("asked by"), "asked_for_by": _("asked for by"), "assignee": _("assignee"), "assigns": _("assigns"),
    "assigns_when": _("assigns when"),
    "after_reply": _("after a person’s reply"), "capacity": _("most open conversations"), "at": _("time"),
    "attempts": _("attempts"), "attributes": _("attributes"), "author": _("author"), "author_kind": _("kind of author"),
    "beat_at": _("last sign of life"), "before": _("before"), "blanked_by": _("blanked by"), "body": _("body"),
    "browser": _("browser"), "busy": _("busy"), "cache_key": _("key"), "call_id": _("call’s id"),
    "cancel_requested": _("asked to stop"), "change_key": _("change"), "channel": _("channel"),
    "clock_skew": _("clock skew"), "colour": _("colour"), "content": _("text"), "cost": _("cost"),
    "cost_per_day": _("cost a day"),
    "created_at": _("created"), "customer": _("customer"), "customer_email": _("customer’s email address"),
    "customer_name": _("customer’s name"), "customer_page": _("customer page"), "data": _("details"), "day": _("day"),
    "decided_at": _("decided"), "decided_by": _("decided by"), "delay": _("delay"), "deleted_at": _("deleted"),
    "delivered": _("delivered"),
    "delivery": _("delivery"), "delivery_id": _("delivery’s id"), "details_digest": _("digest of the details"),
    "digest": _("digest"), "display_name": _("display name"), "done": _("done"), "done_at": _("done"),
    "due_at": _("due"), "edited_arguments": _("edited arguments"), "elsewhere": _("text of another window"),
    "elsewhere_is_private": _("that text is private"), "enabled": _("on"), "ended_at": _("ended"),
    "endpoint": _("endpoint"), "erase_after_days": _("erase after days"), "erased_at": _("erased"), "error": _("error"),
    "estimate": _("estimate"), "event": _("event"), "events": _("events"), "examples": _("examples"),
    "expires": _("expires"), "expires_after": _("expires after"), "expires_at": _("expires"), "failed": _("failed"),
    "failing_since": _("failing since"), "failures": _("failures"), "fence": _("fence"), "fields": _("fields"),
    "failed_at": _("failed since"), "list_columns": _("columns of the list"), "read_at": _("last opened"),
    "told_at": _("told"), "wide_list": _("wide list"),
    "brief": _("brief"), "by": _("by"),
    "finished_at": _("finished"), "first": _("older conversation"),
    "for_version": _("for version"), "forbidden_words": _("forbidden words"),
    "former_secret": _("former secret"), "former_until": _("former secret valid until"),
    "given_at": _("last given a conversation"), "heard_at": _("last heard"),
    "marked_unread": _("marked as unread"),
    "hand_over_after": _("answers without progress"), "hand_over_words": _("words that call a person"),
    "hands_over_failures": _("people take over failures"),
    "held_until": _("AI held until"), "hinted_until": _("worker called until"), "holder": _("holder"),
    "holes": _("changes left out"), "hour": _("hour"), "hue": _("colour"), "icon": _("icon"), "id": _("number"),
    "idempotency_key": _("idempotency key"), "internal": _("internal"), "is_failing": _("last attempt failed"),
    "is_away": _("away"), "is_on": _("on"),
    "is_primary": _("primary"), "job": _("job"), "kept": _("kept"), "key": _("key"), "kind": _("kind"),
    "label": _("label"), "makers": _("who makes labels"),
    "language": _("language"), "last_author": _("last author"), "last_author_kind": _("kind of the last author"),
    "last_change": _("last change"), "last_person": _("last person"), "last_text": _("last text"),
    "last_used_at": _("last used"), "lease_owner": _("lease owner"), "lease_until": _("lease until"),
    "letter_case": _("letter case"), "link_days": _("days of a link"), "link_made_at": _("link made"),
    "linked_by": _("linked by"), "look_again": _("look again"), "made_by": _("given by"), "masks": _("masked data"),
    "max_characters": _("most characters"), "max_words": _("most words"), "measurements": _("measurements"),
    "members": _("members"), "memo": _("memo"), "merged": _("merged conversation"), "merged_into": _("merged into"),
    "message": _("message"), "message_id": _("message’s id"), "messages": _("messages"),
    "messages_per_day": _("messages a day"),
    "metrics": _("metrics"), "microdollars": _("cost in millionths of a dollar"), "min_words": _("fewest words"),
    "model": _("model"), "month": _("month"), "monthly_budget": _("budget a month"), "moved": _("what was moved"),
    "multiple": _("several may be chosen"), "name": _("name"), "name_due_at": _("name due"),
    "name_failed_at": _("naming failed"), "name_failures": _("failures of naming"), "name_locked": _("name locked"),
    "name_problem": _("problem of naming"), "name_source": _("source of the name"),
    "name_version": _("version of the name"), "naming_after_messages": _("name after messages"),
    "naming_delay": _("delay of naming"), "naming_enabled": _("AI names conversations"),
    "naming_microdollars": _("cost of naming in millionths of a dollar"), "naming_tokens": _("tokens of naming"),
    "nobody_free_at": _("nobody available since"),
    "note": _("note"), "number": _("number"), "off_at": _("switched off"), "off_because": _("reason for switching off"),
    "on_shift": _("when the topic shifts"), "onwards": _("after resolving"), "options": _("options"), "outcome": _("outcome"),
    "over_budget": _("over budget"), "owner": _("owner"), "page": _("page"), "parameters": _("parameters"),
    "parent": _("parent"), "parent_call_id": _("parent’s call"), "paths": _("paths"), "pattern": _("pattern of ids"),
    "permanent_error": _("permanent error"), "person": _("person"), "person_email": _("person’s email address"),
    "person_key": _("person’s number"), "person_notice": _("notice about people"),
    "person_wanted_at": _("person wanted since"), "person_wanted_by": _("person wanted by"),
    "person_wanted_for": _("person wanted for"), "policy": _("policy"),
    "position": _("position"), "prefix": _("first characters"), "preset": _("preset"), "previous": _("digest before"),
    "priority": _("priority"), "problem": _("problem"), "provider_items": _("items of the provider"), "purpose": _("purpose"),
    "query": _("filters and order"), "question": _("question"), "queue": _("queue"), "queue_slug": _("queue"),
    "queues": _("queues"), "rate": _("rate"),
    "reason": _("reason"), "reasoning": _("reasoning"), "recheck_after": _("check again after"), "record": _("ticket"),
    "refused": _("refused"), "refused_at": _("refused"), "remind_at": _("remind at"),
    "reopened_from": _("reopened from"), "requirement": _("requirement"), "requirement_id": _("requirement’s id"),
    "requirement_key": _("requirement’s id"), "rest_until": _("rests until"), "restarts": _("restarts"),
    "rests_after": _("rests after"), "rests_until": _("rests until"), "result": _("result"), "revoked_at": _("revoked"),
    "revoked_by": _("revoked by"), "risk": _("risk"), "role": _("role"), "roles": _("roles"), "root": _("turn"),
    "run": _("run"), "run_id": _("run’s id"), "salt": _("salt"), "schema": _("schema"), "scopes": _("scopes"),
    "second": _("newer conversation"),
    "sealed_secret": _("encrypted secret"), "search_text": _("text for search"), "secret": _("secret"),
    "secret_end": _("end of the secret"), "secret_hash": _("hash of the secret"), "secret_set_at": _("secret set"),
    "seen": _("last change seen"), "sent": _("sent"), "session": _("session"), "session_id": _("session’s id"),
    "session_key": _("session’s id"), "sessions": _("sessions"),
    "settled_at": _("settled"), "shown": _("shown as"), "signature": _("signature"),
    "single_keys": _("single keys"), "skipped": _("skipped"), "slug": _("short name in addresses"),
    "snoozed_until": _("snoozed until"), "source": _("source"), "started_at": _("started"), "state": _("state"),
    "state_at": _("state since"), "state_map": _("states"), "status": _("status"), "status_before": _("status before"),
    "stuck": _("stuck"), "subject_id": _("id of what changed"), "system": _("ticket system"), "template": _("template"),
    "text": _("text"), "theme": _("theme"), "threads": _("threads"), "thresholds": _("thresholds"),
    "ticket_id": _("ticket’s id"), "time_zone": _("time zone"), "title": _("title"), "to_do": _("to do"),
    "token_hash": _("hash of the token"), "tokens": _("tokens"), "took": _("took"), "tool_call_id": _("call’s id"),
    "tool_calls": _("tool calls"), "tool_name": _("tool"), "topic_checked": _("topic compared up to"),
    "topic_due_at": _("topic to be compared"), "total": _("total"), "tried_at": _("last tried"), "tries": _("tries"),
    "undone": _("undone"), "undone_at": _("undone"), "until": _("until"), "updated_at": _("changed"),
    "updated_by": _("changed by"), "url": _("address"), "url_template": _("address of a ticket"),
    "used_up_at": _("used up"), "user_id": _("customer’s id"), "value": _("value"), "verdict": _("verdict"),
    "version": _("version"), "version_after": _("version after"), "via": _("through"), "waited": _("waited"),
    "waiting_for": _("waiting for"), "waiting_since": _("waiting since"),
    "warned_at": _("warned"), "webhook_id": _("delivery’s id"),
    "welcome": _("welcome"), "where": _("view"), "words": _("words"), "worker": _("worker"),
}
# fmt: on


def name_columns(rows: Iterable[type[models.Model]]) -> None:
    """Name the columns of these models, except those with a name of their own.

    After Django has read the models and before anything is shown; migrations do not see these names.
    """
    for row in rows:
        for column in [*row._meta.local_fields, *row._meta.local_many_to_many]:
            label = LABELS.get(column.name)
            if label is not None and not isinstance(column.verbose_name, Promise):
                column.verbose_name = label  # type: ignore[assignment]  # gettext_lazy gives a Promise
