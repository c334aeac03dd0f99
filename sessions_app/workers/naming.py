"""The workers' half of naming: generate a name when it is due. Nothing here enqueues.

When naming is due is a column; whether a person asked for it is in the session's log. What stands in for a name holds
meanwhile, and on failure (see `naming_retries`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.db import transaction

from kern.errors import InvalidSessionNameError, ModelBusyError, ModelError
from kern.naming import FIRST_MESSAGES
from kern.session import NameSource
from sessions_app import desk
from sessions_app.changes.kinds import Kind
from sessions_app.infrastructure import broken_rows, clock
from sessions_app.models import Person, Session
from sessions_app.policy import names, naming_budget, stand_ins
from sessions_app.policy.naming_rules import Refusal
from sessions_app.store import DjangoDb
from sessions_app.store.sessions import FREE, NameCost
from sessions_app.store.transactions import release_connections
from sessions_app.workers import naming_retries
from sessions_app.workers.generating import generate_soon

BATCH = 200
#: Lease of a naming: no other worker takes the session; after a worker's death the next one does.
CLAIM = timedelta(seconds=240)
IMPORTED = "import"


@dataclass
class Naming:
    """A claimed naming. `until` is the claim's value of `name_due_at`: another value means that it was lost."""

    session: Session
    until: datetime
    asked_by: Person | None

    @property
    def may_replace(self) -> bool:
        """True if the session may get the name: not over a locked one, unless a person asked for it since."""
        return self.asked_by is not None or not self.session.name_locked


def due() -> list[str]:
    """Return ids of sessions whose naming is due; imported ones after all others."""
    waiting = Session.objects.there().due_for_naming().order_by("name_due_at").values_list("session_id", flat=True)
    first = list(waiting.exclude(channel=IMPORTED)[:BATCH])
    return first + list(waiting.filter(channel=IMPORTED)[: BATCH - len(first)])


def name(session_id: str) -> None:
    """Name the session if that is due and not claimed; keeps a locked name, and any newer one."""
    naming = _claim(session_id)
    if naming is None:
        return
    if not naming.may_replace:
        _settle(naming, None)
        return
    budget = naming_budget.budget_of(naming.session.queue)
    if budget.stops and naming.asked_by is None:
        _settle(naming, naming_budget.next_month())
        return
    try:
        _generate(naming, offline=budget.takes_offline_namer)
    except ModelBusyError as busy:
        _settle(naming, clock.now() + timedelta(seconds=busy.retry_after or 0))
    except (ModelError, desk.DeskError, InvalidSessionNameError) as error:
        _failed(naming, error)
    except Exception as error:
        if broken_rows.is_away(error):
            raise
        broken_rows.report("session", naming.session.pk, error)
        _failed(naming, error)


def _generate(naming: Naming, *, offline: bool) -> None:
    """Ask the model for a name, count what that used, and write the name."""
    session = naming.session
    messages = DjangoDb().opening(session.session_id, FIRST_MESSAGES)
    constraints = names.constraints_for(session)
    model = desk.offline_model() if offline else desk.naming_model(session.working_agent_id)
    release_connections()
    generated = generate_soon(model, messages, constraints)
    if generated.answers:
        naming_budget.count(session, generated.cost.tokens, generated.cost.microdollars, generated.answers)
    if generated.error:
        raise generated.error
    _write(naming, generated.name, "auto", generated.cost)


def _claim(session_id: str) -> Naming | None:
    with transaction.atomic():
        session = Session.objects.there().select_for_update(of=("self",)).filter(session_id=session_id).first()
        if session is None or session.name_due_at is None or session.name_due_at > clock.now():
            return None
        until = session.name_due_at = clock.now() + CLAIM
        session.save(update_fields=["name_due_at"])
    return Naming(session, until, _asked_by(session))


def _asked_by(session: Session) -> Person | None:
    """Return the person who asked for a generated name since the last one."""
    changes = session.changes.filter(kind__in=(Kind.NAME_CHANGED, Kind.NAME_REQUESTED))
    newest = changes.order_by("-pk").select_related("person").first()
    return newest.person if newest is not None and newest.kind == Kind.NAME_REQUESTED else None


def _failed(naming: Naming, error: Exception) -> None:
    """Store the failure, unless the session was renamed meanwhile; a name that is not allowed any more does not stay."""
    with transaction.atomic():
        session = Session.objects.select_for_update().filter(pk=naming.session.pk).first()
        if session is None or session.name_version != naming.session.name_version:
            return
        naming_retries.failed(session, error)
        again_at = session.name_due_at
    if again_at is None and not session.name_locked and not session.has_stand_in and _is_refused(session):
        _write(naming, *stand_ins.stand_in(session), FREE, session.name_problem)


def _is_refused(session: Session) -> bool:
    return isinstance(names.judge(session.name, session), Refusal)


def _write(naming: Naming, name: str, source: str, cost: NameCost, note: str = "") -> None:
    """Write the name if the session was not renamed since."""
    session, kind = naming.session, cast(NameSource, source)
    DjangoDb().rename_session(
        session.session_id,
        name,
        kind,
        expected_version=session.name_version,
        person=naming.asked_by,
        note=note,
        cost=cost,
    )
    _settle(naming, None)


def _settle(naming: Naming, again_at: datetime | None) -> None:
    """Release the claim; a naming that became due anew in between stays due."""
    Session.objects.filter(pk=naming.session.pk, name_due_at=naming.until).update(name_due_at=again_at)
