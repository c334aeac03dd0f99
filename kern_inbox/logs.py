"""One readable line a record, with the request or task it belongs to."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from typing import Any

# Set by the middleware for a request and by the worker for a task; part of every line logged meanwhile.
current_id: ContextVar[str] = ContextVar("current_id", default="-")

QUIET = (
    "celery.app.trace",
    "celery.worker.strategy",
    "celery.beat",
    "httpx",
    "httpx2",
    "httpcore2",
    "openai",
    "uvicorn.access",
)


# Everything that a terminal or a line reader would act upon; a tab is harmless.
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
ESCAPES = {code: repr(chr(code))[1:-1] for code in _CONTROLS if chr(code) != "\t"}
ESCAPES_OF_SEVERAL_LINES = {code: text for code, text in ESCAPES.items() if chr(code) != "\n"}


class LineFormatter(logging.Formatter):
    """Formats a record as one line; control characters of a message are shown as escapes, so that nobody can forge a line
    or send a terminal commands.

    With `fold_tracebacks` a traceback follows on the same line, for log collectors; without, below it, for people.
    """

    def __init__(self, *, fold_tracebacks: bool) -> None:
        super().__init__("%(asctime)s %(levelname)-7s [%(current_id)s] %(name)s: %(message)s")
        self.fold_tracebacks = fold_tracebacks

    def format(self, record: logging.LogRecord) -> str:
        record.current_id = current_id.get()
        text = super().format(record)
        return text.replace("\n", " | ") if self.fold_tracebacks else text

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.translate(ESCAPES)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        return super().formatException(ei).translate(ESCAPES_OF_SEVERAL_LINES)


class NoCredentials(logging.Filter):
    """django-ninja logs an Authorization header that is none of a bearer token, password and all. It happened is enough."""

    SAYS = "Unexpected auth"

    def filter(self, record: logging.LogRecord) -> bool:
        if record.getMessage().startswith(self.SAYS):
            record.msg, record.args = self.SAYS, None
        return True


class StandardErrorHandler(logging.StreamHandler[Any]):
    """Writes to standard error as it is now: a test runner or a parent may have replaced it since."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr


def configuration(level: str, *, fold_tracebacks: bool) -> dict[str, Any]:
    """Django's `LOGGING`, which the web server and the workers use as well."""
    chatty = {name: {"level": "WARNING"} for name in QUIET}
    ours = {"handlers": [], "propagate": True, "level": "NOTSET"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "kern_inbox.logs.LineFormatter", "fold_tracebacks": fold_tracebacks}},
        "filters": {"no_credentials": {"()": "kern_inbox.logs.NoCredentials"}},
        "handlers": {"lines": {"class": "kern_inbox.logs.StandardErrorHandler", "formatter": "line"}},
        "root": {"handlers": ["lines"], "level": level},
        "loggers": {
            "django": {**ours, "filters": ["no_credentials"]},
            "django.server": ours,
            "django.request": {**ours, "level": "ERROR"},
            "uvicorn": ours,
            "uvicorn.error": {**ours, "level": "WARNING"},
            **chatty,
        },
    }
