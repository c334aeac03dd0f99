"""Changes between the messages, as one grey line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.defaultfilters import date as format_date
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sessions_app.changes.kinds import Kind, kind_of
from sessions_app.infrastructure.broken_rows import BrokenRow
from sessions_app.infrastructure.one_statement import Steps
from sessions_app.models import Change, Decision, Person, Requirement
from sessions_app.templatetags.inbox import said

#: The kinds that stand as a line in the timeline, and their icons. Messages, runs and cards stand for the others.
ICONS: dict[Kind, str] = {
    Kind.TICKET_LINKED: "ticket",
    Kind.TICKET_FIRST: "ticket",
    Kind.TICKET_UNLINKED: "ticket",
    Kind.TICKET_CHANGED: "ticket",
    Kind.NAME_CHANGED: "text-cursor-input",
    Kind.NAME_FAILED: "triangle-alert",
    Kind.SESSION_TAKEN_OVER: "user-round-check",
    Kind.SESSION_PERSON_WANTED: "user-round",
    Kind.SESSION_NEEDS_PERSON: "user-round",
    Kind.COST_REACHED: "circle-alert",
    Kind.LINK_MADE: "link",
    Kind.LINK_REVOKED: "link",
    Kind.CUSTOMER_CORRECTED: "pencil-line",
    Kind.SESSION_HANDED_BACK: "bot",
    Kind.SESSION_ASSIGNED: "user-round-plus",
    Kind.SESSION_NOBODY_FREE: "circle-dashed",
    Kind.LABEL_ADDED: "tag",
    Kind.LABEL_REMOVED: "tag",
    Kind.PRIORITY_SET: "chevrons-up",
    Kind.SESSION_MOVED: "inbox",
    Kind.SESSION_MERGED: "merge",
    Kind.SESSION_UNMERGED: "merge",
    Kind.SESSION_CLOSED: "archive",
    Kind.SESSION_REOPENED: "inbox",
    Kind.SESSION_SPAM: "ban",
    Kind.SESSION_NOT_SPAM: "inbox",
    Kind.SESSION_SNOOZED: "alarm-clock",
    Kind.SESSION_WOKEN: "alarm-clock",
    Kind.SESSION_IMPORTED: "clipboard-paste",
    Kind.SESSION_MODE_CHANGED: "bot",
    Kind.RUN_DRAFT_WANTED: "bot",
    Kind.RUN_QUESTION_ASKED: "lock",
    Kind.RUN_CANCEL_REQUESTED: "ban",
    Kind.RUN_CANCELLED: "ban",
    Kind.RUN_RETRIED: "rotate-cw",
    Kind.RUN_ASKED_AGAIN: "rotate-ccw",
    Kind.RUN_OUTCOME_KEPT: "clipboard-paste",
    Kind.RUN_RECOVERED: "rotate-cw",
    Kind.POLICY_TIGHTENED: "shield-check",
    Kind.REQUIREMENT_REOPENED: "rotate-ccw",
    Kind.REQUIREMENT_REMINDER: "timer",
    Kind.REQUIREMENT_APPROVED: "circle-check",
    Kind.REQUIREMENT_ANSWERED: "circle-check",
    Kind.REQUIREMENT_EXECUTED: "circle-check",
    Kind.REQUIREMENT_FIRST_APPROVAL: "shield-check",
    Kind.REQUIREMENT_REJECTED: "circle-x",
    Kind.REQUIREMENT_FAILED: "circle-x",
    Kind.REQUIREMENT_EXPIRED: "clock",
    Kind.REQUIREMENT_CANCELLED: "ban",
    Kind.REQUIREMENT_SUPERSEDED: "ban",
}
#: The kinds of the log that the timeline does not show. What this version does not know is no one of them.
NOT_SHOWN = [kind for kind in Kind if kind not in ICONS]
#: Verdicts of people, or of the clock, on a requirement: yes, no or neither.
VERDICTS: dict[Kind, str] = {
    Kind.REQUIREMENT_APPROVED: "yes",
    Kind.REQUIREMENT_ANSWERED: "yes",
    Kind.REQUIREMENT_EXECUTED: "yes",
    Kind.REQUIREMENT_FIRST_APPROVAL: "yes",
    Kind.REQUIREMENT_REJECTED: "no",
    Kind.REQUIREMENT_FAILED: "no",
    Kind.REQUIREMENT_EXPIRED: "",
}
DROPPED = (Kind.REQUIREMENT_CANCELLED, Kind.REQUIREMENT_SUPERSEDED)
#: Values that stand out in a sentence.
BOLD, CODE = ("assignee", "before_name", "label", "queue_name", "ticket"), ("tool",)


@dataclass
class Event:
    """One line: an icon, a sentence, a time; `verdict` is yes or no where a person decided."""

    at: datetime
    icon: str
    text: SafeString
    verdict: str = ""


def shown_events(changes: list[Change], reader: Person) -> Steps[list[Event | BrokenRow]]:
    """The lines for those changes that people should read about; what was decided is read in one step."""
    of_decisions = [change for change in changes if change.kind in VERDICTS or change.kind in DROPPED]
    asked, decided = yield [
        Requirement.objects.filter(pk__in=_keys(of_decisions, "requirement")),
        Decision.objects.filter(pk__in=_keys(changes, "line")),
    ]
    requirements, first = {row.pk: row for row in asked}, {row.pk: row for row in decided}
    lines: list[Event | BrokenRow] = []
    for change in changes:
        try:
            lines.append(_event(change, requirements, first, reader))
        except Exception as error:  # noqa: BLE001 - one unreadable event must not hide the others
            lines.append(BrokenRow.of(change, error))
    return lines


def _keys(changes: list[Change], name: str) -> list[int]:
    return [key for change in changes if isinstance(key := change.data.get(name), int)]


def _event(
    change: Change, requirements: dict[int, Requirement], first: dict[int, Decision], reader: Person
) -> Event | BrokenRow:
    if change.broken:
        return BrokenRow(change, change.broken)
    kind = kind_of(change.kind)
    if kind is None:
        return BrokenRow.of(change, ValueError(f"this version does not know the kind {change.kind!r}"))
    if kind in VERDICTS:
        line = first.get(change.data.get("line", 0))
        return _verdict(change, kind, requirements.get(change.data.get("requirement", 0)), line, reader)
    if kind in DROPPED:
        return _dropped(change, kind, requirements.get(change.data.get("requirement", 0)))
    sentence = str(VARIANTS[kind](change)) if kind in VARIANTS else ""
    text = format_html(sentence or str(kind.sentence), who=_who(change, reader), **_values(change.data))
    return Event(change.created_at, ICONS[kind], text)


def _who(change: Change, reader: Person) -> SafeString:
    name = _("You") if change.person_id == reader.pk else change.actor or _("The inbox")
    return format_html("<b>{}</b>", name)


def _values(data: dict[str, Any]) -> dict[str, Any]:
    """The payload's fields as they stand in a sentence."""
    values = {name: value for name, value in data.items() if name != "who"}
    values |= {name: format_html("<b>{}</b>", values[name]) for name in BOLD if name in values}
    values |= {name: format_html("<code>{}</code>", values[name]) for name in CODE if name in values}
    until = parse_datetime(values.get("until") or "")
    if until is not None:
        values["until"] = format_date(timezone.localtime(until), "D j M Y, H:i")
    return values


