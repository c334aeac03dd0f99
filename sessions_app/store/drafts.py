"""Answers in draft mode that came as if they were sent: the mode changed while they were written."""

from __future__ import annotations

from kern.records.drafts import as_draft
from kern.records.message import Message
from kern.records.questions import Questions
from kern.records.requirement import Requirement
from kern.records.run import RunOutput
from sessions_app.models import Run
from sessions_app.models.queue import AiMode
from sessions_app.store.claims import Held
from sessions_app.store.steps import is_approved


def is_draft(held: Held, run: RunOutput, answer: Message) -> bool:
    """Return whether people have to review this last answer of a run before it is sent."""
    answers = held.in_turn and held.run.purpose == Run.Purpose.ANSWER and run.status == "completed"
    drafts = held.session.effective_ai_mode == AiMode.DRAFT and answer.content.strip() != ""
    return answers and drafts and not is_approved(held, answer)


def as_question(held: Held, answer: Message) -> tuple[Message, Requirement]:
    """Return the answer as the call that asks to send it, and the requirement about that call."""
    draft = as_draft(answer)
    [call] = draft.tool_calls
    who = held.run.agent_name or answer.author or ""
    questions = Questions(held.session.session_id, held.run.run_id, held.root.run_id, who)
    return draft, questions.about_draft(call, call.parsed())
