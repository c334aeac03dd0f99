"""Reading runs and messages: as many queries for one run as for a thousand, and no more rows than asked for (rule L4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Min, Q, Window
from django.db.models.functions import RowNumber

from kern.errors import CorruptRecordError
from kern.records.history import since_refusals, without_refused
from kern.records.message import Message, Role
from kern.records.outcomes import open_outputs, with_outputs
from kern.records.run import RunOutput
from kern.validation.inputs import must_be_counts
from sessions_app import models as rows
from sessions_app.infrastructure.prepared import Prepared, Slot
from sessions_app.models.message import MessageSet
from sessions_app.models.run import RunSet
from sessions_app.store.records import execution_of, message_of, requirement_of, run_of

INTERRUPTED = "interrupted: the process that worked on this run stopped before it ended"
#: People and customers may talk for long without a run; so many of those messages for each run of the window go to the model.
REPLIES_PER_RUN = 5
#: Most parameters of one statement, well below SQLite's limit.
BATCH = 500
#: Every step of a turn reads these.
_RUN = Prepared(lambda: rows.Run.objects.select_related("session", "root").filter(run_id=Slot("run_id", rows.Run, "run_id")))
_RUN_OF_SESSION = Prepared(
    lambda: rows.Run.objects.select_related("root").filter(
        run_id=Slot("run_id", rows.Run, "run_id"),
        session__in=rows.Session.objects.by_id(Slot("session_id", rows.Session, "session_id")).values("pk"),
    )
)
_FIRST_MESSAGE = Prepared(
    lambda: rows.Message.objects.filter(run=Slot("run", rows.Run, "id")).order_by("pk").values_list("pk", flat=True)
)


# Runs -----------------------------------------------------------------------------------------------------------------


def load_run(run_id: str) -> RunOutput | None:
    """Return the run with everything below it, or `None`."""
    row = _RUN.first(run_id=run_id)
    return None if row is None else _load(row.session, [row.root or row]).get(run_id)


def runs(session_id: str, last_n: int | None) -> list[RunOutput]:
    """Return the session's runs without a parent, oldest first."""
    must_be_counts(last_n=last_n)
    session = rows.Session.objects.there().by_id(session_id).first()
    if session is None:
        return []
    roots = list(_newest_roots(session.pk, last_n))[::-1]
    found: list[RunOutput] = []
    for start in range(0, len(roots), BATCH):
        batch = roots[start : start + BATCH]
        found += _each(session, batch)
    return found


def _each(session: rows.Session, roots: list[rows.Run]) -> list[RunOutput]:
    """Return the turns in their order; an unreadable one as failed, with the reason, and the others whole."""
    try:
        loaded = _load(session, roots)
        return [loaded[row.run_id] for row in roots]
    except CorruptRecordError as problem:
        if len(roots) > 1:
            return [run for row in roots for run in _each(session, [row])]
        return [_unread(roots[0], session, problem)]


def _unread(row: rows.Run, session: rows.Session, problem: CorruptRecordError) -> RunOutput:
    return RunOutput(
        session.session_id,
        row.run_id,
        agent_id=row.agent_id,
        status="error",
        error=str(problem),
        created_at=row.created_at.timestamp(),
        updated_at=row.updated_at.timestamp(),
    )


def _newest_roots(
    session_pk: int, last_n: int | None, before_pk: int | None = None, purposes: Sequence[str] | None = None
) -> RunSet:
    found = rows.Run.objects.roots().filter(session_id=session_pk).order_by("-pk")
    if purposes is not None:
        found = found.filter(purpose__in=purposes)
    if before_pk is not None:
        found = found.filter(pk__lt=before_pk)
    return found if last_n is None else found[:last_n]


def _load(session: rows.Session, roots: list[rows.Run]) -> dict[str, RunOutput]:
    """Return all runs of these trees by id, put together. Raises `CorruptRecordError`."""
    try:
        return _put_together(session, roots)
    except KeyError as missing:
        raise CorruptRecordError(f"something belongs to run {missing}, which is not there") from missing


def _put_together(session: rows.Session, roots: list[rows.Run]) -> dict[str, RunOutput]:
    below = list(rows.Run.objects.filter(root__in=roots).order_by("pk"))
    trees = {row.pk: row for row in [*roots, *below]}
    loaded = {pk: run_of(row, session) for pk, row in trees.items()}
    _mark_interrupted(loaded, roots, below)
    for message in rows.Message.objects.filter(run__in=trees).order_by("pk"):
        run = loaded[message.run_id or 0]
        run.messages.append(message_of(message, run.run_id, within_run=True))
    for call in rows.ToolCall.objects.filter(run__in=trees).order_by("pk"):
        loaded[call.run_id].tools.append(execution_of(call, loaded[call.run_id].run_id))
    _add_requirements(session, loaded, trees, roots)
    for row in below:
        parent, member = loaded[row.parent_id or 0], loaded[row.pk]
        member.parent_run_id = parent.run_id
        parent.member_runs.append(member)
    return {run.run_id: run for run in loaded.values()}


