"""Briefs of hand-overs: sentences for the team, each from a message that is in the conversation.

An agent writes them (`from_agent`), and each must quote the message that says so: a sentence without its message is left out.
Where no agent wrote one, they are made from facts (`from_facts`): the customer's words, and what tools did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.db.models.functions import Left

from sessions_app.models import Message, Session, ToolCall
from sessions_app.text.folding import fold
from sessions_app.text.formatting import one_plain_line

WANTS, DONE, OPEN = "wants", "done", "open"
PARTS = (WANTS, DONE, OPEN)
#: So many messages are looked through for a quote, and so much of each.
LOOKED_AT = 200
LONGEST_LOOK = 20_000
#: A shorter quote stands in too many messages to say which one is meant.
SHORTEST_QUOTE = 3
MOST_LINES = 12
LONGEST_LINE = 300
CALLS = 5

Line = dict[str, Any]


def from_agent(session: Session, written: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Return the agent's sentences with their messages; those whose quote is in none are left out."""
    wanted = [line for line in written if line.get("part") in PARTS and str(line.get("sentence", "")).strip()]
    if not wanted:
        return []
    messages = _newest(session)
    folded = [(message, fold(_shown(message))) for message in messages]
    lines = []
    for line in wanted[:MOST_LINES]:
        quote = fold(" ".join(str(line.get("source", "")).split()))
        source = next((message for message, text in folded if quote in text), None) if len(quote) >= SHORTEST_QUOTE else None
        if source is not None:
            lines.append(_line(str(line["part"]), str(line["sentence"]), source))
    return lines


def from_facts(session: Session) -> list[Line]:
    """Return what the customer wrote first and last, and what tools did, in the words that are there."""
    wrote = session.messages.filter(author_kind=Message.Author.CUSTOMER).exclude(content="").select_related("run")
    ends = [wrote.order_by("pk").first(), wrote.order_by("-pk").first()]
    wants = {message.pk: message for message in ends if message is not None}
    lines = [_line(WANTS, message.content, message) for message in wants.values()]
    calls = ToolCall.objects.filter(run__session=session, run__parent=None, run__purpose="answer", failed=False)
    done = calls.filter(status=ToolCall.Status.FINISHED).exclude(tool_name__in=_SPEAKING).order_by("-pk")[:CALLS]
    calls_made = list(reversed(done))
    outputs = Message.objects.filter(
        role="tool", run__in=[call.run_id for call in calls_made], tool_call_id__in=[call.call_id for call in calls_made]
    )
    by_call = {(output.run_id, output.tool_call_id): output for output in outputs.select_related("run")}
    for call in calls_made:
        if output := by_call.get((call.run_id, call.call_id)):
            lines.append(_line(DONE, f"{call.tool_name}: {call.result}", output))
    return lines


#: Tools that only speak to people.
_SPEAKING = ("hand_over", "send_answer")


def _newest(session: Session) -> list[Message]:
    said = session.messages.filter(Q(run=None, internal=False) | Q(run__purpose="answer")).exclude(content="")
    newest = said.exclude(role="system").exclude(tool_name="hand_over").select_related("run").order_by("-pk")
    return list(newest.annotate(looked_at=Left("content", LONGEST_LOOK)).defer("content")[:LOOKED_AT])


def _shown(message: Message) -> str:
    return " ".join(str(message.__dict__.get("looked_at", "")).split())


def _line(part: str, text: str, source: Message) -> Line:
    words = one_plain_line(" ".join(text[: LONGEST_LINE * 4].split()))
    cut = words if len(words) <= LONGEST_LINE else f"{words[: LONGEST_LINE - 1]}…"
    of_customer = source.author_kind == Message.Author.CUSTOMER
    run = source.run.run_id if source.run is not None and not of_customer else ""
    return {"part": part, "text": cut, "message": source.pk, "run": run, "at": source.created_at.isoformat()}
