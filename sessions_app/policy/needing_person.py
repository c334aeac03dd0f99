"""Hand a conversation over to people: one road for customers, agents, rules and colleagues.

The AI is silent from then on: no timer, wake-up, program or message of the customer's makes it answer again, until a person
hands the conversation back.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from kern.validation.text import storable
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import NeedsPerson
from sessions_app.infrastructure import clock
from sessions_app.models import HandOver, Person, Run, Session
from sessions_app.models.hand_over import LONGEST_NOTE
from sessions_app.models.person_wanted import Reason
from sessions_app.models.queue import AiMode, Queue
from sessions_app.policy import briefs
from sessions_app.text.forbidden_words import found_in


def hand_over(
    session: Session,
    reason: Reason,
    *,
    by: str = "",
    person: Person | None = None,
    note: str = "",
    brief: Sequence[briefs.Line] = (),
) -> bool:
    """Mark the session as in need of a person, and silence its AI; returns whether it was not so before.

    `by` is who says so, empty for the customer. The session's row must be locked, and the caller ends the AI's active turn. A
    customer who waited before waits since then.
    """
    if session.needs_person:
        return False
    if session.ai_mode != AiMode.OFF:
        session.ai_mode_before, session.ai_mode = session.ai_mode, AiMode.OFF
    who = storable(by or session.customer)[:120]
    session.person_wanted_at, session.person_wanted_for, session.person_wanted_by = clock.now(), reason.value, who
    session.save(update_fields=["ai_mode", "ai_mode_before", "person_wanted_at", "person_wanted_for", "person_wanted_by"])
    session.wait_from_now()
    HandOver.objects.create(
        session=session,
        reason=reason,
        by=who,
        person=person,
        note=storable(note)[:LONGEST_NOTE],
        brief=list(brief) or briefs.from_facts(session),
    )
    if not by:
        record(session, Kind.SESSION_PERSON_WANTED, actor=session.customer)
    else:
        told = NeedsPerson(reason=reason.value, why=(storable(note) or str(reason.label))[:LONGEST_NOTE])
        record(session, Kind.SESSION_NEEDS_PERSON, told, person=person, actor=who)
    return True


def after_failure(session: Session, run: Run) -> None:
    """Hand over after a failed answer, unless a newer turn tries again or the queue leaves failures to the customer."""
    queue = session.queue
    if queue is None or not queue.hands_over_failures or run.purpose != Run.Purpose.ANSWER:
        return
    if session.led_by_person or session.is_settled or session.runs.roots().active().exists():
        return
    hand_over(session, Reason.FAILED, by=run.agent_name or _("The agent"))
    session.raise_fence()


def lacks_progress(session: Session) -> bool:
    """Return whether the AI's last answers were as many as the queue allows in a row in which no tool did anything."""
    most = session.queue.hand_over_after if session.queue else None
    if not most:
        return False
    last_person = session.messages.filter(run=None, author_kind="person", internal=False).order_by("-pk").first()
    turns = session.runs.roots().answering().order_by("-pk")
    if last_person is not None:
        turns = turns.filter(created_at__gt=last_person.created_at)
    back = session.changes.filter(kind=Kind.SESSION_HANDED_BACK).order_by("-pk").first()
    if back is not None:
        turns = turns.filter(created_at__gt=back.created_at)
    newest = list(turns.values_list("pk", "status")[:most])
    if len(newest) < most or any(status != Run.Status.COMPLETED for _pk, status in newest):
        return False
    done = {"tool_calls__status": "finished", "tool_calls__failed": False}
    return not session.runs.filter(pk__in=[pk for pk, _status in newest], **done).exists()


def word_of_list(session: Session, text: str) -> str:
    """Return the first word of the queue's list of words that call a person, if the customer's message has one."""
    queue = session.queue
    return found_in(text, queue.hand_over_words) if queue is not None and not session.led_by_person else ""


def told(queue: Queue | None) -> str:
    """Return what customers read when people take over: the queue's words, else a sentence that promises no time."""
    own = queue.person_notice.strip() if queue else ""
    return own or _("A person of our team takes over and answers you here. The AI assistant no longer writes.")