def _mark_interrupted(loaded: dict[int, RunOutput], roots: list[rows.Run], below: list[rows.Run]) -> None:
    """Mark an expired tree as failed: all of it that had not ended when its worker's lease ran out."""
    dead = {row.pk for row in roots if row.is_abandoned}
    for row in [*roots, *below]:
        run = loaded[row.pk]
        if run.is_active and (row.root_id or row.pk) in dead:
            run.status, run.error = "error", INTERRUPTED


def _add_requirements(
    session: rows.Session, loaded: dict[int, RunOutput], trees: dict[int, rows.Run], roots: list[rows.Run]
) -> None:
    """Add each requirement to its run and to every run above it."""
    for row in rows.Requirement.objects.filter(root__in=roots).order_by("pk"):
        asked, root = loaded[row.run_id].run_id, loaded[row.root_id].run_id
        requirement = requirement_of(row, asked, root, session.session_id)
        above: int | None = row.run_id
        while above is not None:
            loaded[above].requirements.append(requirement)
            above = trees[above].parent_id


# Messages -------------------------------------------------------------------------------------------------------------


def history(session_id: str, before_run_id: str, last_n_runs: int) -> list[Message]:
    """Return the messages before this run, oldest first.

    The window's runs each in one piece, and people's replies between them.

    Private messages between people and the agent are there for runs that answer such questions, and for no other. Unsent
    answers are left out: the model would take them for something the customer has read. Calls without an output, which their
    turn's end cut off, have their known state. A turn that a server refused for good has one line in its place.
    """
    if last_n_runs <= 0:
        return []
    session_pk, turn, first = _beginning_of(session_id, before_run_id)
    newest = _newest_roots(session_pk, last_n_runs, turn.pk if turn else None, _purposes_before(turn))
    roots = list(newest.values_list("pk", "run_id", "refused"))[::-1]
    start = since_refusals([refused for *_, refused in roots])
    window_is_full = len(roots) == last_n_runs or start > 0
    roots = roots[start:]
    run_ids = {pk: run_id for pk, run_id, _ in roots}
    of_runs = [row for row in rows.Message.objects.filter(run__in=run_ids).defer("reasoning").order_by("pk") if _was_said(row)]
    begins: dict[int, int] = {}
    for message in of_runs:
        begins.setdefault(message.run_id or 0, message.pk)
    since = min(begins.values()) if window_is_full and begins else 0
    between = _outside_of_runs(session_pk, since, first)[: REPLIES_PER_RUN * last_n_runs]
    # A tool's output must stay beside its call, so a reply written during a run comes after it.
    said = [((begins[message.run_id or 0], message.pk), message) for message in of_runs]
    said += [((message.pk, message.pk), message) for message in between]
    said.sort(key=lambda item: item[0])
    records = (message_of(message, run_ids.get(message.run_id or 0)) for _, message in said)
    told = with_outputs(records, _open_outputs(session_pk, list(run_ids)))
    refused = {pk: run_id for pk, run_id, refused in roots if refused}
    return without_refused(told, _tools_called(refused)) if refused else list(told)


def _tools_called(runs: dict[int, str]) -> dict[str, list[str]]:
    """Return the names of the tools that were started in these runs, by run id."""
    started = rows.ToolCall.objects.filter(run__in=runs).exclude(status=rows.ToolCall.Status.PROPOSED)
    called: dict[str, list[str]] = {run_id: [] for run_id in runs.values()}
    for pk, tool_name in started.order_by("pk").values_list("run_id", "tool_name"):
        called[runs[pk]].append(tool_name)
    return called


def _purposes_before(turn: rows.Run | None) -> list[str]:
    """Return the purposes of earlier turns that this turn's model may see."""
    purpose = rows.Run.Purpose
    private = turn is not None and turn.purpose == purpose.INTERNAL
    return [purpose.ANSWER, purpose.INTERNAL] if private else [purpose.ANSWER]


def _was_said(row: rows.Message) -> bool:
    unsent = row.role == "assistant" and not row.sent and not row.internal
    return row.role != "system" and (not unsent or bool(row.tool_calls))


