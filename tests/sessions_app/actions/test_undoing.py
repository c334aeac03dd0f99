"""What a person has just done to a conversation is undone as if it had not been; not where the same was changed since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from kern.testing import call
from sessions_app.actions import escalation, handover, labels, messages, moving, priorities, sessions, spam, undoing
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.models import Change, Person, Queue, Requirement, Session
from sessions_app.models.triage import Priority


def now(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)


def number(change: Change | None) -> int:
    assert change is not None
    return change.pk


def test_an_undone_resolve_leaves_the_conversation_as_it_was(session: Session, ben: Person) -> None:
    until = clock.now() + timedelta(days=1)
    escalation.ask_colleagues(session, ben, "Who knows?")
    sessions.snooze(session, ben, until)
    before = now(session)
    undoing.undo(session, ben, number(sessions.resolve(session, ben)))
    after = now(session)
    assert (after.status, after.snoozed_until) == ("snoozed", until)
    assert after.person_wanted_at == before.person_wanted_at
    assert (after.person_wanted_for, after.person_wanted_by) == ("colleague", before.person_wanted_by)
    assert after.waiting_for == before.waiting_for


def test_an_agent_whose_question_was_dropped_begins_anew(
    session: Session, ben: Person, asked: Callable[..., Requirement]
) -> None:
    asked(call("refund", order="1", cents=500))
    change = sessions.resolve(session, ben)
    assert not session.runs.active().exists()
    undoing.undo(session, ben, number(change))
    assert session.runs.due().count() == 1


def test_an_undone_snooze_leaves_the_conversation_as_it_was(session: Session, ben: Person) -> None:
    undoing.undo(session, ben, number(sessions.snooze(session, ben, None)))
    assert now(session).status == "open"
    sessions.resolve(session, ben)
    undoing.undo(session, ben, number(sessions.snooze(session, ben, clock.now() + timedelta(days=1))))
    assert now(session).status == "closed"
    sessions.snooze(session, ben, None)
    undoing.undo(session, ben, number(sessions.snooze(session, ben, clock.now() + timedelta(days=1))))
    assert (now(session).status, now(session).snoozed_until) == ("snoozed", None)


def test_an_undone_assignment_gives_the_conversation_back(session: Session, ana: Person, ben: Person) -> None:
    undoing.undo(session, ben, number(sessions.assign(session, ben, ben)))
    assert now(session).assignee is None
    sessions.assign(session, ana, ana)
    undoing.undo(session, ben, number(sessions.assign(session, ben, None)))
    assert now(session).assignee == ana


def test_an_undone_move_leads_back_with_the_assignee(session: Session, ana: Person, ben: Person, parcels: Queue) -> None:
    sessions.assign(session, ana, ben)
    change = moving.move(session, ana, parcels)
    assert now(session).assignee is None
    undoing.undo(session, ana, number(change))
    after = now(session)
    assert (after.queue, after.assignee) == (session.queue, ben)


def test_what_was_changed_since_is_not_undone(session: Session, ana: Person, ben: Person) -> None:
    resolved = number(sessions.resolve(session, ben))
    messages.receive(session, "One more thing")
    with pytest.raises(InvalidAction, match="changed this since, so it stays as it is"):
        undoing.undo(session, ben, resolved)
    assigned = number(sessions.assign(session, ben, ben))
    handover.take_over(session, ana)
    with pytest.raises(InvalidAction, match="Ana"):
        undoing.undo(session, ben, assigned)
    assert now(session).assignee == ben


def test_what_came_since_and_is_another_matter_does_not_hinder(session: Session, ben: Person) -> None:
    assigned = number(sessions.assign(session, ben, ben))
    messages.note(session, ben, "Mine, I know them")
    undoing.undo(session, ben, assigned)
    assert now(session).assignee is None


def test_a_change_is_undone_once_and_by_its_person_alone(session: Session, ana: Person, ben: Person) -> None:
    resolved = number(sessions.resolve(session, ben))
    with pytest.raises(InvalidAction, match="cannot be undone"):
        undoing.undo(session, ana, resolved)
    undoing.undo(session, ben, resolved)
    with pytest.raises(InvalidAction, match="You changed this since"):
        undoing.undo(session, ben, resolved)
    assert now(session).status == "open"


def test_after_a_while_nothing_is_undone(session: Session, ben: Person) -> None:
    resolved = number(sessions.resolve(session, ben))
    Change.objects.filter(pk=resolved).update(created_at=clock.now() - undoing.LONGEST)
    with pytest.raises(InvalidAction, match="cannot be undone any more"):
        undoing.undo(session, ben, resolved)


def test_a_change_of_another_conversation_is_not_undone_here(session: Session, orders: Queue, ben: Person) -> None:
    other = sessions.start_session(orders)
    with pytest.raises(InvalidAction, match="cannot be undone"):
        undoing.undo(session, ben, number(sessions.resolve(other, ben)))
    assert now(other).status == "closed"


def test_a_message_cannot_be_undone(session: Session, ben: Person) -> None:
    messages.note(session, ben, "A note")
    with pytest.raises(InvalidAction, match="cannot be undone"):
        undoing.undo(session, ben, Change.objects.latest("pk").pk)


def test_an_undone_mark_as_spam_leaves_the_conversation_as_it_was(session: Session, ben: Person) -> None:
    escalation.ask_colleagues(session, ben, "Who knows?")
    before = now(session)
    undoing.undo(session, ben, number(spam.mark(session, ben)))
    after = now(session)
    assert (after.status, after.person_wanted_at, after.waiting_for) == ("open", before.person_wanted_at, "person")
    sessions.resolve(session, ben)
    undoing.undo(session, ben, number(spam.mark(session, ben)))
    assert now(session).status == "closed"


def test_an_answer_that_spam_stopped_begins_anew(session: Session, ben: Person) -> None:
    messages.receive(session, "Where is my parcel?")
    change = spam.mark(session, ben)
    assert not session.runs.active().exists()
    undoing.undo(session, ben, number(change))
    assert session.runs.due().count() == 1


def test_no_spam_becomes_spam_again_unless_something_was_said(session: Session, ben: Person) -> None:
    spam.mark(session, ben)
    undoing.undo(session, ben, number(spam.unmark(session, ben)))
    assert now(session).status == "spam"
    change = number(spam.unmark(session, ben))
    messages.receive(session, "I am no robot")
    with pytest.raises(InvalidAction, match="so it stays as it is"):
        undoing.undo(session, ben, change)


def test_undoing_a_move_stops_the_answer_of_the_other_agent(session: Session, ana: Person, parcels: Queue) -> None:
    Queue.objects.filter(slug="orders").update(ai_mode="off")
    messages.receive(session, "Where is my parcel?")
    change = moving.move(session, ana, parcels)
    begun = session.runs.active().get()
    undoing.undo(session, ana, number(change))
    begun.refresh_from_db()
    assert (begun.status, now(session).queue) == ("cancelled", session.queue)
    assert not session.runs.active().exists()


def test_labels_are_undone_each_by_itself(session: Session, ben: Person) -> None:
    vip, added = labels.add_by_name(session, ben, "VIP")
    labels.add_by_name(session, ben, "Refund")
    undoing.undo(session, ben, number(added))
    assert [put.label.name for put in session.labels.all()] == ["Refund"]
    labels.add(session, ben, vip)
    removed = number(labels.remove(session, ben, vip))
    undoing.undo(session, ben, removed)
    with pytest.raises(InvalidAction, match="You changed this since"):
        undoing.undo(session, ben, removed)
    again = number(labels.remove(session, ben, vip))
    vip.delete()
    with pytest.raises(InvalidAction, match="This label is not there any more"):
        undoing.undo(session, ben, again)


def test_an_undone_priority_is_the_one_before(session: Session, ben: Person) -> None:
    priorities.set_priority(session, ben, Priority.URGENT)
    undoing.undo(session, ben, number(priorities.set_priority(session, ben, Priority.LOW)))
    assert now(session).urgency == Priority.URGENT
