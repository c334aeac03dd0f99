"""One parser of row numbers, and no page fails for a number that no row can have."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from kern.testing import call
from sessions_app.models import Person, Requirement, Session
from sessions_app.validation.numbers import row_number, row_numbers

HTMX = {"HX-Request": "true"}
#: No numbers of rows; Python itself refuses to read the last one.
NO_NUMBERS = ("", "x", "-1", "+1", "1.0", " 1", "1\n", "٣", "²", "1_0", "9" * 19, "9" * 5000)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_no_row_can_have_is_no_row_number(text: str) -> None:
    assert row_number(text) is None


def test_a_row_number_is_digits_that_every_database_can_compare() -> None:
    assert (row_number("0"), row_number("0042"), row_number("9" * 18)) == (0, 42, 10**18 - 1)
    assert row_numbers(["7", "x", "8"]) == [7, 8]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_no_page_fails_for_such_a_number(
    text: str, client: Client, ana: Person, session: Session, asked: Callable[..., Requirement]
) -> None:
    ask = asked(call("refund", order="7", cents=500))
    client.force_login(ana)
    client.raise_request_exception = False
    page, decision = f"/sessions/{session.session_id}/", f"/requirements/{ask.pk}/decision/"
    named = dict.fromkeys(("new", "before", "since", "until", "offer", "draft", "shown", "revert", "days"), text)
    read = (f"/open/{session.session_id}/", f"{page}timeline/", f"{page}decisions/", "/decisions/", "/list/open/", "/reports/")
    answers = [client.get(address, named) for address in read]
    answers += [client.get("/reports/decisions.csv", {"days": text})]
    answers += [client.post(decision, {"answer": "reject", "seen": text}, headers=headers) for headers in ({}, HTMX)]
    answers += [client.post("/requirements/together/", {"requirement": f"{text}:{text}"})]
    answers += [client.post(f"{page}assignee/", {"assignee": text}), client.post(f"{page}name/", {"restore": text})]
    answers += [client.post(f"{page}messages/", {"kind": "reply", "body": "Hi", "seen": text}, headers=HTMX)]
    answers += [client.post("/profile/devices/", {"end": text})]
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
