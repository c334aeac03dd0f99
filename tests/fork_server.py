"""Start programs of Python as forks of this process, which has loaded what most of them need: `python -m tests.fork_server`.

Loading is most of such a program's start. Each reads its own settings: what is loaded here before has read none. A request is a
line of JSON from the standard input, its answer one on the standard output; the programs end when this process does.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from kern_inbox.processes.garbage import freeze_loaded_objects
from kern_inbox.run.forking import die_with_parent
from kern_inbox.run.python_command import run_python

#: Loaded without a look at Django's settings, by every program or by most.
MODULES = (
    *("celery.apps.worker", "celery.bin.celery", "celery.bin.worker", "celery.concurrency.thread", "celery.worker.consumer"),
    *("cryptography.fernet", "cryptography.x509", "django.contrib.admin.utils", "django.core.management", "django.db.models"),
    *("django.core.handlers.asgi", "django.db.backends.sqlite3.base", "django.test.signals", "django.views.generic"),
    *("environ", "kern.agent", "kern.db.base", "kern.team", "kern.testing", "markdown_it", "nh3", "openai", "redis"),
    *("prometheus_client", "redis.asyncio", "standardwebhooks", "whitenoise"),
)


def main() -> Sequence[str] | None:
    """Answer requests until there are no more; returns in a fork, with the words of the program that it has to be."""
    for name in MODULES:
        import_module(name)
    freeze_loaded_objects()
    while request := sys.stdin.buffer.readline():
        told = json.loads(request)
        if "pid" in told:
            _answer(_ended(told["pid"]))
            continue
        here = os.getpid()
        if not (pid := os.fork()):
            _become(told["environment"], told["outputs"], told["folder"], here)
            arguments: Sequence[str] = told["arguments"]
            return arguments
        _answer(pid)
    return None


def _ended(pid: int) -> tuple[int, float] | None:
    """Return the program's exit code, a signal's number below 0, and its seconds of a processor; `None` while it runs."""
    ended, status, used = os.wait4(pid, os.WNOHANG)
    return (os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime) if ended else None


def _answer(said: Any) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _become(environment: Mapping[str, str], outputs: Sequence[str], folder: str, parent: int) -> None:
    """Take what a new process would have got from its parent."""
    if end_with_parent := die_with_parent():
        end_with_parent()
    if os.getppid() != parent:
        os._exit(1)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, name in enumerate((os.devnull, *outputs)):
        opened = os.open(name, os.O_RDWR | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115


if __name__ == "__main__" and (arguments := main()):
    run_python(arguments)
