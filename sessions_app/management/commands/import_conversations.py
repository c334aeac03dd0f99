"""`manage.py import_conversations FILE.jsonl`"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.db import DataError, IntegrityError
from tqdm import tqdm

from sessions_app import desk
from sessions_app.errors import InvalidAction
from sessions_app.management.importing.chat_format import read_line
from sessions_app.management.importing.notes import Notes, Tally
from sessions_app.management.importing.objects import BadLineError
from sessions_app.management.importing.rows import Importer
from sessions_app.models import Queue, Session
from sessions_app.validation.text import LONGEST_TEXT, checked_id

#: How an imported conversation may stand.
STANDINGS = [status for status in Session.Status.values if status not in Session.GONE]


class Command(BaseCommand):
    help = (
        "Import conversations, one a line, in the format of docs/import.md: an object with `messages` in OpenAI's chat format "
        "or items of the Responses API (and optionally id, name, customer, times, status …), or a bare list. Running it "
        f"again skips what is there; a bad line (also one with a message of more than {LONGEST_TEXT:,} characters) is "
        "reported and the rest goes on. What is not kept is counted at the end; --report says it line by line."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the file; - reads standard input")
        parser.add_argument("--queue", metavar="SLUG", help="the queue of lines that name none (default: the first)")
        parser.add_argument("--user", default="", metavar="USER_ID", help="the customer of lines that name none")
        parser.add_argument("--status", default="open", choices=STANDINGS, help="how conversations stand that do not say")
        parser.add_argument(
            "--time-zone", type=zone, default="UTC", metavar="NAME", help="of times that name none, like Europe/Berlin"
        )
        parser.add_argument("--report", metavar="FILE", help="write what is bad and what is not kept there, line by line")
        parser.add_argument("--dry-run", action="store_true", help="say what would become of each line and store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        importer = Importer(
            self._queue(options["queue"]), self._customer(options["user"]), options["status"], dry_run=options["dry_run"]
        )
        counts, tally = {"imported": 0, "already there": 0, "bad": 0}, Tally()
        try:
            with ExitStack() as files:
                stream, size = files.enter_context(opened(options["file"]))
                report = files.enter_context(written(options["report"]))
                for number, line in progress(stream, size):
                    counts[self._add(importer, number, line, options["time_zone"], tally, report)] += 1
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run the same command again to go on.", returncode=130) from None
        finally:
            self.stdout.write(summary(counts, importer))
            if tally.counts:
                self.stdout.write(f"Not kept as it was:\n{tally}")
        if counts["bad"]:
            raise CommandError(complaint(counts), returncode=1)

    def _add(
        self, importer: Importer, number: int, line: bytes, time_zone: ZoneInfo, tally: Tally, report: TextIO | None
    ) -> str:
        """Import one line; says what became of it."""
        notes = Notes()
        try:
            conversation = read_line(line, time_zone)
            is_new = imported(importer, conversation, number)
            notes = conversation.notes if is_new else notes
            return "imported" if is_new else "already there"
        except BadLineError as error:
            reason = str(error)
        except (DataError, IntegrityError) as error:
            reason = f"the database refused it: {str(error).splitlines()[0]}"
        finally:
            tally.add(number, notes)
            if report:
                report.writelines(f"line {number}: {note}\n" for note in notes)
        with tqdm.external_write_mode(file=sys.stderr):
            self.stderr.write(f"line {number}: {reason}")
        if report:
            report.write(f"line {number}: not imported: {reason}\n")
        return "bad"

    def _customer(self, user_id: str) -> str:
        try:
            return user_id and checked_id(user_id, "--user")
        except InvalidAction as refused:
            raise CommandError(str(refused)) from refused

    def _queue(self, slug: str | None) -> Queue:
        try:
            desk.sync()
        except desk.DeskError as error:
            raise CommandError(str(error)) from error
        queue = Queue.objects.filter(slug=slug).first() if slug else Queue.objects.first()
        if queue is None:
            known = ", ".join(Queue.objects.values_list("slug", flat=True))
            raise CommandError(f"There is no queue {slug}. There are: {known}.")
        return queue


def imported(importer: Importer, conversation: Any, number: int) -> bool:
    """`Importer.add`, once more where another import stored the same conversation in between."""
    try:
        return importer.add(conversation, number)
    except IntegrityError:
        return importer.add(conversation, number)


def zone(name: str) -> ZoneInfo:
    """A time zone by its name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ArgumentTypeError(f"there is no time zone {name!r}; write one like Europe/Berlin") from error


def summary(counts: dict[str, int], importer: Importer) -> str:
    """Return the number of lines by outcome, and the place of the imported ones."""
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    if importer.dry_run:
        return f"{told}, if this were no dry run; nothing was stored"
    return f"{told}; imported into the queue {importer.queue.slug}" if counts["imported"] else told


def complaint(counts: dict[str, int]) -> str:
    """Return the message about bad lines."""
    if counts["imported"]:
        return "Some lines were bad; the others are imported."
    if counts["already there"]:
        return "Some lines were bad; the others were there already."
    return "All lines were bad; nothing is imported."


@contextmanager
def opened(name: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """Return the file as bytes, and its size where it is known. Raises `CommandError` when it cannot be read."""
    if name == "-":
        yield sys.stdin.buffer, None
        return
    path = Path(name)
    try:
        stream = path.open("rb")
    except OSError as error:
        raise CommandError(f"{name} can not be read: {error.strerror}.") from error
    with stream:
        yield stream, path.stat().st_size


@contextmanager
def written(name: str | None) -> Iterator[TextIO | None]:
    """Return the report to write, if one is wanted. Raises `CommandError` when it cannot be written."""
    if not name:
        yield None
        return
    try:
        with Path(name).open("w", encoding="utf-8") as stream:
            yield stream
    except OSError as error:
        raise CommandError(f"{name} can not be written: {error.strerror}.") from error


def progress(stream: BinaryIO, size: int | None) -> Iterator[tuple[int, bytes]]:
    """Yield the file's lines with their numbers, without empty ones, under a progress bar on a terminal."""
    with tqdm(total=size, unit="B", unit_scale=True, disable=None, file=sys.stderr) as bar:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield number, line
            bar.update(len(line))
