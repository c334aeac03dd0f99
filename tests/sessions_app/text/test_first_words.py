"""The first words that say something stand in for a name, in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kern.validation.text import is_one_line
from sessions_app.text.first_words import LONGEST, first_words

MAIL = """Dear Sir or Madam,

my bag with the tag LH123 never arrived in
Lisbon. Please help.

Best regards
Marta

--
Marta Kowalska, Head of Bags
"""
REPLY = """Where is my refund?

On Mon, 3 May 2024 at 10:00, The Desk <desk@example.com>
wrote:
> Your refund is on its way
"""
GERMAN_REPLY = """Hallo,

Am 3.5.2024 um 12:03 schrieb Ben <ben@example.com>:
> Ihr Paket ist da
"""
FORWARDED = """Hi, fyi

---------- Forwarded message ---------
From: Airline <no-reply@example.com>
Date: Mon, 3 May 2024
Subject: Re: Fwd: Your booking is cancelled
To: me

Dear customer, your flight is cancelled.
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("My blue parcel from Monday is late", "My blue parcel from Monday is late"),
        ("Hi there! I want to cancel. Thanks!", "I want to cancel"),
        ("Hello\n\n  there,  my dear people of the shop", "There, my dear people of the shop"),
        ("Good morning, thanks for your help. Can you refund booking K7QX2M?", "Can you refund booking K7QX2M?"),
        ("Hi Anna, hope you're well. Where is my parcel?", "Where is my parcel?"),
        ("Hi, highlights are broken", "Highlights are broken"),
        (MAIL, "My bag with the tag LH123 never arrived in Lisbon"),
        (REPLY, "Where is my refund?"),
        (FORWARDED, "Your booking is cancelled"),
        ("From: A\nSubject: AW: Lost bag\n\nHi,\n\n--\nMarta", "Lost bag"),
        ("Guten Tag, mein Koffer fehlt seit gestern. Viele Grüße", "Mein Koffer fehlt seit gestern"),
        ("Bonjour, où est mon colis ?", "Où est mon colis ?"),
        ("Здравствуйте! Мой багаж потерян", "Мой багаж потерян"),
        ("你好，我的行李丢了，怎么办？", "我的行李丢了，怎么办？"),
        ("こんにちは。荷物が届きません。", "荷物が届きません"),
        ("مرحبا، حقيبتي ضاعت", "حقيبتي ضاعت"),
        ("สวัสดีครับ กระเป๋าหาย", "กระเป๋าหาย"),
        ("می‌خواهم 👨‍👩‍👧 Reise\u2028heute", "می‌خواهم 👨‍👩‍👧 Reise heute"),
        ("🎒 lost my bag 🎒", "🎒 lost my bag 🎒"),
        (
            "I am on the way to the airport and the app shows a flight that I never booked",
            "I am on the way to the airport and the app shows a flight",
        ),
    ],
)
def test_what_says_little_is_passed_over(text: str, words: str) -> None:
    assert first_words(text) == words


@pytest.mark.parametrize("text", ["", "Hello!", "Thanks, ok", "> quoted\n> only", "Sent from my iPhone", "...", GERMAN_REPLY])
def test_where_nothing_is_said_there_are_no_words(text: str) -> None:
    assert first_words(text) == ""


@given(st.text(max_size=300))
def test_any_text_gives_one_short_line(text: str) -> None:
    words = first_words(text)
    assert len(words) <= LONGEST + 1
    assert is_one_line(words) or not words
