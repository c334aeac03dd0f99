"""What happened between the words, as one grey line each."""

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

from sessions_app.infrastructure.broken_rows import BrokenRow
from sessions_app.models import Change, Decision, Person, Requirement
from sessions_app.templatetags.inbox import said


@dataclass
class Event:
    """One line: an icon, a sentence, a time; `verdict` is yes or no where a person decided."""

    at: datetime
    icon: str
    text: SafeString
    verdict: str = ""


def shown_events(changes: list[Change], reader: Person) -> list[Event | BrokenRow]:
    """The lines for those changes that people should read about; one query for what was decided."""
    of_decisions = [change for change in changes if change.kind in VERDICTS or change.kind in DROPPED]
    keys = _keys(of_decisions, "requirement")
    requirements = Requirement.objects.in_bulk(keys) if keys else {}
    first = Decision.objects.in_bulk(_keys(changes, "line"))
    lines: list[Event | BrokenRow] = []
    for change in changes:
        try:
            lines.append(_event(change, requirements, first, reader))
        except Exception as error:  # noqa: BLE001 - whatever is stored of one event, the others are shown
            lines.append(BrokenRow.of(change, error))
    return lines


def _keys(changes: list[Change], name: str) -> list[int]:
    return [key for change in changes if isinstance(key := change.data.get(name), int)]


def _event(
    change: Change, requirements: dict[int, Requirement], first: dict[int, Decision], reader: Person
) -> Event | BrokenRow:
    if change.broken:
        return BrokenRow(change, change.broken)
    if change.kind in VERDICTS:
        line = first.get(change.data.get("line", 0))
        return _verdict(change, requirements.get(change.data.get("requirement", 0)), line, reader)
    if change.kind in DROPPED:
        return _dropped(change, requirements.get(change.data.get("requirement", 0)))
    # A paused turn is stopped by a person, a running one stops itself when it was asked to.
    stopped_itself = change.kind == "run.cancelled" and change.person_id is None
    icon, write = STOPPED_ITSELF if stopped_itself else WRITERS[change.kind]
    return Event(change.created_at, icon, write(_who(change, reader), change.data))


def _who(change: Change, reader: Person) -> SafeString:
    name = _("You") if change.person_id == reader.pk else change.actor or _("The inbox")
    return format_html("<b>{}</b>", name)


def _line(text: str) -> Callable[[SafeString, dict[str, Any]], SafeString]:
    """A writer of a sentence with `{who}` and values of the change's data in it."""
    return lambda who, data: format_html(_(text), who=who, **{key: value for key, value in data.items() if key != "who"})


def _named(who: SafeString, data: dict[str, Any]) -> SafeString:
    sentences = {
        "human": _("{who} named this “{name}”"),
        "auto": _("Named “{name}” by AI"),
        "fallback": _("Named “{name}”, because no name could be made"),
    }
    return format_html(sentences.get(data.get("source", ""), "{name}"), who=who, name=data.get("name", ""))


def _assigned(who: SafeString, data: dict[str, Any]) -> SafeString:
    if data.get("assignee"):
        return format_html(_("{who} assigned this to <b>{assignee}</b>"), who=who, assignee=data["assignee"])
    return format_html(_("{who} assigned this to nobody"), who=who)


def _moved(who: SafeString, data: dict[str, Any]) -> SafeString:
    if data.get("before_name"):
        sentence = _("{who} moved this from <b>{before}</b> to <b>{queue}</b>")
        return format_html(sentence, who=who, before=data["before_name"], queue=data.get("queue_name", ""))
    return format_html(_("{who} moved this to <b>{queue}</b>"), who=who, queue=data.get("queue_name", ""))


def _snoozed(who: SafeString, data: dict[str, Any]) -> SafeString:
    until = parse_datetime(data.get("until") or "")
    if until is None:
        return format_html(_("{who} snoozed this until the customer writes"), who=who)
    return format_html(
        _("{who} snoozed this until {until}"), who=who, until=format_date(timezone.localtime(until), "D j M Y, H:i")
    )


def _not_named(who: SafeString, data: dict[str, Any]) -> SafeString:
    again = _("Trying again soon.") if data.get("again") else ""
    return format_html(_("No name could be made: {why} {again}"), why=data.get("why", ""), again=again)


VERDICTS = {
    f"requirement.{status}": (verdict, icon)
    for status, verdict, icon in (
        ("approved", "yes", "circle-check"),
        ("answered", "yes", "circle-check"),
        ("executed", "yes", "circle-check"),
        ("rejected", "no", "circle-x"),
        ("failed", "no", "circle-x"),
        ("first_approval", "yes", "shield-check"),
        ("expired", "", "clock"),
    )
}

MODES = {
    "autopilot": "{who} had the agent answer by itself from here on",
    "draft": "{who} had the agent only draft from here on; a person sends",
    "": "{who} had the agent work as the queue says from here on",
}

