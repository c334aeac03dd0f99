"""The system's Chromium, started for tests and screenshots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.servers import chromium

#: Without the background flags it asks for hosts that no test machine reaches.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def started_chromium(*, as_people_use_it: bool = False) -> Iterator[Browser]:
    """A headless browser that is gone after the block. Raises `MissingServerError`.

    What is measured or shown is so in the browser that people use; tests take a cheaper one where it is installed.
    Playwright's synchronous interface keeps an event loop in this thread as long, and a thread holds only one: no two at once.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(as_people_use_it=as_people_use_it), args=list(ARGUMENTS))
        yield browser
        browser.close()
