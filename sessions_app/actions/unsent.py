"""Unsent text of a person: kept while they type, and deleted when it is sent.

The newest words win, but nothing is lost: what another page or device of the same person wrote meanwhile is put beside them.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.one_statement import Steps, read_steps
from sessions_app.models import Message, Person, Session, UnsentText
from sessions_app.validation.text import normalized, trimmed

#: A late request to keep text that was sent is ignored for so long.
SLOWEST_SAVING = timedelta(minutes=1)


def of(session: Session, person: Person) -> UnsentText:
    """Return the person's unsent text in this conversation; an unsaved, empty row where there is none."""
    return read_steps(reading(session, person))


def reading(session: Session, person: Person) -> Steps[UnsentText]:
    """`of`, for a page that reads more with it."""
    found = (yield [UnsentText.objects.filter(session=session, person=person)])[0]
    return found[0] if found else UnsentText(session=session, person=person)


@transaction.atomic
def keep(session: Session, person: Person, kind: str, text: str, *, base: int = 0, page: str = "") -> UnsentText:
    """Store the content of the composer of `page`, which knew version `base`."""
    words = normalized(text)
    if not words.strip() and not UnsentText.objects.filter(session=session, person=person).exists():
        return of(session, person)
    row, _is_new = UnsentText.objects.select_for_update().get_or_create(session=session, person=person)
    if not row.text and _was_sent(session, person, words):
        # Saving was slower than sending.
        return row
    _put_aside(row, words, base=base, page=page)
    _write(row, kind, words, page)
    return row


def sent(session: Session, person: Person, kind: str, text: str, *, base: int = 0, page: str = "") -> None:
    """Empty the composer, in the transaction that sends its text.

    Raises `InvalidAction` when another page or an earlier click sent the same words; a page that knows of it may send them
    again.
    """
    # The row is made where there is none, so that words which are still being kept wait for it and find that they were sent.
    row, _is_new = UnsentText.objects.select_for_update().get_or_create(session=session, person=person)
    newest = _newest_message(session, person)
    is_the_same = newest is not None and newest.internal == (kind != "reply") and newest.content == trimmed(text)
    if is_the_same and row.version != base and not row.text:
        raise InvalidAction(_("You have sent these words already, perhaps on another device. Send once more to say it again."))
    _put_aside(row, normalized(text), base=base, page=page)
    _write(row, kind, "", page)


@transaction.atomic
def settle_elsewhere(session: Session, person: Person, kind: str, text: str, *, add: bool) -> UnsentText:
    """Add another page's text to `text`, or discard it; returns the composer's content."""
    row, _is_new = UnsentText.objects.select_for_update().get_or_create(session=session, person=person)
    words = _joined(normalized(text), row.elsewhere) if add else normalized(text)
    if add and row.elsewhere_is_private and kind == UnsentText.Kind.REPLY:
        # A note's text must not become part of a reply.
        kind = UnsentText.Kind.NOTE
    row.elsewhere, row.elsewhere_is_private = "", False
    _write(row, kind, words, row.page)
    return row


def _put_aside(row: UnsentText, words: str, *, base: int, page: str) -> None:
    """Keep the former text beside the new one, where another page wrote it and the new text does not contain it."""
    if row.elsewhere.strip() in words:
        row.elsewhere, row.elsewhere_is_private = "", False
    is_from_elsewhere = row.version != base and row.page != page
    if is_from_elsewhere and row.text.strip() and row.text.strip() not in words:
        row.elsewhere = _joined(row.elsewhere, row.text)
        row.elsewhere_is_private = row.elsewhere_is_private or row.kind != UnsentText.Kind.REPLY


def _write(row: UnsentText, kind: str, words: str, page: str) -> None:
    row.kind, row.text, row.page, row.updated_at = kind, words, page[:40], clock.now()
    row.version += 1
    row.save()


def _was_sent(session: Session, person: Person, words: str) -> bool:
    newest = _newest_message(session, person)
    since = clock.now() - SLOWEST_SAVING
    return newest is not None and newest.created_at >= since and newest.content.startswith(trimmed(words))


def _newest_message(session: Session, person: Person) -> Message | None:
    return session.messages.filter(person=person).order_by("-pk").first()


def _joined(*parts: str) -> str:
    return "\n\n".join(part.strip("\n") for part in parts if part.strip())