def _named(change: Change) -> str:
    sentences = {
        "auto": _("Named “{name}” by AI"),
        "ticket": _("Named “{name}” by its ticket"),
        "provisional": _("Named “{name}” provisionally, because no name could be made"),
        "imported": _("The name “{name}” came along with the conversation"),
        "fallback": _("Named “{name}”, because no name could be made"),
    }
    return sentences.get(change.data.get("source", ""), "")


def _not_named(change: Change) -> str:
    return _("No name could be made: {why} Trying again soon.") if change.data.get("again") else ""


def _assigned(change: Change) -> str:
    return "" if change.data.get("assignee") else _("{who} assigned this to nobody")


def _prioritized(change: Change) -> str:
    sentences = {
        "urgent": _("{who} set the priority to urgent"),
        "high": _("{who} set the priority to high"),
        "normal": _("{who} set the priority to normal"),
        "low": _("{who} set the priority to low"),
    }
    return sentences.get(change.data.get("priority", ""), "")


def _moved(change: Change) -> str:
    return "" if change.data.get("before_name") else _("{who} moved this to {queue_name}")


def _snoozed(change: Change) -> str:
    return "" if parse_datetime(change.data.get("until") or "") else _("{who} snoozed this until the customer writes")


def _mode_changed(change: Change) -> str:
    sentences = {
        "autopilot": _("{who} had the agent answer by itself from here on"),
        "draft": _("{who} had the agent only draft from here on; a person sends"),
    }
    return sentences.get(change.data.get("mode", ""), "")


