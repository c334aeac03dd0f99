"""`python -m bench.pages.ask REQUESTS ADDRESS …`: ask the program for pages, as Ben, in its own process without a network.

Prints, by address, the milliseconds of each request, those of the processor alone, and how many queries one took.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import django

from bench.pages.fill import EMAIL
from kern_inbox.processes.garbage import freeze_loaded_objects

WARM_UP = 5


def main() -> None:
    """The addresses take turns, so that noise hits all of them."""
    django.setup()
    from django.test import Client

    from sessions_app.models import Person

    requests, addresses = int(sys.argv[1]), sys.argv[2:]
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(Person.objects.get(email=EMAIL))
    asked: dict[str, dict[str, Any]] = {address: {"ms": [], "cpu": []} for address in addresses}
    for number in range(requests + WARM_UP):
        if number == WARM_UP:
            # As the web server does once it is loaded.
            freeze_loaded_objects()
        for address in addresses:
            milliseconds, processor, asked[address]["queries"] = _ask(client, address)
            if number >= WARM_UP:
                asked[address]["ms"].append(milliseconds)
                asked[address]["cpu"].append(processor)
    print(json.dumps(asked))


def _ask(client: Any, address: str) -> tuple[float, float, int]:
    from django.db import connection

    counted = 0

    def count(execute: Any, *rest: Any) -> Any:
        nonlocal counted
        counted += 1
        return execute(*rest)

    with connection.execute_wrapper(count):
        began, worked = time.perf_counter(), time.process_time()
        response = client.get(address)
        taken = (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000
    if response.status_code != 200:
        raise SystemExit(f"{address} answered {response.status_code}")
    return *taken, counted


if __name__ == "__main__":
    main()
