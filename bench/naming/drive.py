"""`python -m bench.naming.drive SESSIONS FOLDER`: run a naming job in a whole installation; prints the numbers as JSON."""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.naming.fill import PERSONS
from bench.naming.processes import Processes, slow_model

if TYPE_CHECKING:
    from sessions_app.models import Job

MODEL_SECONDS = 1.0
#: Requests of the list, and customers' questions, while nothing else happens.
AT_REST, CUSTOMERS_AT_REST = 100, 5
#: Pauses (seconds) between what the second person and the customer do during the job.
LOOKS_EVERY, ASKS_EVERY = 0.2, 2.0
PATIENCE = 1_800
VICTIMS = ("naming", "web", "Redis")


def main() -> None:
    """Measure a job, undo it, and run another one that loses its processes."""
    count, folder = int(sys.argv[1]), Path(sys.argv[2])
    processes = Processes(folder)
    processes.redis.start()
    with slow_model(MODEL_SECONDS) as address:
        os.environ |= {"REDIS_URL": processes.redis.url, "OPENAI_BASE_URL": address, "OPENAI_API_KEY": "local"}
        try:
            print(json.dumps(_measured(processes, count)))
        finally:
            processes.end()


def _measured(processes: Processes, count: int) -> dict[str, Any]:
    import django

    django.setup()
    from bench.naming import fill
    from sessions_app.models import Session

    ben = fill.people()
    fill.conversations(count)
    processes.start()
    person = Watcher(processes.port, ben)
    found: dict[str, Any] = {"list at rest": person.look(AT_REST), "customer at rest": person.ask(CUSTOMERS_AT_REST)}
    job = _planned(ben)
    found["wanted"] = job.to_do
    with person.during() as seen:
        found["seconds"] = _run(job)
    found |= seen | {"counts": _counts(job), "wrong": _wrong()}
    found["undo seconds"] = _undo(job)
    found["undone"] = _counts(job)
    Session.objects.filter(name_locked=False).update(name_version=0)
    killed = _planned(ben)
    found["killed seconds"] = _run(killed, lambda: _kill(processes))
    found |= {"killed counts": _counts(killed), "killed wrong": _wrong()}
    return found


class Watcher:
    """A second person who looks at the list, and a customer who asks; times in milliseconds and seconds."""

    def __init__(self, port: int, person: Any) -> None:
        from django.test import Client

        from sessions_app.models import ApiToken

        client = Client()
        client.force_login(person)
        self._port = port
        self._cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        self._token = ApiToken.make("customers", person, scopes=["read", "write"])[1]
        self._number = 0

    def look(self, times: int) -> list[float]:
        return [self._look() for _ in range(times)]

    def ask(self, times: int) -> list[float]:
        return [self._ask() for _ in range(times)]

    @contextmanager
    def during(self) -> Iterator[dict[str, list[float]]]:
        """Look and ask beside the block; the dict is filled meanwhile."""
        seen: dict[str, list[float]] = {"list": [], "customer": []}
        over = threading.Event()

        def repeat(act: Callable[[], float], kept: list[float], pause: float) -> None:
            while not over.wait(pause):
                kept.append(act())

        threads = [
            threading.Thread(target=repeat, args=(self._look, seen["list"], LOOKS_EVERY)),
            threading.Thread(target=repeat, args=(self._ask, seen["customer"], ASKS_EVERY)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield seen
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _look(self) -> float:
        began = time.perf_counter()
        web = HTTPConnection("127.0.0.1", self._port, timeout=60)
        web.request("GET", "/open/", headers={"Cookie": self._cookie})
        answer = web.getresponse()
        answer.read()
        web.close()
        assert answer.status == 200, answer.status
        return (time.perf_counter() - began) * 1000

    def _ask(self) -> float:
        """A question over the API until its answer is stored; returns seconds beyond the model's own."""
        from django.db import connection

        from sessions_app.models import Message

        self._number += 1
        key = f"asks-{self._number}-{random.randrange(10**9)}"
        began = time.perf_counter()
        self._post("/api/sessions", {"session_id": key, "queue": "bookings", "user_id": key})
        self._post(f"/api/sessions/{key}/messages", {"content": "Where is my bag?"})
        while not Message.objects.filter(session__session_id=key, role="assistant").exists():
            time.sleep(0.02)
        seconds = time.perf_counter() - began - MODEL_SECONDS
        connection.close()
        return seconds

    def _post(self, path: str, body: dict[str, str]) -> None:
        web = HTTPConnection("127.0.0.1", self._port, timeout=60)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        web.request("POST", path, json.dumps(body), headers)
        answer = web.getresponse()
        said = answer.read()
        web.close()
        assert answer.status < 300, said


def _planned(person: Any) -> Job:
    from sessions_app.jobs import planning
    from sessions_app.jobs.planning import Wanted
    from sessions_app.models import Session

    keys = Session.objects.order_by("pk").values_list("pk", flat=True)
    return planning.plan("name", [Wanted(key) for key in keys], {}, person=person)


def _run(job: Job, meanwhile: Callable[[], None] | None = None) -> float:
    from sessions_app.jobs import control

    began = time.monotonic()
    control.start(job)
    if meanwhile:
        meanwhile()
    _until_over(job)
    return time.monotonic() - began


def _undo(job: Job) -> float:
    from sessions_app.jobs import control

    began = time.monotonic()
    control.undo(job)
    _until_over(job)
    return time.monotonic() - began


def _until_over(job: Job) -> None:
    end = time.monotonic() + PATIENCE
    while job.is_working:
        assert time.monotonic() < end, "the job never ended"
        time.sleep(0.2)
        job.refresh_from_db()


def _kill(processes: Processes) -> None:
    """Kill each process twice, and start it again."""
    for name in VICTIMS * 2:
        time.sleep(3)
        processes.kill(name)
        time.sleep(0.5)
        processes.revive(name)


def _counts(job: Job) -> dict[str, int]:
    job.refresh_from_db()
    return {name: getattr(job, name) for name in ("total", "to_do", "done", "skipped", "failed", "undone", "kept")}


def _wrong() -> dict[str, int]:
    """Count the sessions that were not named exactly once, and persons' names that were touched."""
    from django.db.models import Count

    from sessions_app.models import Session

    asked = Session.objects.exclude(user_id__startswith="asks-")
    changed = Count("changes", filter=_renamed_since())
    return {
        "not named": asked.filter(name_locked=False).exclude(name_version=1).count(),
        "renamed twice": asked.annotate(times=changed).filter(times__gt=1).count(),
        "persons touched": asked.filter(name_locked=True).exclude(name=PERSONS).count(),
    }


def _renamed_since() -> Any:
    from django.db.models import Q

    from sessions_app.changes.kinds import Kind
    from sessions_app.models import Job

    began = Job.objects.exclude(started_at=None).latest("started_at").started_at
    return Q(changes__kind=Kind.NAME_CHANGED, changes__created_at__gte=began)


if __name__ == "__main__":
    main()
