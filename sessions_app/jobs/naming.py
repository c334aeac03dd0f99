"""The action that names conversations with AI: models are asked side by side, at the pace that all naming shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import Avg
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kern.errors import KernError
from kern.models.base import Model
from kern.models.offline import OfflineResponder
from kern.naming import FIRST_MESSAGES, NamingConstraints
from kern.naming.counting import without_retries
from kern.naming.pace import TYPICAL_TOKENS, CalledOffError, always
from kern.records.message import Message as Said
from kern.threads.side_by_side import each_aside
from sessions_app import desk
from sessions_app.infrastructure.costs import cost_of_run
from sessions_app.jobs.action import Action, Change, Done, Estimate, Outcome, Planned, Ready, Skip
from sessions_app.jobs.names import before_of, put_back
from sessions_app.jobs.rows import Rows
from sessions_app.models import Job, JobRow, Message, NameRecord, Queue, Session
from sessions_app.policy import naming_budget
from sessions_app.policy.names import constraints_for
from sessions_app.policy.naming import read_naming
from sessions_app.store.reading import openings
from sessions_app.store.sessions import rename_locked
from sessions_app.workers.generating import Generated, generate

#: A model takes about so long for a name (seconds).
TYPICAL_SECONDS = 1.5
#: Of so many last names the tokens are looked at.
_LOOKED_AT = 200
#: The dry run shows so many examples.
_EXAMPLES = 3
#: The messages of so many rows are read together.
_READ_AT_ONCE = 16


@dataclass(frozen=True)
class Asked:
    """One row with everything that is sent for it, read before another thread asks."""

    row: JobRow
    model: Model
    messages: list[Said]
    constraints: NamingConstraints


class NameWithAI(Action):
    """Give each conversation a generated name, unless a person named it or it was renamed since the dry run."""

    name, label, icon = "name", gettext_lazy("Name with AI"), "bot"
    queue = "naming"
    changes_names = True

    def title(self, job: Job) -> str:
        return ngettext("Name %(count)d conversation with AI", "Name %(count)d conversations with AI", job.total) % {
            "count": job.total
        }

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        keys = [row.session_id for row in rows]
        spoken = set(Message.objects.said().filter(session__in=keys).order_by().values_list("session_id", flat=True).distinct())
        after = _("A name by %(model)s") % {"model": desk.naming_model().id}
        planned: list[Planned] = []
        for row in rows:
            # Its own dry run and nothing later is what the job goes by.
            row.data = {**row.data, "version": row.session.name_version}
            refusal = _refusal(row.session) or ("" if row.session_id in spoken else _("Nothing was said yet"))
            planned.append(Skip(refusal) if refusal else Change(row.session.name, after))
        return _with_examples(rows, planned)

    def estimate(self, job: Job, rows: int) -> Estimate:
        model = desk.naming_model().id
        recent = NameRecord.objects.filter(model=model, tokens__gt=0).order_by("-pk")[:_LOOKED_AT]
        each = 0 if desk.is_offline() else int(recent.aggregate(tokens=Avg("tokens"))["tokens"] or TYPICAL_TOKENS)
        price = cost_of_run(model, {"input_tokens": each - each // 20, "output_tokens": each // 20})
        cost = None if price is None else price * rows
        return Estimate(each * rows, Decimal(0) if desk.is_offline() else cost, _seconds(rows, each))

    def prepared(self, job: Job, rows: Rows) -> Iterator[Ready]:
        yield from asked_aside(asked_of(rows), rows)

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        generated: Generated = found
        if reason := _refusal(session) or ("" if session.name_version == row.data.get("version") else _("Renamed meanwhile")):
            return Skip(reason)
        before = before_of(session)
        if not rename_locked(session, generated.name, "auto", None, "", generated.cost, job):
            return Skip(_("A person named it"))
        return Done(before["name"], session.name, before, session.name_version)

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        return put_back(job, row, session)


def _with_examples(rows: Sequence[JobRow], planned: list[Planned]) -> list[Planned]:
    """Put real names into the first rows where they cost nothing: without a language model."""
    first = [at for at, one in enumerate(planned) if isinstance(one, Change)][:_EXAMPLES]
    for asked, at in zip(asked_of(iter([rows[at] for at in first])), first, strict=True):
        if isinstance(asked.model, OfflineResponder) and (name := ask(asked).found.name):
            planned[at] = Change(asked.row.session.name, name)
    return planned


def asked_aside(several: Iterable[Asked], rows: Rows, share: Decimal = Decimal(1)) -> Iterator[Ready]:
    """Ask for several names at a time, and yield the rows as they come; once the job is stopped, nothing more is sent.

    What each used is counted, also where no name is written; at the end the budgets are looked at.
    """
    queues: dict[int | None, Queue | None] = {}
    act = partial(_ask_unless_stopped, rows, share)
    for ready in each_aside(several, act, settings.KERN_NAMING_AT_ONCE):
        if ready is None:
            continue
        session, cost = ready.row.session, ready.found.cost
        if cost.tokens:
            naming_budget.spend(session, cost.tokens, cost.microdollars, ready.found.answers)
            queues[session.queue_id] = session.queue
        yield ready
    for queue in queues.values():
        naming_budget.note_used_up(queue)


def asked_of(rows: Iterator[JobRow]) -> Iterator[Asked]:
    """Read what is sent for each row, on the thread that has the connection."""
    rules, models = read_naming(), dict[str, Model]()
    while page := list(islice(rows, _READ_AT_ONCE)):
        said = openings([row.session_id for row in page], FIRST_MESSAGES)
        for row in page:
            session = row.session
            agent = session.working_agent_id
            if agent not in models:
                models[agent] = without_retries(desk.naming_model(agent))
            constraints = constraints_for(session, rules.of(session.queue))
            yield Asked(row, models[agent], said.get(row.session_id, []), constraints)


def _ask_unless_stopped(rows: Rows, share: Decimal, asked: Asked) -> Ready | None:
    try:
        return ask(asked, share, lambda: not rows.is_stopped)
    except CalledOffError:
        return None


def ask(asked: Asked, share: Decimal = Decimal(1), is_wanted: Callable[[], bool] = always) -> Ready:
    """Ask the model; `share` is the part of the usual price that is paid. Raises `CalledOffError` as `generate` does."""
    generated = generate(asked.model, asked.messages, asked.constraints, share, is_wanted)
    error: KernError | None = generated.error
    return Ready(asked.row, generated, error, generated.cost.tokens, generated.dollars, is_paid=True)


def _refusal(session: Session) -> str:
    """Return why the session keeps its name; empty where it may get another."""
    if session.name_locked or session.name_source == Session.NameSource.HUMAN:
        return _("A person named it")
    return ""


def _seconds(rows: int, tokens: int) -> float:
    """Return the seconds that so many names take at the allowed pace."""
    at_once = settings.KERN_NAMING_AT_ONCE
    limits = [rows * TYPICAL_SECONDS / at_once]
    if settings.KERN_NAMING_REQUESTS_PER_MINUTE:
        limits.append(rows * 60 / settings.KERN_NAMING_REQUESTS_PER_MINUTE)
    if settings.KERN_NAMING_TOKENS_PER_MINUTE:
        limits.append(rows * tokens * 60 / settings.KERN_NAMING_TOKENS_PER_MINUTE)
    return max(limits)
