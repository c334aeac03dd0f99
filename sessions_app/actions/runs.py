"""Turns of the AI that people stop and start."""

from __future__ import annotations

from django.utils.translation import gettext as _

from sessions_app.actions.locking import session_locked
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import OfRun
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import new_id
from sessions_app.models import Message, Person, Run, Session
from sessions_app.models.person_wanted import Reason
from sessions_app.policy import endings
from sessions_app.store import DjangoDb


def cancel(run: Run, person: Person) -> None:
    """Stop a turn: at once where it waits, within two seconds where it works. Raises `InvalidAction` when it has ended."""
    with session_locked(run.session):
        if not DjangoDb().cancel_run(run.run_id, person=person):
            raise InvalidAction(_("This turn has already ended."))


def retry(run: Run, person: Person) -> None:
    """Work a failed turn again, from where it stopped.

    Raises `InvalidAction` when it did not fail or the conversation went on.
    """
    with session_locked(run.session) as locked:
        current = Run.objects.get(pk=run.pk)
        if current.status != Run.Status.ERROR or current.parent_id:
            raise InvalidAction(_("Only a turn that failed can be tried again."))
        if locked.runs.roots().filter(purpose=current.purpose, pk__gt=current.pk).exists():
            raise InvalidAction(_("The conversation went on since: a newer turn answers."))
        if locked.person_wanted_for == Reason.FAILED:
            # People took over because of this failure alone: to try again hands back.
            locked.ai_mode, locked.ai_mode_before = locked.ai_mode_before, ""
            locked.save(update_fields=["ai_mode", "ai_mode_before"])
            locked.want_nobody()
        if locked.led_by_person and current.purpose == Run.Purpose.ANSWER:
            raise InvalidAction(_("A person leads this conversation. Hand it back to the AI first."))
        must_be_free(locked)
        current.status, current.error = Run.Status.PENDING, ""
        current.permanent_error = current.refused = False
        make_due(current, locked)
        record(locked, Kind.RUN_RETRIED, OfRun(run.run_id), person=person)


def ask_again(run: Run, person: Person) -> None:
    """Drop a paused turn with its questions; a new one sees everything said since.

    Raises `InvalidAction` when it is not paused.
    """
    with session_locked(run.session) as locked:
        paused = locked.runs.roots().filter(pk=run.pk, status=Run.Status.PAUSED).first()
        if paused is None:
            raise InvalidAction(_("This turn waits for nobody any more."))
        stop(locked, paused, person)
        record(locked, Kind.RUN_ASKED_AGAIN, OfRun(paused.run_id), person=person)
        if paused.purpose == Run.Purpose.ANSWER:
            answer_unanswered(locked)
        else:
            _begin_again(locked, paused)


def must_be_free(session: Session) -> None:
    """Raise `InvalidAction` while a turn of the session is active: there is one at a time."""
    active = session.runs.roots().active().first()
    if active is None:
        return
    if active.status == Run.Status.PAUSED:
        raise InvalidAction(_("The agent waits for a decision. Decide first, or cancel its turn."))
    raise InvalidAction(_("The agent is working. Wait until it is done, or cancel its turn."))


def make_due(run: Run, session: Session) -> None:
    """Make the run pending, without traces of its former worker. The caller holds the session's lock."""
    run.fence = session.fence
    run.attempts, run.cancel_requested, run.lease_owner, run.lease_until = 0, False, "", None
    run.updated_at = clock.now()
    run.save()


def stop(session: Session, run: Run, person: Person | None) -> None:
    """Cancel a turn now, also one that a worker holds: the worker's next write finds that it lost the run.

    The worker may still hand in what it was saying, unsent, and what came of the call that it had started. What the turn asked
    people, and what they said yes to and was not begun, is superseded. The customer's messages wait for an answer again if the
    turn had said and done nothing yet.
    """
    endings.end(session, run, Run.Status.CANCELLED, questions="superseded", keep_owner=True, person=person)
    if not run.messages.filter(role="assistant").exists():
        run.messages.filter(author_kind=Message.Author.CUSTOMER).update(run=None)


def answer_unanswered(session: Session) -> None:
    """Make a turn due if the customer's message is the last one, also where an ended turn had read it already."""
    if Run.objects.open_next(session) is not None or session.runs.roots().active().exists():
        return
    last = session.messages.said().order_by("-pk").first()
    if not session.led_by_person and last and last.author_kind == Message.Author.CUSTOMER:
        make_due(Run(session=session, agent_id=session.working_agent_id), session)


def _begin_again(session: Session, dropped: Run) -> None:
    """Start a person's private turn anew, in that person's name, with the private question put once more."""
    run = Run(session=session, agent_id=session.working_agent_id, purpose=dropped.purpose, asked_by=dropped.asked_by)
    make_due(run, session)
    for question in dropped.messages.filter(role="user").order_by("pk"):
        question.pk, question.message_id, question.created_at = None, new_id(), clock.now()
        question.run, question.idempotency_key = run, ""
        question.save(force_insert=True)