def _open_outputs(session_pk: int, turns: Sequence[int]) -> dict[tuple[str | None, str], str]:
    """Return the known state of these turns' calls without an output, by run id and call id. Hardly any turn has some."""
    has_open = rows.ToolCall.objects.filter(run__in=turns).exclude(status=rows.ToolCall.Status.FINISHED)
    roots = list(rows.Run.objects.filter(pk__in=has_open.values("run")).order_by("pk"))
    if not roots:
        return {}
    cut_off = _each(rows.Session.objects.get(pk=session_pk), roots)
    return {(run.run_id, call_id): text for run in cut_off for call_id, text in open_outputs(run).items()}


def _session_key(session_id: str) -> int:
    """Return the session's key, or 0, which has nothing."""
    return rows.Session.objects.there().by_id(session_id).values_list("pk", flat=True).first() or 0


def _beginning_of(session_id: str, run_id: str) -> tuple[int, rows.Run | None, int | None]:
    """Return the session's key, the turn, and the key of its first message.

    A run that is not stored yet has none of its own.
    """
    row = _RUN_OF_SESSION.first(run_id=run_id, session_id=session_id)
    if row is None:
        return _session_key(session_id), None, None
    turn = row.root or row
    return row.session_id, turn, _FIRST_MESSAGE.first(run=turn.pk)


def _outside_of_runs(session_pk: int, since: int, until: int | None) -> MessageSet:
    """Return messages of people and customers outside of runs, newest first; both ends are message keys, exclusive."""
    found = rows.Message.objects.filter(session_id=session_pk, run=None, internal=False, pk__gt=since)
    if until is not None:
        found = found.filter(pk__lt=until)
    return found.order_by("-pk")


def messages(
    session_id: str,
    last_n_runs: int | None,
    limit: int | None,
    before: str | None,
    roles: Sequence[Role] | None,
    members: bool,
) -> list[Message]:
    """Return the session's messages after the filters, oldest first, without people's notes to each other."""
    must_be_counts(last_n_runs=last_n_runs, limit=limit)
    session_pk = _session_key(session_id)
    found = rows.Message.objects.filter(session_id=session_pk, internal=False)
    if last_n_runs is not None:
        found = found.filter(_in_newest_runs(session_pk, last_n_runs))
    if before is not None:
        found = found.filter(pk__lt=_key_of(session_pk, before))
    if roles is not None:
        found = found.filter(role__in=roles)
    if not members:
        found = found.filter(run__parent=None)
    newest_first = found.select_related("run").defer("reasoning").order_by("-pk")
    return _records(list(newest_first if limit is None else newest_first[:limit])[::-1])


def _key_of(session_pk: int, message_id: str) -> int:
    """Return the message's key, or 0, before which there is nothing."""
    keys = rows.Message.objects.filter(session_id=session_pk, message_id=message_id).values_list("pk", flat=True)
    return keys.first() or 0


def _in_newest_runs(session_pk: int, last_n_runs: int) -> Q:
    """Return messages of the newest turns, members' too, and those outside of runs since the first of them."""
    roots = list(_newest_roots(session_pk, last_n_runs).values_list("pk", flat=True))
    inside = [*roots, *rows.Run.objects.filter(root__in=roots).values_list("pk", flat=True)]
    first = rows.Message.objects.filter(run__in=inside).aggregate(first=Min("pk"))["first"]
    if first is None:
        return Q(pk__in=[])
    return Q(pk__gte=first) & (Q(run__in=inside) | Q(run=None))


def opening(session_id: str, limit: int) -> list[Message]:
    """Return the first messages of customer, agent and people, oldest first."""
    must_be_counts(limit=limit)
    session_pk = _session_key(session_id)
    said = rows.Message.objects.filter(session_id=session_pk).said().exclude(run__refused=True)
    return _records(said.select_related("run").order_by("pk")[:limit])


def openings(session_keys: Sequence[int], limit: int) -> dict[int, list[Message]]:
    """Return the `opening` of each session (by its row's key) that has one, in one statement."""
    said = rows.Message.objects.filter(session__in=session_keys).said().exclude(run__refused=True)
    number = Window(RowNumber(), partition_by="session_id", order_by="pk")
    found: dict[int, list[rows.Message]] = defaultdict(list)
    for row in said.annotate(number=number).filter(number__lte=limit).select_related("run").order_by("pk"):
        found[row.session_id].append(row)
    return {key: _records(several) for key, several in found.items()}


def _records(found: Iterable[rows.Message]) -> list[Message]:
    return [message_of(row, row.run.run_id if row.run else None) for row in found]
