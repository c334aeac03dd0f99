"""How long a person who decides by keys waits for the next decision, in a real browser."""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from playwright.sync_api import Browser, Page

from bench.effort import Effort
from bench.faults.world import answers
from bench.pages.fill import EMAIL, PASSWORD
from bench.pages.installation import Installation, installation
from bench.paths import ROOT
from bench.report import Budget, CannotMeasureError, Section, Table, p95
from kern_inbox.run.embedded_redis import embedded_redis, free_port
from tests.chromium import started_chromium
from tests.servers import MissingServerError

PAINT_MS = 50
SESSIONS = 1_000
PATIENCE = 60
#: A person reads what they decide; meanwhile the next one is fetched ahead.
READING_MS = 700

#: From the key that is pressed until the frame is painted in which another conversation's decision stands on the screen.
WATCH = """
(() => {
  const shown = () => document.querySelector("#conversation .decision:not([hidden], .gone)")?.id;
  window.waits = [];
  const painted = new MessageChannel();
  painted.port1.onmessage = () => window.waits.push(performance.now() - began);
  let began = 0, before = "";
  addEventListener("keydown", (event) => {
    if (event.key !== "n" && event.key !== "a") return;
    [began, before] = [event.timeStamp, shown()];
    const look = () => {
      const now = shown();
      if (!now || now === before) { requestAnimationFrame(look); return; }
      // A message that is sent before a frame is painted arrives when it is.
      painted.port2.postMessage(null);
    };
    requestAnimationFrame(look);
  }, true);
})()
"""

NOTES = [
    "From the key (the event's own time) until the frame is painted in which another conversation's decision stands on the"
    " page. The program runs with its real web server and Redis on the same machine; Chromium is headless, 1440 × 900.",
    f"{READING_MS} ms are left between two keys for the next decision to be fetched ahead. N only looks at the next. A"
    " approves, and the next one opens while that is being stored; at the end every approval is looked up in the database.",
]


def measure(effort: Effort) -> Section:
    """Press N, then A, through a queue of decisions."""
    section = Section("Deciding by key", notes=list(NOTES))
    try:
        with installation("sqlite", "keys") as there, started_chromium(as_people_use_it=True) as browser:
            there.run("bench.pages.fill", SESSIONS, 2 * effort.keys + 5, 0)
            with _web(there) as address:
                _measured(section, browser, address, effort.keys)
            _all_stored(there, effort.keys)
    except MissingServerError as missing:
        raise CannotMeasureError(str(missing)) from missing
    return section


def _measured(section: Section, browser: Browser, address: str, keys: int) -> None:
    page = _signed_in(browser, address)
    waits = {
        "N, the next one": _press(page, "n", keys),
        "A, approve and the next one": _press(page, "a", keys),
    }
    # The last approval is still on its way.
    page.wait_for_timeout(READING_MS)
    section.tables.append(
        Table(
            f"{keys} keys each",
            ("key", "median ms", "p95 ms", "slowest ms"),
            [
                [what, *(f"{value:.0f}" for value in (statistics.median(taken), p95(taken), max(taken)))]
                for what, taken in waits.items()
            ],
        )
    )
    data = f"{SESSIONS:,} sessions, median of {keys}"
    section.budgets += [
        Budget(f"key to paint, {what[0]}", PAINT_MS, statistics.median(taken), " ms", data) for what, taken in waits.items()
    ]


def _all_stored(there: Installation, approvals: int) -> None:
    """Raises `CannotMeasureError` where a screen went on and the database did not."""
    with closing(sqlite3.connect(there.folder / "inbox.sqlite3")) as database:
        query = "SELECT count(*) FROM sessions_app_requirement WHERE status = 'approved'"
        stored = database.execute(query).fetchone()[0]
    if stored != approvals:
        raise CannotMeasureError(f"{approvals} approvals were made and {stored} are stored")


def _signed_in(browser: Browser, address: str) -> Page:
    page = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}, bypass_csp=True).new_page()
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator(".row .name").first.click()
    page.locator("#conversation .decision h3").first.focus()
    page.evaluate(WATCH)
    return page


def _press(page: Page, key: str, times: int) -> list[float]:
    """Milliseconds from each key to the next decision."""
    page.evaluate("window.waits.length = 0")
    for number in range(times):
        page.wait_for_timeout(READING_MS)
        page.keyboard.press(key)
        end = time.monotonic() + PATIENCE
        while page.evaluate("window.waits.length") <= number:
            if time.monotonic() > end:
                raise CannotMeasureError(f"after {number} times the key {key} opened nothing any more")
            page.wait_for_timeout(20)
    return list(page.evaluate("window.waits"))


@contextmanager
def _web(there: Installation) -> Iterator[str]:
    """The address of a web process on the database, with a Redis beside it."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "kern_inbox.asgi:application", "--host", "127.0.0.1", "--port", str(port)]
    with embedded_redis(there.folder / "redis") as redis, (there.folder / "web.log").open("ab") as log:
        environment = {**there.environment, "REDIS_URL": redis}
        process = subprocess.Popen(
            [*command, "--no-access-log", "--timeout-graceful-shutdown", "1"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            end = time.monotonic() + PATIENCE
            while not answers(port):
                if time.monotonic() > end or process.poll() is not None:
                    raise CannotMeasureError("the web process did not start")
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()
