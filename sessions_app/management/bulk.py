"""Bulk jobs from the command line: choose sessions, try, work with a progress bar, and say how it ended by the exit code."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.jobs import control, engine, planning
from sessions_app.jobs.planning import Wanted
from sessions_app.models import Job, Person, Queue, Session
from sessions_app.models.session import SessionSet

#: Exit codes beside 0: some rows failed; stopped by Ctrl-C.
FAILED, STOPPED = 1, 130
#: A command works the job itself, so long (seconds) between two looks at the bar.
SLICE = 1.0
STATUSES = (Session.Status.OPEN, Session.Status.SNOOZED, *Session.SETTLED)
#: The conditions of `--where`, by name.
CONDITIONS: dict[str, Callable[[SessionSet, str], SessionSet]] = {
    "status": lambda found, value: found.filter(status=_one_of(value, STATUSES)),
    "source": lambda found, value: found.filter(name_source=_one_of(value, Session.NameSource.values)),
    "channel": lambda found, value: found.filter(channel=value),
    "customer": lambda found, value: found.filter(user_id=value),
    "mail": lambda found, value: found.filter(customer_email__iexact=value),
    "older-than-days": lambda found, value: found.filter(activity_at__lt=clock.now() - timedelta(days=_days(value))),
    "newer-than-days": lambda found, value: found.filter(activity_at__gte=clock.now() - timedelta(days=_days(value))),
}


def add_job_options(parser: ArgumentParser) -> None:
    """Add the options that all bulk commands have."""
    parser.add_argument("--as", dest="person", metavar="MAIL", help="in whose name it is done (default: the command line's)")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")


def add_selection(parser: ArgumentParser) -> None:
    """Add the options that choose sessions."""
    parser.add_argument("--queue", action="append", default=[], metavar="SLUG", help="only this queue; may come several times")
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"only where this holds; may be given several times. Names: {', '.join(CONDITIONS)}",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="the newest N at most")


def person_of(options: dict[str, Any]) -> Person | None:
    """Return the person of `--as`. Raises `CommandError`."""
    if not options["person"]:
        return None
    found = Person.objects.filter(email__iexact=options["person"], is_active=True).first()
    if found is None:
        raise CommandError(f"--as: there is no active person with the address {options['person']}")
    return found


def visible_to(person: Person | None) -> SessionSet:
    """Return the sessions that a job of this person may touch."""
    return Session.objects.there() if person is None else Session.objects.visible_to(person)


def chosen(options: dict[str, Any], person: Person | None) -> list[Wanted]:
    """Return the sessions that the options choose, newest first. Raises `CommandError`."""
    found = visible_to(person)
    if options["queue"]:
        slugs = set(Queue.objects.values_list("slug", flat=True))
        if unknown := [slug for slug in options["queue"] if slug not in slugs]:
            raise CommandError(f"--queue: there is no queue {unknown[0]}; there are: {', '.join(sorted(slugs))}")
        found = found.filter(queue__slug__in=options["queue"])
    for condition in options["where"]:
        found = _narrowed(found, condition)
    if options["limit"] is not None and options["limit"] < 1:
        raise CommandError("--limit: at least 1")
    return [Wanted(key) for key in found.order_by("-activity_at", "-pk").values_list("pk", flat=True)[: options["limit"]]]


def run(command: BaseCommand, kind: str, wanted: Sequence[Wanted], parameters: dict[str, Any], options: dict[str, Any]) -> None:
    """Try the job, and unless it is a dry run work it to its end. Raises `CommandError` where rows failed."""
    try:
        job = planning.plan(kind, wanted, parameters, person=person_of(options), via=Job.Via.COMMAND, source="Command line")
    except InvalidAction as problem:
        raise CommandError(problem.message) from problem
    command.stdout.write(_tried(job))
    if options["dry_run"] or not job.to_do:
        control.discard(job)
        return
    control.start(job)
    try:
        _work(job)
    except KeyboardInterrupt:
        control.cancel(job)
        job.refresh_from_db()
        raise CommandError(f"Stopped: {_outcome(job)}. The Jobs page can go on or undo it.", returncode=STOPPED) from None
    command.stdout.write(f"Job {job.pk}: {_outcome(job)}.")
    if job.failed:
        raise CommandError(_failures(job), returncode=FAILED)


def _work(job: Job) -> None:
    """Work the job here, or watch the worker that has it, until it ended or was stopped."""
    with tqdm(total=job.to_do, unit=" rows", disable=None, file=sys.stderr) as bar:
        begun = job.seen_to
        while job.is_working:
            if not engine.work(job.pk, SLICE):
                job.refresh_from_db()
                if job.is_working:
                    time.sleep(SLICE / 4)
            job.refresh_from_db()
            bar.update(job.seen_to - begun - bar.n)


def _tried(job: Job) -> str:
    lines = [f"{job.to_do} to do, {job.skipped} skipped."]
    lines += [f"  skipped {number}: {reason}" for reason, number in planning.reasons(job)]
    lines += [f"  {row.before or row.session} → {row.after}" for row in planning.examples(job)]
    estimate = job.estimate
    if estimate.get("tokens"):
        price = f", about ${estimate['cost']}" if estimate.get("cost") is not None else ""
        lines.append(f"  about {estimate['tokens']:,} tokens{price}")
    return "\n".join(lines)


def _outcome(job: Job) -> str:
    parts = [f"{job.done} done", f"{job.skipped} skipped", f"{job.failed} failed", f"{job.to_do} to do"]
    if job.cost:
        parts.append(f"${job.cost:.4f}")
    return ", ".join(parts)


def _failures(job: Job) -> str:
    failed = job.rows.filter(state="failed").select_related("session").order_by("position")[:10]
    return "\n".join(["Some failed:", *(f"  {row.session.session_id}: {row.reason}" for row in failed)])


def _narrowed(found: SessionSet, condition: str) -> SessionSet:
    name, is_pair, value = condition.partition("=")
    if not is_pair or name not in CONDITIONS or not value:
        raise CommandError(f"--where {condition}: write NAME=VALUE; names are {', '.join(CONDITIONS)}")
    return CONDITIONS[name](found, value)


def _one_of(value: str, known: Sequence[str]) -> str:
    if value not in known:
        raise CommandError(f"--where: {value} is none of {', '.join(known)}")
    return value


def _days(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 5:
        raise CommandError(f"--where: {value} is no number of days")
    return int(value)
