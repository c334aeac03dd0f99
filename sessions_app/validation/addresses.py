"""Ids in web addresses. Callers choose the ids of sessions, so every id that can be stored has an address of its own."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.urls import register_converter
from django.urls.converters import StringConverter

#: An address's part that begins so is the id's UTF-8 in base64url, without padding.
ENCODED = "~"
#: The API's paths below a session. Servers undo an address's %2F, so an id that ends like this would be another's address.
BELOW_SESSION = frozenset(
    (
        "ai-mode",
        "ask-for-person",
        "assignee",
        "customer",
        "drafts",
        "hand-back",
        "hand-overs",
        "labels",
        "link",
        "mentions",
        "messages",
        "name",
        "needs-person",
        "notes",
        "priority",
        "questions",
        "queue",
        "replies",
        "requirements",
        "runs",
        "status",
        "take-over",
        "tickets",
        "unread",
    )
)


def has_plain_address(key: str) -> bool:
    """Return whether a percent-encoded id arrives unchanged in an address, and leads to no other page.

    Clients and servers take `.` and `..` and empty parts out of a path, some decode `%` twice or turn `\\` into `/`; and
    `a/messages` leads to the messages of `a`.
    """
    parts = key.split("/")
    is_below_another = parts[-1] in BELOW_SESSION and len(parts) > 1
    is_part_of_another = parts[-2:-1] in (["tickets"], ["labels"]) and len(parts) > 2
    is_changed_on_the_way = bool({"", ".", ".."} & set(parts)) or "\\" in key or "%" in key or not key.isprintable()
    return not (is_below_another or is_part_of_another or is_changed_on_the_way or key.startswith(ENCODED))


def in_address(key: str) -> str:
    """Return the id as it stands in an address, before percent-encoding."""
    return key if has_plain_address(key) else ENCODED + urlsafe_b64encode(key.encode()).decode().rstrip("=")


def from_address(part: str) -> str:
    """Return the id of an address's part. Raises `ValueError` for an invalid one."""
    if not part.startswith(ENCODED):
        return part
    encoded = part.removeprefix(ENCODED)
    key = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    if not key or "\x00" in key:
        raise ValueError("no id is like this")
    return key


class KeyConverter(StringConverter):
    """URL converter of a session's or run's id: anything its caller chose, except characters that no database stores."""

    regex = r"[^\x00]+"

    def to_python(self, value: str) -> str:
        return from_address(value)

    def to_url(self, value: str) -> str:
        return in_address(value)


register_converter(KeyConverter, "key")
