"""Take docs/screenshots/ anew: start the program with its demo in a fresh folder, sign in, picture every page.

`make screenshots` (or `.venv/bin/python -m docs.take_screenshots [FOLDER [NAME …]]`). Each page is taken light, dark and on a
phone; with names only these.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize

from tests.chromium import started_chromium
from tests.story.program import Program

HERE = Path(__file__).parent / "screenshots"
LOOKS: dict[str, tuple[str, ViewportSize]] = {
    "light": ("light", {"width": 1440, "height": 900}),
    "dark": ("dark", {"width": 1440, "height": 900}),
    "phone": ("light", {"width": 390, "height": 844}),
}


@dataclass
class Shot:
    """One page: where it is, whether one must be signed in, and what to do before the picture."""

    name: str
    path: str
    signed_in: bool = True
    prepare: Callable[[Page], object] = Page.content


def press(*keys: str) -> Callable[[Page], object]:
    return lambda page: [page.keyboard.press(key) for key in keys]


def wait_for(words: str) -> Callable[[Page], object]:
    """What a script writes after the page is loaded."""
    return lambda page: page.get_by_text(words).first.wait_for()


def customer_conversation(page: Page) -> None:
    page.get_by_label("Your name").fill("Nora Lind")
    page.locator("textarea").fill("Hello, how many bags may I take along?")
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator("#timeline .words").nth(1).wait_for()


def unfold(page: Page) -> None:
    """What the team's members did."""
    for step in page.locator(".timeline details.step").all():
        step.locator("summary").first.click()


def story(page: Page) -> None:
    """The story of a call that was approved and ran."""
    page.goto("/requirements/1/")


def select_rows(page: Page) -> None:
    """Three rows are ticked, and the bar of actions on them is there."""
    for number in range(3):
        page.locator(".row input[type=checkbox]").nth(number).check(force=True)


def palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette-options .option").first.wait_for()


def wide(page: Page) -> None:
    """The list as a table; the person's list is narrow again afterwards, for the pages to come."""
    page.get_by_role("button", name="Wide", exact=True).click()
    page.locator(".wide-table").wait_for()


def narrow(page: Page) -> None:
    page.get_by_role("button", name="Narrow", exact=True).click()
    page.locator(".wide-table").wait_for(state="detached")


SHOTS = [
    Shot("sign-in", "/accounts/login/", signed_in=False),
    Shot("decisions", "/decisions/"),
    Shot("decision", "/decisions/demo-marta/"),
    Shot("decision-editing", "/decisions/demo-marta/?edit=1", prepare=press("e")),
    Shot("conversation", "/open/demo-priya/"),
    Shot("conversation-details", "/open/demo-samuel/?details=1"),
    Shot("failed-run", "/open/demo-diego/"),
    Shot("team", "/open/demo-samuel/", prepare=unfold),
    Shot("story", "/open/demo-priya/", prepare=story),
    Shot("rules", "/rules/"),
    Shot("names", "/names/"),
    Shot("tickets", "/tickets/"),
    Shot("merge", "/merge/?a=demo-marta&b=demo-marta-again"),
    Shot("bulk", "/open/", prepare=select_rows),
    Shot("jobs", "/jobs/"),
    Shot("setup", "/setup/"),
    Shot("setup-tickets", "/setup/tickets/new/?preset=zendesk"),
    Shot("setup-naming", "/setup/naming/"),
    Shot("setup-policies", "/setup/policies/?queue=refunds&tool=refund_payment"),
    Shot("setup-webhooks", "/setup/webhooks/new/"),
    Shot("reports", "/reports/"),
    Shot("open", "/open/"),
    Shot("needs-person", "/needs-person/"),
    Shot("search", "/search/?q=refund"),
    Shot("closed", "/closed/"),
    Shot("nothing-found", "/open/?q=nothing+of+the+kind"),
    Shot("palette", "/open/demo-marta/", prepare=palette),
    Shot("wide", "/open/", prepare=wide),
    Shot("narrow", "/open/", prepare=narrow),
    Shot("customer-panel", "/open/demo-marta/?details=1"),
    Shot("start-conversation", "/sessions/new/?like=demo-marta"),
    Shot("keyboard-help", "/decisions/", prepare=press("?")),
    Shot("customer-writes", "/help/bookings/", signed_in=False),
    Shot("customer-reads", "/help/bookings/", signed_in=False, prepare=customer_conversation),
    Shot("api", "/api/docs", prepare=wait_for("Authorize")),
    Shot("admin", "/admin/"),
]


def sign_in(page: Page, password: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("ana@desk.example")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/decisions/**")


def take(browser: Browser, program: Program, look: str, folder: Path, names: list[str]) -> None:
    """Every page in one look, or those with these names."""
    scheme, viewport = LOOKS[look]
    options = {"color_scheme": scheme, "viewport": viewport, "base_url": program.address, "reduced_motion": "reduce"}
    inside, outside = (browser.new_context(**options).new_page() for _ in range(2))  # type: ignore[arg-type]
    sign_in(inside, program.password_of("ana@desk.example"))
    for shot in SHOTS if not names else [shot for shot in SHOTS if shot.name in names]:
        page = inside if shot.signed_in else outside
        page.goto(shot.path)
        shot.prepare(page)
        page.wait_for_timeout(600)
        page.screenshot(path=folder / f"{shot.name}-{look}.png")
        print(f"{shot.name}-{look}.png")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as var,
        Program(Path(var)) as program,
        started_chromium(as_people_use_it=True) as browser,
    ):
        for look in LOOKS:
            take(browser, program, look, folder, sys.argv[2:])


if __name__ == "__main__":
    main()
