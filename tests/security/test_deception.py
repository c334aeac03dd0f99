"""Words of models and customers do not read as something else, on cards, in lists and in spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest

from tests.responses_server import Calls, Text
from tests.security.conftest import ANA, Attacked

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

#: Reads as "ACME Ltd, invoice of 1,000" where a browser obeys its controls.
DECEIVING = "ACME \u202e000,1 fo eciovni\u202c Ltd\u200b\u2066"
CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\U000e0000-\U000e007f]")
ACTING, NUMBER = re.compile(r"[\s\u200b]*[=+\-@＝＋－＠]"), re.compile(r"-?[\d.]+")
FORMULAS = ("=1+1", ";=1+1", "\t=1+1", "＝1+1", '"; =cmd|"/C calc"!A0', "+49", "@SUM(1)", "-2+3", "\u200b=1+1")


def test_controls_do_not_act_on_a_card_in_a_list_or_on_the_customers_page(
    attacked: Attacked, eventually: Callable[..., None]
) -> None:
    arguments = {"reference": "H3WR2T", "reason": DECEIVING}
    attacked.model.reply_with(Calls([("cancel_reservation", arguments)]), Text(f"Done {DECEIVING}"))
    customer, ana = attacked.customer(), attacked.person(ANA)
    secret = customer.writes_first(f"Please cancel H3WR2T {DECEIVING}", name=f"Nora {DECEIVING}")
    eventually("the card is there", lambda: "cancel_reservation" in ana.get("/decisions/").text)
    rows = re.findall(r'href="(/decisions/[^"/]+/)', ana.get("/decisions/").text)
    cards = [page for page in (ana.get(path) for path in rows) if "eciovni" in page.text]
    assert cards
    for page in (*cards, ana.get("/decisions/"), ana.get("/open/"), customer.get(f"/c/{secret}/")):
        assert not CONTROLS.search(page.text), f"{page.url}: {CONTROLS.findall(page.text)}"
    assert "U+202E" in cards[0].text


def test_a_spreadsheet_of_any_country_runs_nothing(attacked: Attacked) -> None:
    ana = attacked.person(ANA)
    write = (
        "from sessions_app.models import Decision\n"
        f"for words in {FORMULAS!r}:\n"
        "    Decision.objects.create(tool_name='refund', verdict='rejected', actor=words, note=words, queue_slug='bookings')\n"
    )
    attacked.program.manage("shell", "-c", write)
    text = ana.get("/reports/decisions.csv?days=all").text.lstrip("\ufeff")
    for separator in (",", ";", "\t", "|"):
        cells = [cell for row in csv.reader(io.StringIO(text), delimiter=separator) for cell in row]
        acting = [cell for cell in cells if ACTING.match(cell) and not NUMBER.fullmatch(cell)]
        assert not acting, (separator, acting)


def test_a_customer_knows_before_the_first_word_that_an_ai_answers(attacked: Attacked) -> None:
    page = attacked.customer().get("/help/bookings/").text
    before_form = page[: page.index("<textarea")]
    assert re.search(r"\bAI\b", before_form)
    assert re.search(r"person", before_form)
