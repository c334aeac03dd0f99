"""One readable line a record, with the request or task it belongs to."""

from __future__ import annotations

import logging
import logging.config
import os
import sys
import threading
import traceback
from contextvars import ContextVar
from datetime import datetime
from types import TracebackType
from typing import Any

from kern_inbox.conf.environment import secret_texts
from kern_inbox.observability.redaction import hide, redacted, secrets_in

# Set by the middleware for a request and by the worker for a task; part of every line logged meanwhile.
current_id: ContextVar[str] = ContextVar("current_id", default="-")

#: Loggers that say too much below a warning. Django's write every query with its values and every page's variables: customers'
#: words, which are no business of a log.
QUIET = (
    "celery.app.trace",
    "celery.worker.strategy",
    "celery.beat",
    "django.db.backends",
    "django.template",
    "httpx",
    "httpx2",
    "httpcore2",
    "markdown_it",
    "openai",
    "uvicorn.access",
)


# Everything that a terminal or a line reader would act upon; a tab is harmless.
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
ESCAPES = {code: repr(chr(code))[1:-1] for code in _CONTROLS if chr(code) != "\t"}
ESCAPES_OF_SEVERAL_LINES = {code: text for code, text in ESCAPES.items() if chr(code) != "\n"}


class LineFormatter(logging.Formatter):
    """Formats a record as one line; control characters are escaped, against forged lines and terminal commands.

    With `fold_tracebacks` a traceback follows on the same line, for log collectors; without, below it, for people.
    """

    def __init__(self, *, fold_tracebacks: bool) -> None:
        super().__init__("%(asctime)s %(levelname)-7s [%(current_id)s] %(name)s: %(message)s")
        self.fold_tracebacks = fold_tracebacks

    def format(self, record: logging.LogRecord) -> str:
        record.current_id = current_id.get()
        # Once more over the whole line: a record may carry more than its message, such as the caller's request id.
        text = redacted(super().format(record))
        return text.replace("\n", " | ") if self.fold_tracebacks else text

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Format the time with its offset, so that lines of several machines can be put in order."""
        return datetime.fromtimestamp(record.created).astimezone().isoformat(sep=" ", timespec="milliseconds")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.translate(ESCAPES)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        return super().formatException(ei).translate(ESCAPES_OF_SEVERAL_LINES)


class SafeRecord(logging.LogRecord):
    """A log record without secrets, for every logger and handler.

    It is the record class that `logging` uses for every line of every logger, so a new logger or handler needs no set-up. The
    traceback is redacted where a formatter keeps it, which all of the standard library do.
    """

    _traceback: str | None = None

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        # For handlers that send template and arguments on, each for itself.
        if isinstance(self.args, tuple):
            self.args = tuple(redacted(value) if type(value) is str else value for value in self.args)

    def getMessage(self) -> str:
        return redacted(super().getMessage())

    @property
    def exc_text(self) -> str | None:
        """The traceback as text, once a formatter made it."""
        return self._traceback

    @exc_text.setter
    def exc_text(self, text: str | None) -> None:
        self._traceback = redacted(text) if text else text


class StandardErrorHandler(logging.StreamHandler[Any]):
    """Writes to the current standard error: a test runner or a parent may have replaced it since."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr

    def handleError(self, record: logging.LogRecord) -> None:
        """Report that a line could not be written, and why; Python's own report prints the arguments as they are."""
        if sys.stderr:
            sys.stderr.write(redacted(f"a line of {record.name} could not be logged: {traceback.format_exc(limit=-3)}\n"))


def configure(described: dict[str, Any]) -> None:
    """Set up logging for this process (Django's `LOGGING_CONFIG`); from here on its lines hold no secret.

    Uncaught exceptions and warnings go the way of all log lines, too.
    """
    hide(secrets_in(secret_texts(os.environ)))
    logging.setLogRecordFactory(SafeRecord)
    logging.config.dictConfig(described)
    logging.captureWarnings(True)
    # A test runner or a debugger may have its own already.
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _log_crash
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _log_crash_of_thread


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("kern_inbox").critical("the program failed", exc_info=(kind, error, trace))


def _log_crash_of_thread(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is None or crash.exc_type is SystemExit:
        return
    name = crash.thread.name if crash.thread else "?"
    trace = (crash.exc_type, crash.exc_value, crash.exc_traceback)
    logging.getLogger("kern_inbox").critical("the thread %s failed", name, exc_info=trace)


def configuration(level: str, *, fold_tracebacks: bool) -> dict[str, Any]:
    """Return Django's `LOGGING`, which the web server and the workers use as well."""
    chatty = {name: {"level": "WARNING"} for name in QUIET}
    ours: dict[str, Any] = {"handlers": [], "propagate": True, "level": "NOTSET"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "kern_inbox.observability.logs.LineFormatter", "fold_tracebacks": fold_tracebacks}},
        "handlers": {"lines": {"class": "kern_inbox.observability.logs.StandardErrorHandler", "formatter": "line"}},
        "root": {"handlers": ["lines"], "level": level},
        "loggers": {
            "django": ours,
            "django.server": ours,
            "django.request": {**ours, "level": "ERROR"},
            "uvicorn": ours,
            "uvicorn.error": {**ours, "level": "WARNING"},
            **chatty,
        },
    }
