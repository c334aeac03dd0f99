"""Bodies of deliveries: the event, when it happened, the conversation, and what is of this event alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import prefetch_related_objects
from django.db.models.functions import Left

from sessions_app.changes.kinds import Kind
from sessions_app.models import Change, Message, Requirement, Run, Session, TicketLink, TicketSystem
from sessions_app.webhooks.outgoing.events import OF_KIND, Event

LONGEST_ABOUT = 300
OF_WORDS = (Event.MESSAGE_CUSTOMER, Event.MESSAGE_ANSWERED, Event.MESSAGE_NOTE)
MERGES = (Kind.SESSION_MERGED, Kind.SESSION_UNMERGED)
#: Longer texts (an error of a model's server) are cut: a webhook says what happened, the API has all of it.
LONGEST_TEXT = 2_000


_BEGINNING = Left("content", LONGEST_TEXT + 1)


@dataclass
class Told:
    """One event with its body, and a line about it for people."""

    change: Change
    event: Event
    body: str
    about: str


@dataclass(frozen=True)
class Words:
    """The beginning of something said, with the id of its last message."""

    message: str
    text: str

    def as_data(self) -> dict[str, Any]:
        """Return what is told of it; `is_cut` says that the API has more."""
        return {"message": self.message, "text": self.text[:LONGEST_TEXT], "is_cut": len(self.text) > LONGEST_TEXT}


@dataclass
class _Known:
    """The rows that several changes are about."""

    requirements: Mapping[int, Requirement] = field(default_factory=dict)
    runs: Mapping[str, Run] = field(default_factory=dict)
    systems: Mapping[str, TicketSystem] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)


def told_of(changes: Iterable[Change]) -> list[Told]:
    """Return what is told of these changes, with a few queries for all of them. Their sessions and queues must be loaded."""
    rows = [change for change in changes if not _is_told_by_other(change)]
    prefetch_related_objects([change.session for change in rows], "tickets__system", "tickets__record")
    systems = {system.slug: system for system in TicketSystem.objects.all()}
    known = _Known(_requirements(rows), _runs(rows), systems, {**_messages(rows), **_answers(rows)})
    return [_told(change, known) for change in rows if not _says_nothing(change, known)]


def _is_told_by_other(change: Change) -> bool:
    """Return whether another conversation's change tells the same: a merge is recorded in both, and told by the kept one."""
    return change.kind in MERGES and change.data.get("session") == change.session.session_id


def _says_nothing(change: Change, known: _Known) -> bool:
    """Return whether a turn ended without words for the customer, or its words are gone."""
    return OF_KIND[change.kind] in OF_WORDS and _key_of_words(change) not in known.words


def body_of(event: str, change: Change | None, data: dict[str, Any], at: str) -> str:
    """Return the JSON text of a delivery; its bytes are what is signed."""
    number = {} if change is None else {"change": change.pk}
    return json.dumps({"type": event, "timestamp": at, "data": {**number, **data}}, ensure_ascii=False, separators=(",", ":"))


def _told(change: Change, known: _Known) -> Told:
    event = OF_KIND[change.kind]
    own, about = _OWN[event.value.partition(".")[0]](change, known)
    data = {"session": _session(change.session), "by": change.actor or None, **own}
    at = change.created_at.isoformat().replace("+00:00", "Z")
    return Told(change, event, body_of(event.value, change, data, at), about[:LONGEST_ABOUT])


def _session(session: Session) -> dict[str, Any]:
    return {
        "id": session.session_id,
        "name": session.name or None,
        "name_source": session.name_source or None,
        "status": session.status,
        "queue": session.queue.slug if session.queue else None,
        "user_id": session.user_id or None,
        "tickets": [_ticket(link) for link in sorted(session.tickets.all(), key=lambda link: link.rank)],
    }


def _ticket(link: TicketLink) -> dict[str, Any]:
    told = {"title": link.record.title, "state": link.record.state} if link.record else {}
    return {"system": link.system.slug, "id": link.ticket_id, "url": link.url, **told}


def _of_session(change: Change, known: _Known) -> tuple[dict[str, Any], str]:
    if change.kind not in MERGES:
        return {}, str(change.session)
    merged, name = str(change.data.get("session", "")), str(change.data.get("name", ""))
    return {"merged": {"id": merged, "name": name or None}}, f"{name or merged} · {change.session}"