WRITERS: dict[str, tuple[str, Callable[[SafeString, dict[str, Any]], SafeString]]] = {
    "ticket.linked": ("ticket", _line("{who} linked <b>{ticket}</b>")),
    "ticket.unlinked": ("ticket", _line("{who} unlinked <b>{ticket}</b>")),
    "name.changed": ("text-cursor-input", _named),
    "name.failed": ("triangle-alert", _not_named),
    "session.taken_over": ("user-round-check", _line("{who} took over. The agent can no longer write or act here.")),
    "session.person_wanted": ("user-round", _line("{who} asked for a person. The agent can no longer write or act here.")),
    "limit.cost_reached": (
        "circle-alert",
        _line("Today’s cost for this customer is used up; a person answers. Tomorrow the agent goes on by itself."),
    ),
    "link.made": ("link", _line("{who} made a new link for the customer. The one before does not work any more.")),
    "link.revoked": ("link", _line("{who} revoked the customer’s link")),
    "session.handed_back": ("bot", _line("{who} handed this back to the agent")),
    "session.assigned": ("user-round-plus", _assigned),
    "session.moved": ("inbox", _moved),
    "session.closed": ("archive", _line("{who} resolved this")),
    "session.reopened": ("inbox", _line("{who} opened this again")),
    "session.snoozed": ("alarm-clock", _snoozed),
    "session.woken": ("alarm-clock", _line("Back from snooze")),
    "session.imported": ("clipboard-paste", _line("Imported")),
    "session.mode_changed": ("bot", lambda who, data: format_html(_(MODES.get(data.get("mode", ""), MODES[""])), who=who)),
    "run.draft_wanted": ("bot", _line("{who} had the agent draft an answer")),
    "run.question_asked": ("lock", _line("{who} asked the agent privately")),
    "requirement.reopened": ("rotate-ccw", _line("{who} asked again about <code>{tool}</code>, which had expired")),
    "requirement.reminder": ("timer", _line("Time is running out for <code>{tool}</code>")),
    "run.cancel_requested": ("ban", _line("{who} asked the agent to stop")),
    "run.cancelled": ("ban", _line("{who} stopped the agent")),
    "run.retried": ("rotate-cw", _line("{who} started the failed turn again")),
    "run.asked_again": ("rotate-ccw", _line("{who} asked the agent to look again")),
    "run.outcome_kept": ("clipboard-paste", _line("<code>{tool}</code> had begun before that; what came of it was kept")),
    "policy.tightened": ("shield-check", _line("{who} made the rules for <code>{tool}</code> stricter")),
    "run.recovered": ("rotate-cw", _line("A worker stopped in the middle; another one went on")),
}

STOPPED_ITSELF = ("ban", _line("{who} stopped"))

DROPPED = {
    "requirement.cancelled": _("the turn was stopped"),
    "requirement.superseded": _("the turn was given up"),
}


def _dropped(change: Change, requirement: Requirement | None) -> Event:
    """A call that nobody needs to decide about any more, because the turn that asked for it is over."""
    why, reason = _(DROPPED[change.kind]), requirement.reason if requirement is not None else ""
    what = _story_link(requirement, format_html("<code>{}</code>", change.data.get("tool", "")))
    sentences = {
        "draft": _("{what} was not sent: {why}"),
        "uncertain": _("Nobody said whether {what} ran: {why}"),
    }
    if reason == "draft":
        what = _story_link(requirement, _("The draft"))
    return Event(
        change.created_at, "ban", format_html(sentences.get(reason, _("{what} was not run: {why}")), what=what, why=why)
    )


def _verdict(change: Change, requirement: Requirement | None, first: Decision | None, reader: Person) -> Event:
    """Who decided what; `first` is the line of the record of a first approval, whose edits may not be the last ones."""
    verdict, icon = VERDICTS[change.kind]
    reason = requirement.reason if requirement is not None else ""
    what = _("the draft") if reason == "draft" else format_html("<code>{}</code>", change.data.get("tool", ""))
    if change.kind == "requirement.expired":
        parts: list[Any] = [format_html(_("Nobody decided in time about {what}"), what=_story_link(requirement, what))]
    else:
        parts = [_who(change, reader), " ", _did(change.kind, reason), " ", _story_link(requirement, what)]
    if requirement is not None:
        edited = first.edited_arguments if first is not None else requirement.edited_arguments
        parts.append(_(" after editing it") if reason == "draft" and edited else _edits(requirement.arguments, edited))
        if requirement.note and first is None:
            parts.append(format_html(": “{}”", requirement.note))
    return Event(change.created_at, icon, format_html_join("", "{}", ((part,) for part in parts)), verdict)


def _story_link(requirement: Requirement | None, what: str) -> SafeString:
    """What was decided about, leading to its whole story."""
    if requirement is None:
        return format_html("{}", what)
    return format_html('<a href="{}">{}</a>', reverse("requirement", args=[requirement.pk]), what)


def _did(kind: str, reason: str) -> str:
    of_drafts = {"requirement.approved": _("sent"), "requirement.answered": _("sent"), "requirement.rejected": _("sent back")}
    if reason == "draft" and kind in of_drafts:
        return of_drafts[kind]
    if reason == "uncertain" and kind == "requirement.rejected":
        return _("gave up on")
    words = {
        "requirement.approved": _("approved"),
        "requirement.answered": _("answered"),
        "requirement.executed": _("gave the result of"),
        "requirement.rejected": _("rejected"),
        "requirement.failed": _("could not do"),
        "requirement.first_approval": _("approved as first of two"),
    }
    return words[kind]


def _edits(before: dict[str, Any], after: dict[str, Any] | None) -> SafeString:
    """` after changing fee from 36 to 0`; nothing when nothing was changed."""
    if after is None:
        return SafeString("")
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    rows = ((key, said(before.get(key)), said(after.get(key))) for key in changed)
    return format_html(_(" after changing {}"), format_html_join(", ", _("<b>{}</b> from {} to {}"), rows))
