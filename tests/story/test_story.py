"""The whole story in a real browser and the real program: a customer writes, an agent answers, people name, link and decide.

Once with a model behind the Responses API, once with the built-in offline responder.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.responses_server import ResponsesServer
from tests.story.program import Program, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]

#: Streams, workers and a delay of ten seconds before naming are waited for on a busy machine.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)


class Story:
    """Ana at her desk and a customer at home, each in a browser of their own."""

    def __init__(self, program: Program, browser: Browser) -> None:
        self.program = program
        self.faults: list[str] = []
        self.desk = self._open(browser)
        self.home = self._open(browser)

    def _open(self, browser: Browser) -> Page:
        page = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=self.program.address).new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        return page

    def ana_signs_in(self) -> None:
        self.desk.goto("/")
        self.desk.get_by_label("Email").fill("ana@desk.example")
        self.desk.get_by_label("Password").fill(self.program.password_of("ana@desk.example"))
        self.desk.get_by_role("button", name="Sign in").click()
        expect(self.desk.locator("#list-title")).to_contain_text("Decisions")

    def customer_writes_first(self, words: str) -> None:
        self.home.goto("/help/bookings/")
        self.home.get_by_label("Your name").fill("Nora Lind")
        self.home.locator("textarea").fill(words)
        self.home.get_by_role("button", name="Send", exact=True).click()
        expect(self.home).to_have_url(re.compile("/c/"))

    def customer_writes(self, words: str) -> None:
        self.home.locator("textarea").fill(words)
        self.home.get_by_role("button", name="Send", exact=True).click()

    def answers_at_home(self) -> int:
        return self.home.locator("#timeline .entry:not(.customer) .words").count()


def work_the_conversation(story: Story, *, ask: str, booking: str) -> None:
    desk, home = story.desk, story.home
    story.ana_signs_in()
    desk.goto("/open/")

    # A customer writes; the row appears in the open list by itself, and the answer reaches the customer.
    story.customer_writes_first("Hello, how many bags may I take along?")
    row = desk.locator(".row", has_text="Nora Lind")
    expect(row).to_be_visible()
    expect(home.locator("#timeline .words").nth(1)).to_be_visible()

    # The next answer streams into the conversation that Ana has open.
    row.locator("a.name").click()
    expect(desk.locator(".timeline .entry.customer")).to_have_count(1)
    story.customer_writes("And when can I check in?")
    expect(desk.locator(".timeline .entry.customer")).to_have_count(2)
    expect(desk.locator(".timeline .entry.run .run-foot")).to_have_count(2)
    expect(home.locator("#timeline .words")).to_have_count(4)

    # It is named by itself, then by hand; what a person gives is kept.
    name = desk.get_by_label("Conversation name")
    expect(name).not_to_have_value("")
    expect(desk.locator(".facts")).to_contain_text("Named by AI")
    name.fill("Bags and check-in")
    name.press("Enter")
    expect(desk.locator(".facts")).to_contain_text("Named by Ana Duarte")
    expect(desk.locator(".row.open a.name")).to_have_text("Bags and check-in")

    # It is linked to a ticket, whose chip opens the ticket.
    desk.keyboard.press("Escape")
    desk.get_by_role("button", name="Link ticket").click()
    desk.locator("#ticket-menu input[name=ticket]").fill("ZD-50001")
    desk.locator("#ticket-menu input[name=ticket]").press("Enter")
    chip = desk.locator(".facts a.chip", has_text="ZD-50001")
    expect(chip).to_have_attribute("href", "https://desk.example/tickets/ZD-50001")

    # A tool that needs a person's yes waits for it, runs once, and the customer is told.
    story.customer_writes(ask)
    card = desk.locator("section.decision", has_text="cancel_reservation")
    expect(card).to_contain_text(booking)
    before = home.locator("#timeline .words").count()
    card.get_by_role("button", name="Approve").dblclick()
    expect(desk.locator("ol.timeline")).to_contain_text("approved cancel_reservation")
    expect(home.locator("#timeline .words")).to_have_count(before + 1)
    eventually("the cancellation is in the airline's books", lambda: cancellations(story.program, booking) > 0)
    assert cancellations(story.program, booking) == 1


def cancellations(program: Program, booking: str) -> int:
    """How often the demo airline's books say that the booking was cancelled."""
    with sqlite3.connect(f"file:{program.folder / 'demo.sqlite3'}?mode=ro", uri=True) as books:
        query = "SELECT count(*) FROM actions WHERE tool = 'cancel_reservation' AND result LIKE ?"
        return int(books.execute(query, (f"%{booking}%",)).fetchone()[0])


def test_the_story_with_a_model_behind_the_responses_api(tmp_path: Path, demo_tables: Path, browser: Browser) -> None:
    with ResponsesServer(delay=0.01) as server:
        settings = {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": server.base_url}
        with Program(tmp_path / "var", demo_tables, **settings) as program:
            story = Story(program, browser)
            ask = 'Please run cancel_reservation(reference="H3WR2T", reason="plans changed")'
            work_the_conversation(story, ask=ask, booking="H3WR2T")
            assert story.faults == []
            assert server.rejections == []
    assert "Traceback" not in program.log
    assert program.process.returncode == 0


def test_the_story_with_the_offline_responder(tmp_path: Path, demo_tables: Path, browser: Browser) -> None:
    with Program(tmp_path / "var", demo_tables) as program:
        story = Story(program, browser)
        work_the_conversation(story, ask="Please cancel my booking H3WR2T, plans changed.", booking="H3WR2T")
        expect(story.desk.locator(".offline")).to_be_visible()
        assert story.faults == []
    assert "Traceback" not in program.log
    assert program.process.returncode == 0
