"""A conversation in the order it happened: messages, runs and events, a page at a time from the newest end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any

from django.db.models import Count, Min
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app.changes.kinds import Kind
from sessions_app.infrastructure.broken_rows import BrokenRow
from sessions_app.infrastructure.one_statement import Steps, beside
from sessions_app.models import Change, HandOver, Message, Person, Run, Session
from sessions_app.validation.numbers import row_numbers
from sessions_app.views.conversation.change_lines import NOT_SHOWN, VERDICTS, Event, shown_events
from sessions_app.views.conversation.run_blocks import ShownRun, shown_runs

PAGE = 50
#: So many changes are looked through for events of one page; a turn makes a handful of them.
CHANGES = 400
#: A page that stays open shows at most so many.
MOST = 300
#: Above every key, and with as many digits as a cursor may have.
BEYOND = 10**18 - 1
MESSAGE, RUN, EVENT = "message", "run", "event"
#: Recorded once the turn is there, which they are the reason of.
BEGINNINGS = (Kind.RUN_DRAFT_WANTED, Kind.RUN_QUESTION_ASKED)
STANDALONE = (Message.Author.CUSTOMER, Message.Author.PERSON)


#: What stands in a conversation: rows as they were read, then what is shown of them.
Item = Message | Run | Change | ShownRun | Event | BrokenRow


@dataclass
class Entry:
    """One thing in the conversation; `day` and `is_new` say what line stands before it."""

    kind: str
    at: datetime
    pk: int
    item: Item
    day: str = ""
    is_new: bool = False


@dataclass(frozen=True)
class Cursor:
    """A boundary in the conversation: a message, a run and a change; what is shown lies at or above it."""

    message: int = BEYOND
    run: int = BEYOND
    change: int = BEYOND

    def __str__(self) -> str:
        return f"{self.message}-{self.run}-{self.change}"

    @classmethod
    def of(cls, text: str) -> Cursor | None:
        """Parse an address; `None` for anything else."""
        numbers = row_numbers(parts := text.split("-"))
        return cls(*numbers) if len(numbers) == len(parts) == 3 else None


@dataclass
class Timeline:
    """One page of entries, oldest first. `bottom` is its lower boundary, which a refresh goes down to again."""

    entries: list[Entry] = field(default_factory=list)
    bottom: str = ""
    has_older: bool = False
    #: The newest hand-over of a session that people lead, on its newest page.
    hand_over: HandOver | None = None


@dataclass
class Loaded:
    """Rows between two boundaries, newest first. `lowest_change` is how far down the log was looked through."""

    messages: list[Message]
    runs: list[Run]
    changes: list[Change]
    lowest_change: int
    is_full: bool
    hand_over: HandOver | None


def timeline(
    session: Session, reader: Person, *, before: str = "", since: str = "", seen: int | None = None
) -> Steps[Timeline]:
    """The newest page; or the page below the boundary `before`; or everything above the boundary `since`. In two steps.

    Entries after change `seen` that others made are marked as new.
    """
    top, bottom = Cursor.of(before) or Cursor(), Cursor.of(since)
    loaded = yield from _loaded(session, top, bottom)
    entries = [
        *(Entry(MESSAGE, message.created_at, message.pk, message) for message in loaded.messages),
        *_turns(loaded),
        *_events(loaded),
    ]
    rank = {EVENT: 0, MESSAGE: 1, RUN: 2}
    entries.sort(key=lambda entry: (entry.at, rank[entry.kind], entry.pk))
    page = entries if bottom else entries[-PAGE:]
    lowest = since if bottom else str(_bottom(page, entries, loaded))
    has_older = loaded.is_full or len(entries) > len(page)
    page, last_seen = yield from beside(_filled(page, reader), _last_seen(session, seen))
    page.sort(key=lambda entry: (entry.at, rank[entry.kind], entry.pk))
    _mark_days(page)
    _mark_new(page, reader, last_seen)
    return Timeline(page, lowest, has_older, loaded.hand_over if not before and session.led_by_person else None)


def _loaded(session: Session, top: Cursor, bottom: Cursor | None) -> Steps[Loaded]:
    messages = session.messages.filter(pk__lt=top.message, author_kind__in=STANDALONE).exclude(role__in=["system", "tool"])
    runs = session.runs.roots().filter(pk__lt=top.run)
    changes = session.changes.filter(pk__lt=top.change)
    most, most_changes = PAGE, CHANGES
    if bottom:
        # A page that stays open grows at its newer end; this is where it stops.
        most, most_changes = MOST, MOST * CHANGES // PAGE
        messages, runs = messages.filter(pk__gte=bottom.message), runs.filter(pk__gte=bottom.run)
        changes = changes.filter(pk__gte=bottom.change)
    # Of a turn's changes hardly any is an event: only their keys are looked through.
    window = changes.order_by("-pk").values("pk")[:most_changes]
    looked_at = Change.objects.filter(pk__in=window).order_by().values("session").annotate(lowest=Min("pk"), count=Count("pk"))
    found, turns, events, extent, handed = yield [
        messages.select_related("person").excerpts().order_by("-pk")[:most],
        runs.order_by("-pk")[:most],
        changes.filter(pk__in=window).exclude(kind__in=NOT_SHOWN),
        looked_at.values_list("lowest", "count"),
        session.hand_overs.order_by("-pk")[:1],
    ]
    lowest, count = extent[0] if extent else (0, 0)
    is_full = len(found) == most or len(turns) == most or count == most_changes
    return Loaded(_newest_first(found), _newest_first(turns), _newest_first(events), lowest, is_full, next(iter(handed), None))


def _newest_first(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=attrgetter("pk"), reverse=True)


def _turns(loaded: Loaded) -> list[Entry]:
    """Runs stand after the messages they answer, also where an import stored all runs first."""
    asked: dict[int, datetime] = {}
    for message in loaded.messages:
        if message.run_id is not None:
            asked[message.run_id] = max(message.created_at, asked.get(message.run_id, message.created_at))
    return [Entry(RUN, max(run.created_at, asked.get(run.pk, run.created_at)), run.pk, run) for run in loaded.runs]


def _events(loaded: Loaded) -> list[Entry]:
    """Return the changes; a private turn's start stands before its turn."""
    began = {run.run_id: run.created_at for run in loaded.runs}
    starts = {change.pk: began.get(change.data.get("run", "")) for change in loaded.changes if change.kind in BEGINNINGS}
    return [Entry(EVENT, starts.get(change.pk) or change.created_at, change.pk, change) for change in loaded.changes]


