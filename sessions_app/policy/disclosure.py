"""Disclosure to customers that an AI or people answer, before their first message and on every message.

The European AI Act (Regulation 2024/1689, Article 50) asks that people are told when they interact with an AI system, clearly
and at the latest at the first interaction. The text follows from the AI mode that is in force, so it is never untrue.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from sessions_app.models import Message, Queue, Session
from sessions_app.models.queue import AiMode


def notice(queue: Queue | None, session: Session | None = None) -> str:
    """Return the notice to the customer for the session's mode; before there is a session, for the queue's.

    An admin's own words follow where the AI takes part.
    """
    mode = _mode(queue, session)
    if mode == AiMode.OFF:
        return _("People of our team answer you here.")
    sentences = {
        AiMode.AUTOPILOT: _(
            "An AI assistant answers you here. It can be wrong. You can ask for a person of our team at any time."
        ),
        AiMode.DRAFT: _("An AI assistant writes drafts here. A person of our team reads and sends every answer."),
    }
    own = queue.ai_notice.strip() if queue else ""
    return f"{sentences[mode]} {own}".strip()


def told(queue: Queue | None, session: Session | None = None) -> dict[str, Any]:
    """Return `notice` for a page, and whether only people answer."""
    return {"notice": notice(queue, session), "by_people": _mode(queue, session) == AiMode.OFF}


def _mode(queue: Queue | None, session: Session | None) -> AiMode:
    if session is not None:
        return session.effective_ai_mode
    return AiMode.read(queue.ai_mode) if queue else AiMode.AUTOPILOT


def can_ask_for_person(session: Session) -> bool:
    """Return whether an AI answers the customer by itself, so that asking for a person changes something."""
    is_spam = session.status == Session.Status.SPAM
    return session.effective_ai_mode == AiMode.AUTOPILOT and session.person_wanted_at is None and not is_spam


def byline(message: Message) -> tuple[str, str]:
    """Return the author and their role for the customer: `("Shop agent", "AI")`, `("Ana", "support")`.

    Of a person the first name alone, and no address; without a name it is `support`. Empty for the customer.
    """
    if message.author_kind == Message.Author.CUSTOMER:
        return "", ""
    if message.author_kind == Message.Author.PERSON:
        first = "" if "@" in message.author else message.author.partition(" ")[0]
        return first or _("Our team"), _("support")
    return message.author or _("AI assistant"), _("AI")


def said_by(message: Message) -> str:
    """Return `byline` as one line, for programs and transcripts."""
    return ", ".join(part for part in byline(message) if part)
