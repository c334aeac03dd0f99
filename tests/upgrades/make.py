"""Keep the database of a release, so that upgrades from it are tested from then on: `python -m tests.upgrades.make TAG`.

The release is checked out beside this one, filled with the demo and what it has not, and dumped as SQL from both databases into
`tests/upgrades/releases/TAG/`. Run it once a release, and commit what it wrote.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.servers import postgresql_programs, temporary_postgresql

ROOT = Path(__file__).parents[2]
RELEASES = Path(__file__).parent / "releases"
#: What the demo has not: a rule, a token, unsent words, a snoozed conversation, a group of admins' policies.
MORE = """
from datetime import timedelta
from django.utils import timezone
from sessions_app.models import ApiToken, Person, Queue, Session, StandingApproval, ToolPolicy, UnsentText
ana, ben = Person.objects.order_by("pk")[:2]
queue = Queue.objects.first()
StandingApproval.objects.create(queue=queue, tool_name="refund", until=timezone.now() + timedelta(days=3650), made_by=ana)
ToolPolicy.objects.create(queue=queue, tool_name="refund", approvers=2, roles=["boss"], thresholds=["amount > 500"])
token, secret = ApiToken.make("upgrade", ana)
token.queues.add(queue)
session = Session.objects.first()
UnsentText.objects.create(session=session, person=ben, text="Half a sen")
until = timezone.now() + timedelta(days=3650)
Session.objects.filter(pk=Session.objects.last().pk).update(status="snoozed", snoozed_until=until)
"""


def main(release: str) -> None:
    """Make both dumps of the release."""
    kept = RELEASES / release
    kept.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        checkout, var = Path(folder) / "release", Path(folder) / "var"
        _run(ROOT, "git", "worktree", "add", "--detach", str(checkout), release)
        try:
            _fill(checkout, var)
            with closing(sqlite3.connect(var / "inbox.sqlite3")) as database:
                _write(kept / "sqlite.sql.gz", "\n".join(database.iterdump()))
            with temporary_postgresql(in_memory=True) as cluster:
                _fill(checkout, var, DATABASE_URL=cluster.url)
                dump = str(postgresql_programs() / "pg_dump")
                made = _run(ROOT, dump, "--no-owner", "--no-privileges", "--inserts", cluster.url)
                _write(kept / "postgresql.sql.gz", made)
        finally:
            _run(ROOT, "git", "worktree", "remove", "--force", str(checkout))


def _fill(checkout: Path, var: Path, **variables: str) -> None:
    environment = {"DEBUG": "1", "KERN_VAR": str(var), **variables}
    for words in (("migrate", "--no-input"), ("seed_demo",), ("shell", "-c", MORE)):
        _run(checkout, sys.executable, "manage.py", *words, **environment)


def _run(folder: Path, *command: str, **variables: str) -> str:
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    return subprocess.run(
        command, cwd=folder, env={**environment, **variables}, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def _write(file: Path, sql: str) -> None:
    # No time in the header: the same database gives the same file.
    file.write_bytes(gzip.compress(sql.encode(), mtime=0))


if __name__ == "__main__":
    main(sys.argv[1])
