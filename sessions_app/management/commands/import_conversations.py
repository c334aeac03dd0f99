"""`manage.py import_conversations FILE.jsonl`"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.db import DataError, IntegrityError
from tqdm import tqdm

from sessions_app import desk
from sessions_app.management.importing.chat_format import BadLineError, read_line
from sessions_app.management.importing.rows import Importer
from sessions_app.models import Queue
from sessions_app.texts import LONGEST_TEXT


class Command(BaseCommand):
    help = (
        "Import conversations in OpenAI's chat format, one a line: an object with `messages` (and optionally id, name or "
        "title, user_id), or a bare list of messages. Running it again skips what is there; a bad line (also one with a "
        f"message of more than {LONGEST_TEXT:,} characters) is reported and the rest goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the file; - reads standard input")
        parser.add_argument("--queue", metavar="SLUG", help="the queue they go to (default: the first)")
        parser.add_argument("--user", default="", metavar="USER_ID", help="the customer of lines that name none")

    def handle(self, *args: Any, **options: Any) -> None:
        importer = Importer(self._queue(options["queue"]), options["user"][:200])
        counts = {"imported": 0, "already there": 0, "bad": 0}
        try:
            with opened(options["file"]) as (stream, size):
                for number, line in progress(stream, size):
                    counts[self._add(importer, number, line)] += 1
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run the same command again to go on.", returncode=130) from None
        finally:
            self.stdout.write(summary(counts, importer.queue))
        if counts["bad"]:
            raise CommandError(complaint(counts), returncode=1)

    def _add(self, importer: Importer, number: int, line: bytes) -> str:
        """Import one line; says what became of it."""
        try:
            return "imported" if importer.add(read_line(line), number) else "already there"
        except BadLineError as error:
            reason = str(error)
        except (DataError, IntegrityError) as error:
            reason = f"the database refused it: {str(error).splitlines()[0]}"
        with tqdm.external_write_mode(file=sys.stderr):
            self.stderr.write(f"line {number}: {reason}")
        return "bad"

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


def summary(counts: dict[str, int], queue: Queue) -> str:
    """What became of the lines, and where the imported ones are."""
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    return f"{told}; imported into the queue {queue.slug}" if counts["imported"] else told


def complaint(counts: dict[str, int]) -> str:
    """What is left to say where lines were bad."""
    if counts["imported"]:
        return "Some lines were bad; the others are imported."
    if counts["already there"]:
        return "Some lines were bad; the others were there already."
    return "All lines were bad; nothing is imported."


@contextmanager
def opened(name: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """The file as bytes, and its size where it is known. Raises `CommandError` when it cannot be read."""
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


def progress(stream: BinaryIO, size: int | None) -> Iterator[tuple[int, bytes]]:
    """The file's lines with their numbers, empty ones left out, under a progress bar where somebody watches."""
    with tqdm(total=size, unit="B", unit_scale=True, disable=None, file=sys.stderr) as bar:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield number, line
            bar.update(len(line))