def _of_name(change: Change, known: _Known) -> tuple[dict[str, Any], str]:
    name, source = change.data.get("name", ""), change.data.get("source", "")
    return {"name": name, "source": source}, str(name)


def _of_ticket(change: Change, known: _Known) -> tuple[dict[str, Any], str]:
    ticket, slug = str(change.data.get("ticket", "")), str(change.data.get("system", ""))
    system = known.systems.get(slug)
    told = {"ticket": {"system": slug, "id": ticket, "url": system.url_of(ticket) if system else None}}
    return told, f"{ticket} · {change.session}"


def _of_decision(change: Change, known: _Known) -> tuple[dict[str, Any], str]:
    tool, key = str(change.data.get("tool", "")), change.data.get("requirement")
    requirement = known.requirements.get(key) if isinstance(key, int) else None
    told: dict[str, Any] = {"tool": tool}
    if requirement is not None:
        edited = requirement.edited_arguments
        told |= {
            "requirement": requirement.requirement_id,
            "asks_for": requirement.kind,
            "arguments": requirement.arguments if edited is None else edited,
            "risk": requirement.risk,
            "expires_at": requirement.expires_at.isoformat() if requirement.expires_at else None,
        }
    verdict = "" if OF_KIND[change.kind] is Event.DECISION_WANTED else change.kind.partition(".")[2]
    if verdict:
        told["verdict"] = verdict
    by = f", {verdict} by {change.actor}" if verdict and change.actor else f", {verdict}" if verdict else ""
    return told, f"{tool}{by}"


def _of_run(change: Change, known: _Known) -> tuple[dict[str, Any], str]:
    run_id = str(change.data.get("run", ""))
    run = known.runs.get(run_id)
    error = run.error[:LONGEST_TEXT] if run else ""
    return {"run": run_id, "agent": run.agent_id if run else None, "error": error}, error or str(change.session)


def _of_message(change: Change, known: _Known) -> tuple[dict[str, Any], str]:
    words = known.words[_key_of_words(change)]
    author = "customer" if change.kind == Kind.MESSAGE_CUSTOMER else "agent" if change.kind == Kind.RUN_COMPLETED else "person"
    return {**words.as_data(), "author": author}, f"{change.actor} · {change.session}"


_OWN = {
    "message": _of_message,
    "session": _of_session,
    "name": _of_name,
    "ticket": _of_ticket,
    "decision": _of_decision,
    "run": _of_run,
}


def _requirements(changes: list[Change]) -> dict[int, Requirement]:
    keys = [change.data.get("requirement") for change in changes]
    return Requirement.objects.in_bulk([key for key in keys if isinstance(key, int)])


def _runs(changes: list[Change]) -> dict[str, Run]:
    ids = [str(change.data.get("run", "")) for change in changes if change.kind == Kind.RUN_FAILED]
    return {run.run_id: run for run in Run.objects.filter(run_id__in=ids)}


def _key_of_words(change: Change) -> str:
    return str(change.data.get("message") or change.data.get("run", ""))


def _messages(changes: list[Change]) -> dict[str, Words]:
    """Return the words of customers and people by the ids of their messages."""
    ids = [str(change.data["message"]) for change in changes if "message" in change.data]
    found = Message.objects.filter(message_id__in=ids).annotate(beginning_of=_BEGINNING)
    return {key: Words(key, text) for key, text in found.values_list("message_id", "beginning_of")}


def _answers(changes: list[Change]) -> dict[str, Words]:
    """Return everything that a turn of the AI told the customer, by the turn's id."""
    ids = [str(change.data.get("run", "")) for change in changes if change.kind == Kind.RUN_COMPLETED]
    said = Message.objects.for_customer().filter(run__run_id__in=ids).order_by("pk") if ids else Message.objects.none()
    answers: dict[str, Words] = {}
    for run, key, author, text in said.annotate(beginning_of=_BEGINNING).values_list(
        "run__run_id", "message_id", "author_kind", "beginning_of"
    ):
        if author != Message.Author.CUSTOMER:
            before = answers[run].text + "\n\n" if run in answers else ""
            answers[run] = Words(key, before + text)
    return answers
