"""The environment variables of the program: meaning, default and validation of each.

The settings, the README's table and the tests all read this one list. A wrong value is one line, never a traceback: it names
the variable, the fault and a correct value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kern_inbox.conf import parsers
from kern_inbox.conf.parsers import BASE_DIR

DEMO_DESK = "sessions_app.demo.desk:desk"
DEVELOPMENT_KEY = "django-insecure-only-for-development-never-for-a-server"


__all__ = ["BASE_DIR", "DEMO_DESK", "VARIABLES", "ConfigurationError", "Variable", "read", "table"]


class ConfigurationError(Exception):
    """A variable is missing or wrong. The text is one line that names it."""


@dataclass(frozen=True)
class Variable:
    """One variable. `parse` takes the text and raises `ValueError` with the expected form.

    `default` is the text one would write to get what happens without it; empty means that nothing is set.
    `secret` values are never repeated in an error message, and may stand in a file that NAME_FILE names.
    """

    name: str
    description: str
    parse: Callable[[str], Any] = str
    default: str = ""
    secret: bool = False


VARIABLES = (
    Variable(
        "DEBUG", "Development mode: details on error pages, insecure defaults. `make run` sets it to 1.", parsers.yes_or_no, "0"
    ),
    Variable(
        "SECRET_KEY",
        "Signs cookies and links; 32 or more random characters. Required without DEBUG.",
        parsers.secret_key,
        secret=True,
    ),
    Variable(
        "SECRET_KEY_FALLBACKS",
        "Older values of SECRET_KEY, with spaces between: what they signed or encrypted can still be read.",
        parsers.secret_keys,
        secret=True,
    ),
    Variable("ALLOWED_HOSTS", "Host names the site answers to, with commas. Required unless DEBUG.", parsers.hosts),
    Variable(
        "CSRF_TRUSTED_ORIGINS", "More origins whose forms are accepted, like `https://inbox.example.com`.", parsers.origins
    ),
    Variable("HTTPS", "Secure cookies, HSTS and redirects to https. On unless DEBUG.", parsers.yes_or_no),
    Variable(
        "TRUSTED_PROXIES",
        "How many proxies stand in front; their X-Forwarded headers are believed.",
        parsers.whole_number(0, 9),
        "0",
    ),
    Variable(
        "DATABASE_URL", "PostgreSQL or SQLite; without it `inbox.sqlite3` in KERN_VAR.", parsers.database_url, secret=True
    ),
    Variable("DATABASE_POOL", "Most PostgreSQL connections of one process.", parsers.whole_number(2, 200), "20"),
    Variable(
        "REDIS_URL",
        "Broker, live pages, cache. Required unless DEBUG; `make run` brings its own.",
        parsers.redis_url,
        secret=True,
    ),
    Variable(
        "OPENAI_API_KEY",
        "Key of the model's server. With neither key nor OPENAI_BASE_URL the offline responder answers.",
        secret=True,
    ),
    Variable(
        "OPENAI_BASE_URL", "Any server that speaks the OpenAI Responses API.", parsers.web_url, "https://api.openai.com/v1"
    ),
    Variable("KERN_MODEL", "The model that answers customers.", str, "gpt-5.2"),
    Variable("KERN_NAMING_MODEL", "The model that names sessions; a cheaper one will do. Without it KERN_MODEL."),
    Variable(
        "KERN_NAMING_AT_ONCE",
        "How many names bulk jobs ask a model for at once; a model that refuses makes it fewer.",
        parsers.whole_number(1, 500),
        "64",
    ),
    Variable(
        "KERN_NAMING_REQUESTS_PER_MINUTE",
        "The account's limit of requests a minute to the naming model, for all processes together. 0: not known.",
        parsers.whole_number(0, 10_000_000),
        "0",
    ),
    Variable(
        "KERN_NAMING_TOKENS_PER_MINUTE",
        "The account's limit of tokens a minute of the naming model, for all processes together. 0: not known.",
        parsers.whole_number(0, 10_000_000_000),
        "0",
    ),
    Variable("KERN_DESK", "The desk as `module:object`: agents, tools, knowledge and queues.", parsers.desk_path, DEMO_DESK),
    Variable("KERN_TURN_SECONDS", "Longest time one turn of an agent may take.", parsers.whole_number(10, 3600), "180"),
    Variable(
        "KERN_LEASE_SECONDS",
        "How long a worker may be silent before another takes over its turn.",
        parsers.whole_number(2, 600),
        "30",
    ),
    Variable(
        "KERN_COST_OF_WAITING",
        "What an hour that a customer's request waits for a decision costs, in euros. 0: reports show hours alone.",
        parsers.whole_number(0, 100_000),
        "0",
    ),
    Variable(
        "KERN_GRACE_SECONDS",
        "Longest time a process takes to end when asked to; turns that last longer are handed over. `make run`: 8.",
        parsers.whole_number(5, 3600),
        "20",
    ),
    Variable("WORKER_THREADS", "Turns one worker process works on at once.", parsers.whole_number(1, 500), "20"),
    Variable("HOST", "Address `make run` listens on.", parsers.listening_address, "127.0.0.1"),
    Variable("PORT", "Port `make run` listens on.", parsers.whole_number(1, 65535), "8000"),
    Variable(
        "KERN_VAR",
        "Folder for the SQLite file, the embedded Redis and its log.",
        parsers.folder,
        "var",
    ),
    Variable(
        "KERN_WEBHOOK_HOSTS",
        "Hosts inside your own network that webhooks may be sent to, with commas, like `ledger.internal` or `127.0.0.1:9000`.",
        parsers.inside_hosts,
    ),
    Variable("METRICS_TOKEN", "Bearer token that may read `/metrics`; staff always may.", secret=True),
    Variable(
        "SIGN_IN_IDLE_MINUTES",
        "How long a sign-in lasts in which nothing is done.",
        parsers.whole_number(5, 43_200),
        "720",
    ),
    Variable("SIGN_IN_HOURS", "The longest lifetime of a sign-in, active or not.", parsers.whole_number(1, 2160), "168"),
    Variable(
        "REQUIRE_SECOND_FACTOR",
        "Who can do nothing without a second factor: `nobody`, `staff` (who may open the administration) or `everybody`. "
        "Admins can require it of single people besides.",
        parsers.one_of("nobody", "staff", "everybody"),
        "nobody",
    ),
    Variable("SIGN_UP", "Whether strangers may make themselves an account.", parsers.yes_or_no, "0"),
    Variable(
        "PEOPLE_CHANGE_ADDRESS",
        "Whether people may change the address they sign in with; needs EMAIL_URL. Else admins do it.",
        parsers.yes_or_no,
        "0",
    ),
    Variable(
        "EMAIL_URL",
        "Outgoing mail, like `smtp+tls://user:password@host:587`.",
        parsers.email_url,
        "consolemail://",
        secret=True,
    ),
    Variable("DEFAULT_FROM_EMAIL", "Sender of mails.", str, "inbox@localhost"),
    Variable("LANGUAGE_CODE", "Language of pages where the browser asks for none we have.", parsers.language, "en"),
    Variable("TIME_ZONE", "Time zone of readers whose own is not known.", parsers.time_zone, "UTC"),
    Variable("LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR.", parsers.log_level, "INFO"),
)


def read(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of all variables, `None` for those unset and without default.

    Raises `ConfigurationError` for the first wrong one. Empty text counts as unset.
    """
    values = {variable.name: _value(variable, environment) for variable in VARIABLES}
    values["KERN_NAMING_MODEL"] = values["KERN_NAMING_MODEL"] or values["KERN_MODEL"]
    if values["HTTPS"] is None:
        values["HTTPS"] = not values["DEBUG"]
    if values["DEBUG"]:
        values["SECRET_KEY"] = values["SECRET_KEY"] or DEVELOPMENT_KEY
    else:
        _require_for_production(values)
    return values


