"""Personal data in short texts is found as people write it; numbers of orders, dates and flights are not taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.text.personal_data import KINDS, MASK, find, mask


@pytest.mark.parametrize(
    ("text", "kind", "masked"),
    [
        ("mail ana.duarte+x@example.co.uk now", "mail", "mail •••• now"),
        ("ana (at) example.com.", "mail", "••••."),
        ("письмо иван@почта.рф", "mail", "письмо ••••"),
        ("Call +1 202 555 0143 today", "phone", "Call •••• today"),
        ("+44 7700 900123", "phone", "••••"),
        ("+٤٤ ٧٧٠٠ ٩٠٠١٢٣", "phone", "••••"),
        ("030 1234567 does not answer", "phone", "•••• does not answer"),
        ("mobile 01729876543", "phone", "mobile ••••"),
        ("(415) 555-0182", "phone", "••••"),
        ("415-555-0182", "phone", "••••"),
        ("06 12 34 56 78", "phone", "••••"),
        ("00 49 30 1234567", "phone", "••••"),
        ("call me on 5550182", "phone", "call me on ••••"),
        ("card 4111 1111 1111 1111 24", "card", "card •••• 24"),
        ("4111.1111.1111.1111", "card", "••••"),
        ("4111/1111/1111/1111", "card", "••••"),
        ("４１１１ １１１１ １１１１ １１１１", "card", "••••"),
        ("4111\u200d1111\u200d1111\u200d1111", "card", "••••"),
        ("Second charge on card 4417", "card", "Second charge on card ••••"),
        ("Karte endet auf 4417", "card", "Karte endet auf ••••"),
        ("DE89 3704 0044 0532 0130 00 failed", "document", "•••• failed"),
        ("iban de89370400440532013000", "document", "iban ••••"),
        ("passport no. C01X00T47", "document", "passport no. ••••"),
        ("ssn 536-90-4399", "document", "ssn ••••"),
        ("CPF 390.533.447-05", "document", "CPF ••••"),
        ("DNI 12345678Z", "document", "DNI ••••"),
        ("NI AB 12 34 56 C", "document", "NI ••••"),
        ("Cancel booking H3WR2T", "booking", "Cancel booking ••••"),
        ("h3wr2t please", "booking", "•••• please"),
        ("booking reference is QWERTY", "booking", "booking reference is ••••"),
    ],
)
def test_it_is_found_and_masked(text: str, kind: str, masked: str) -> None:
    assert {place.kind for place in find(text)} == {kind}
    assert mask(text) == masked
    assert mask(text, [other for other in KINDS if other != kind]) == text


@pytest.mark.parametrize(
    "text",
    [
        "Order 00123456789 shipped",
        "order number 10023456",
        "Invoice 0301234567",
        "tracking 123456789012345678",
        "Revenue grew by +100 000 000 last year",
        "2024-01-15 12",
        "01.02.2024 14:30",
        "build 2024 1130 0917",
        "Tue 02 20:17:00 CST 2026",
        "Exit 137 on port 8080",
        "Passport for 12 people",
        "Booking cancelled, refund for A320",
        "Flight LH1234 late",
        "ZD-48213 and INC0012345",
        "AWS us-east-1 down",
        "a@b and @home",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text) == text


def test_what_is_allowed_stays_though_it_looks_like_a_booking_code() -> None:
    assert mask("H3WR2T and K9ZZ4P", allowed=["h3wr2t"]) == f"H3WR2T and {MASK}"


@given(st.text(alphabet=st.sampled_from("0123456789+-. ()/@aZ•é４\u200dDE"), max_size=60))
def test_a_masked_text_has_none_left_and_stays(text: str) -> None:
    masked = mask(text)
    assert find(masked) == []
    assert mask(masked) == masked
