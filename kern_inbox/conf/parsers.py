"""Parsers of environment variables. Each raises `ValueError` with the expected form."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

import environ
from redis.connection import parse_url

BASE_DIR = Path(__file__).resolve().parents[2]
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
YES_AND_NO = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
DATABASE_SCHEMES = ("sqlite", "postgres", "postgresql")
REDIS_SCHEMES = ("redis", "rediss", "unix")
#: Keys of hexadecimal digits have 16 different characters at most, of which 32 random ones show 10 or more.
LEAST_DISTINCT = 8
#: The languages of the pages, each with its own name.
LANGUAGES = {"en": "English"}
# As Django compares them with what a browser asks for: without a port, IPv6 in brackets.
ALLOWED_HOST = re.compile(r"\*|\.?[a-z0-9-]+(\.[a-z0-9-]+)*\.?|\[[0-9a-f:.]+\]", re.IGNORECASE)
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.IGNORECASE)


def yes_or_no(text: str) -> bool:
    """Parse a boolean. Anything but the usual words is an error rather than a silent no."""
    try:
        return YES_AND_NO[text.lower()]
    except KeyError:
        raise ValueError("must be 1 or 0 (also true/false, yes/no, on/off)") from None


def words(text: str) -> list[str]:
    """Parse a list separated by commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return a parser for whole numbers from `least` to `most`, both included."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"-?\d{1,12}", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return parse


def split_url(text: str, schemes: tuple[str, ...], example: str) -> SplitResult:
    """Split a URL. Raises `ValueError` naming an `example` when the scheme is another or the port is no number."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        # Python's message repeats the part it cannot read, which may be of a password with a slash or a colon in it.
        raise ValueError(
            f"is not a URL: its host or its port cannot be read; write it like {example}, "
            "and signs such as / : @ # in a password as %2F %3A %40 %23"
        ) from None
    if parts.scheme not in schemes:
        raise ValueError(f"must start with {' or '.join(f'{scheme}://' for scheme in schemes)}; write it like {example}")
    return parts


def database_url(text: str) -> dict[str, Any]:
    """Parse the address of a SQLite or PostgreSQL database to Django's description."""
    example = "postgresql://user:password@host:5432/name or sqlite:////folder/file.sqlite3"
    parts = split_url(text, DATABASE_SCHEMES, example)
    if parts.path in ("", "/"):
        raise ValueError(f"names no database; write it like {example}")
    if ":memory:" in parts.path:
        raise ValueError(f"must be a file, as every process would have a memory of its own; write it like {example}")
    return dict(environ.Env.db_url_config(text))


def redis_url(text: str) -> str:
    """Check the address of a Redis server; it stays unchanged."""
    example = "redis://:password@host:6379/0 or unix:///run/redis.sock?db=0"
    parts = split_url(text, REDIS_SCHEMES, example)
    is_socket = parts.scheme == "unix"
    if bool(parts.hostname) == is_socket or (is_socket and parts.path in ("", "/")):
        raise ValueError(f"names no server; write it like {example}")
    if not is_socket and not re.fullmatch(r"/?\d{0,4}", parts.path):
        raise ValueError(f"must end in the number of a database; write it like {example}")
    try:
        parse_url(text)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    except ValueError as problem:
        raise ValueError(f"has a wrong option ({problem}); write it like {example}") from None
    return text


def web_url(text: str) -> str:
    """Parse an http or https address; a slash at its end is removed."""
    example = "https://api.openai.com/v1"
    if not split_url(text, ("http", "https"), example).hostname:
        raise ValueError(f"names no server; write it like {example}")
    return text.rstrip("/")


def hosts(text: str) -> list[str]:
    """Parse host names as browsers send them; `.example.com` stands for all below it, `*` for any."""
    for name in words(text):
        if not ALLOWED_HOST.fullmatch(name):
            raise ValueError("must list host names like inbox.example.com, without https:// and port, separated by commas")
    return words(text)


def inside_hosts(text: str) -> list[str]:
    """Parse host names or addresses, each with or without a port."""
    for name in words(text):
        host, _colon, port = name.rpartition(":") if re.search(r"(^[^:]+|\]):\d+$", name) else (name, "", "1")
        known = HOST_NAME.fullmatch(host) or re.fullmatch(r"\[[0-9a-f:.]+\]", host, re.IGNORECASE)
        if not known or not 1 <= int(port) <= 65535:
            raise ValueError("must list hosts like ledger.internal, 127.0.0.1:9000 or [::1], separated by commas")
    return words(text)


def listening_address(text: str) -> str:
    """Parse an IP address or a host name; IPv6 with or without brackets."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return str(ip_address(bare))
    except ValueError:
        if not HOST_NAME.fullmatch(text):
            raise ValueError("must be an address of this machine, like 127.0.0.1, 0.0.0.0 or ::1") from None
    return text


def origins(text: str) -> list[str]:
    """Parse origins as browsers send them: scheme and host, nothing after."""
    for origin in words(text):
        if not re.fullmatch(r"https?://[^/\s]+", origin):
            raise ValueError("must list origins like https://inbox.example.com, separated by commas")
    return words(text)


def desk_path(text: str) -> str:
    """Parse `module:object`. It is imported when the desk is loaded, not here."""
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", text):
        raise ValueError("must be module:object, for example my_desk:desk")
    return text


def email_url(text: str) -> dict[str, Any]:
    """Parse the address of a mail server to Django's settings."""
    example = "smtp+tls://user:password@mail.example.com:587"
    parts = split_url(text, ("smtp", "smtp+tls", "smtp+ssl", "consolemail"), example)
    if not parts.hostname and parts.scheme != "consolemail":
        raise ValueError(f"names no server; write it like {example}")
    return dict(environ.Env.email_url_config(text))


def log_level(text: str) -> str:
    """Parse a level's name; returns it in capitals."""
    if text.upper() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return text.upper()


def time_zone(text: str) -> str:
    """Parse the name of a time zone that this machine knows."""
    if text not in available_timezones():
        raise ValueError("must be the name of a time zone, for example Europe/Berlin")
    return ZoneInfo(text).key


def language(text: str) -> str:
    """Parse the code of a language that pages can be read in."""
    if text not in LANGUAGES:
        raise ValueError(f"must be one of the languages there are: {', '.join(LANGUAGES)}")
    return text


def secret_key(text: str) -> str:
    """Check that a key is long enough not to be guessed."""
    if len(text) < 32:
        raise ValueError("must have at least 32 characters")
    return text


def is_guessable(key: str) -> bool:
    """Return whether a key is guessable: few characters, one text again and again, or words of examples and templates."""
    is_repeated = re.fullmatch(r"(.+?)\1+", key, re.DOTALL) is not None
    is_example = re.search(r"insecure|change.?me|your.?secret|secret.?key|example|placeholder", key, re.IGNORECASE)
    return len(set(key)) < LEAST_DISTINCT or is_repeated or is_example is not None


def folder(text: str) -> Path:
    """Parse a path; a relative one is resolved from the project's folder, `~` is the home folder."""
    return (BASE_DIR / Path(text).expanduser()).resolve()


def secret_keys(text: str) -> list[str]:
    """Parse several such keys. They may have commas in them, and no spaces."""
    try:
        return [secret_key(key) for key in text.split()]
    except ValueError as problem:
        raise ValueError(f"holds a key that {problem}") from None


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a parser for one of these words."""

    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text.lower()

    return parse