def _value(variable: Variable, environment: Mapping[str, str]) -> Any:
    text = environment.get(variable.name, "").strip() or _in_a_file(variable, environment) or variable.default
    if not text:
        return None
    try:
        return variable.parse(text)
    except ValueError as problem:
        shown = "" if variable.secret else f" (it is {text!r})"
        raise ConfigurationError(f"{variable.name} {problem}{shown}.") from None


def secret_texts(environment: Mapping[str, str]) -> list[str]:
    """Return the values of all secret variables, for redaction."""
    found = []
    for variable in VARIABLES:
        if variable.secret:
            with suppress(ConfigurationError):
                found.append(environment.get(variable.name, "").strip() or _in_a_file(variable, environment))
    return [text for text in found if text]


def _in_a_file(variable: Variable, environment: Mapping[str, str]) -> str:
    """Return the content of the file named by NAME_FILE: secret managers give files, which no list of processes shows."""
    path = environment.get(f"{variable.name}_FILE", "").strip() if variable.secret else ""
    if not path:
        return ""
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"{variable.name}_FILE cannot be read ({problem}).") from None
    if not text:
        raise ConfigurationError(f"{variable.name}_FILE is empty: {path}.")
    return text


def _require_for_production(values: Mapping[str, Any]) -> None:
    needed = {
        "SECRET_KEY": "a random text of 32 or more characters",
        "ALLOWED_HOSTS": "the host names this site answers to",
        "REDIS_URL": "the Redis server all processes share, like redis://host:6379/0",
    }
    for name, what in needed.items():
        if not values[name]:
            raise ConfigurationError(f"{name} is not set: {what}. (Only development, with DEBUG=1, does without.)")
    if values["SECRET_KEY"] == DEVELOPMENT_KEY or parsers.is_guessable(values["SECRET_KEY"]):
        raise ConfigurationError(
            "SECRET_KEY can be guessed: with it one can sign in as any person. Make a random one: "
            "python -c 'import secrets; print(secrets.token_urlsafe(48))'."
        )


def table() -> str:
    """Return the README's table, in Markdown."""
    rows = [f"| `{variable.name}` | {variable.description} | {_shown(variable)} |" for variable in VARIABLES]
    return "\n".join(["| variable | what it is | without it |", "|---|---|---|", *rows])


def _shown(variable: Variable) -> str:
    return f"`{variable.default}`" if variable.default else "–"


if __name__ == "__main__":
    print(table())