def _cancelled(change: Change) -> str:
    # A paused turn is stopped by a person, a running one stops itself when it was asked to.
    return _("{who} stopped") if change.person_id is None else ""


#: Another sentence than the kind's own, where the payload calls for one; empty for the kind's own.
VARIANTS: dict[Kind, Callable[[Change], str]] = {
    Kind.NAME_CHANGED: _named,
    Kind.NAME_FAILED: _not_named,
    Kind.SESSION_ASSIGNED: _assigned,
    Kind.PRIORITY_SET: _prioritized,
    Kind.SESSION_MOVED: _moved,
    Kind.SESSION_SNOOZED: _snoozed,
    Kind.SESSION_MODE_CHANGED: _mode_changed,
    Kind.RUN_CANCELLED: _cancelled,
}


def _dropped(change: Change, kind: Kind, requirement: Requirement | None) -> Event:
    """A call that needs no decision any more, because the turn that asked for it is over."""
    reason = requirement.reason if requirement is not None else ""
    what = _("The draft") if reason == "draft" else _tool(change)
    why = _("the turn was stopped") if kind is Kind.REQUIREMENT_CANCELLED else _("the turn was given up")
    sentences = {
        "draft": _("{tool} was not sent: {why}"),
        "uncertain": _("Nobody said whether {tool} ran: {why}"),
    }
    sentence = sentences.get(reason, str(kind.sentence))
    return Event(change.created_at, ICONS[kind], format_html(sentence, tool=_history_link(requirement, what), why=why))


def _verdict(change: Change, kind: Kind, requirement: Requirement | None, first: Decision | None, reader: Person) -> Event:
    """Return the line of a decision.

    `first` is the decision log's line of a first approval, whose edits may not be the last ones.
    """
    reason = requirement.reason if requirement is not None else ""
    what = _("the draft") if reason == "draft" else _tool(change)
    sentence = _other_verdicts().get((kind, reason), str(kind.sentence))
    parts = [format_html(sentence, who=_who(change, reader), tool=_history_link(requirement, what))]
    if requirement is not None:
        edited = first.edited_arguments if first is not None else requirement.edited_arguments
        is_edited_draft = reason == "draft" and edited
        parts.append(format_html(_(" after editing it")) if is_edited_draft else _edits(requirement.arguments, edited))
        if requirement.note and first is None:
            parts.append(format_html(": “{}”", requirement.note))
    return Event(change.created_at, ICONS[kind], format_html_join("", "{}", ((part,) for part in parts)), VERDICTS[kind])


def _other_verdicts() -> dict[tuple[Kind, str], str]:
    """Return the sentences of verdicts on a draft, and on an uncertain call."""
    return {
        (Kind.REQUIREMENT_APPROVED, "draft"): _("{who} sent {tool}"),
        (Kind.REQUIREMENT_ANSWERED, "draft"): _("{who} sent {tool}"),
        (Kind.REQUIREMENT_REJECTED, "draft"): _("{who} sent back {tool}"),
        (Kind.REQUIREMENT_REJECTED, "uncertain"): _("{who} gave up on {tool}"),
    }


def _tool(change: Change) -> SafeString:
    return format_html("<code>{}</code>", change.data.get("tool", ""))


def _history_link(requirement: Requirement | None, what: str) -> SafeString:
    """Return the name of the decision's subject, with a link to its history."""
    if requirement is None:
        return format_html("{}", what)
    return format_html('<a href="{}">{}</a>', reverse("requirement", args=[requirement.pk]), what)


def _edits(before: dict[str, Any], after: dict[str, Any] | None) -> SafeString:
    """` after changing fee from 36 to 0`; nothing when nothing was changed."""
    if after is None:
        return SafeString("")
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    rows = ((key, said(before.get(key)), said(after.get(key))) for key in changed)
    return format_html(_(" after changing {}"), format_html_join(", ", _("<b>{}</b> from {} to {}"), rows))