def _filled(page: list[Entry], reader: Person) -> Steps[list[Entry]]:
    """Runs and events become what is shown of them, runs in parts; those that are on no page are never read."""
    runs = [(entry, entry.item) for entry in page if isinstance(entry.item, Run)]
    events = [(entry, entry.item) for entry in page if isinstance(entry.item, Change)]
    decided = [entry.at for entry, change in events if change.kind in VERDICTS]
    turns, lines = yield from beside(
        shown_runs([run for _entry, run in runs]), shown_events([change for _entry, change in events], reader)
    )
    filled = [entry for entry in page if entry.kind == MESSAGE]
    for (entry, _run), shown in zip(runs, turns, strict=True):
        parts = [(entry.at, shown)] if isinstance(shown, BrokenRow) else shown.in_parts(decided)
        filled += [replace(entry, at=max(at, entry.at), item=part) for at, part in parts]
    filled += [replace(entry, item=line) for (entry, _change), line in zip(events, lines, strict=True)]
    return filled


def _bottom(page: list[Entry], entries: list[Entry], loaded: Loaded) -> Cursor:
    """The boundary below a page: for each kind its lowest row, or above all there are where none is on the page."""

    def lowest(kind: str, keys: list[int]) -> int:
        shown = [entry.pk for entry in page if entry.kind == kind]
        return min(shown) if shown else max(keys, default=-1) + 1

    change = lowest(EVENT, [change.pk for change in loaded.changes])
    if not any(entry.kind == EVENT for entry in entries[: len(entries) - len(page)]):
        # All events that were found are on the page: what lies above the lowest change looked at is done with.
        change = loaded.lowest_change
    messages, runs = [message.pk for message in loaded.messages], [run.pk for run in loaded.runs]
    return Cursor(lowest(MESSAGE, messages), lowest(RUN, runs), change)


def _mark_days(entries: list[Entry]) -> None:
    previous: date | None = None
    for entry in entries:
        day = timezone.localtime(entry.at).date()
        if day != previous:
            entry.day, previous = day_name(day), day


def day_name(day: date) -> str:
    """`Today`, `Yesterday`, else the date."""
    today = timezone.localdate()
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return format_date(day, "j F" if day.year == today.year else "j F Y")


def _last_seen(session: Session, seen: int | None) -> Steps[datetime | None]:
    """Return the time of the change `seen`, or of the one before it."""
    if seen is None:
        return None
    before = session.changes.filter(pk__lte=seen).order_by("-pk")
    found = (yield [before.values_list("created_at", flat=True)[:1]])[0]
    return found[0] if found else None


def _mark_new(entries: list[Entry], reader: Person, last_seen: datetime | None) -> None:
    """Mark the first entry by another author after the reader's last visit, where the line `new` stands."""
    for entry in entries:
        if last_seen and entry.at > last_seen and entry.kind != EVENT and getattr(entry.item, "person_id", None) != reader.pk:
            entry.is_new = True
            return
