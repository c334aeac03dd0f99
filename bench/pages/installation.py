"""A database of the bench's own, filled to a stated size, and the processes that look at it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.paths import ROOT, VAR
from bench.report import CannotMeasureError
from tests.servers import MissingServerError, temporary_postgresql

FOLDER = VAR / "pages"


class Installation:
    """Where the database is, and the variables that make every process use it."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")},
            "DJANGO_SETTINGS_MODULE": "kern_inbox.settings",
            "DEBUG": "1",
            "LOG_LEVEL": "ERROR",
            "KERN_VAR": str(folder),
            "DATABASE_URL": database_url,
        }

    def run(self, module: str, *words: object, **variables: str) -> Any:
        """What `python -m module words` prints on its last line, read as JSON. Raises `CannotMeasureError`."""
        command = [sys.executable, "-m", module, *map(str, words)]
        environment = {**self.environment, **variables}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotMeasureError(f"{module} failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
        return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def installation(database: str, name: str) -> Iterator[Installation]:
    """An empty one on `sqlite` or `postgresql`, gone after the block. Raises `CannotMeasureError`."""
    folder = FOLDER / f"{name}-{database}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        if database == "sqlite":
            yield Installation(folder, f"sqlite:///{folder / 'inbox.sqlite3'}")
            return
        with temporary_postgresql() as cluster:
            yield Installation(folder, cluster.url)
    except MissingServerError as missing:
        raise CannotMeasureError(str(missing)) from missing
    finally:
        shutil.rmtree(folder, ignore_errors=True)
