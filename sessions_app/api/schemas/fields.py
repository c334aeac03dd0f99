"""Types that nouns share: text, ids, moments, and how far a program has read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from ninja import Field
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints

from kern.validation.text import is_visible
from sessions_app.validation.json_values import check_text
from sessions_app.validation.text import LONGEST_TEXT, too_long, trimmed

LARGEST_NUMBER = 2**63 - 1


def _email(text: str) -> str:
    try:
        if text:
            validate_email(text)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from error
    return text


def _long_text(text: str) -> str:
    words = trimmed(text)
    if trouble := too_long(words):
        raise ValueError(trouble)
    return words


def _words(text: str) -> str:
    if not is_visible(text):
        raise ValueError(_("must not be empty"))
    return _long_text(text)


def _number_as_text(key: Any) -> Any:
    return str(key) if isinstance(key, int) and not isinstance(key, bool) else key


def _plain_line(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError(_("must be one line of plain text without spaces at its ends"))
    return text


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(_("is no moment that can be stored")) from error


Text = Annotated[str, AfterValidator(check_text)]
#: Without the spaces at its ends, which do not count.
Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(check_text)]
Email = Annotated[Line, AfterValidator(_email)]
#: Described and not checked by pydantic: a line end counts as one character, however it was sent.
LENGTH: dict[str, Any] = {"maxLength": LONGEST_TEXT}
LongText = Annotated[str, AfterValidator(check_text), AfterValidator(_long_text)]
Words = Annotated[str, AfterValidator(check_text), AfterValidator(_words)]
#: An id of the caller's; a number counts as its digits.
Id = Annotated[str, AfterValidator(check_text), AfterValidator(_plain_line), BeforeValidator(_number_as_text)]
Seen = Annotated[int, Field(ge=0, le=LARGEST_NUMBER, description="The `last_change` of the session as you know it.")]
OptionalSeen = Annotated[
    int | None,
    Field(
        ge=0,
        le=LARGEST_NUMBER,
        description="The session's `last_change` as you know it: with it, what happened since stops this (409 `newer`).",
    ),
]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
