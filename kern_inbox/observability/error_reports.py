"""Error reports without secrets: the page that DEBUG shows, and reports that are sent.

A page with an error is looked at together, copied into tickets and sent in mails; so the values that Django hides only without
DEBUG are hidden always.
"""

from __future__ import annotations

import re
from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from kern_inbox.observability.redaction import redacted

_SENSITIVE = re.compile(
    r"API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|COOKIE|SESSIONID|CSRF|OTP|RECOVERY|DATABASE_URL|REDIS_URL|BROKER_URL|EMAIL_URL",
    re.IGNORECASE,
)


class Filter(SafeExceptionReporterFilter):
    """Hides settings, headers, form fields and variables that have the name of a secret."""

    hidden_settings = _SENSITIVE

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> Any:
        sent: Any = super().get_post_parameters(request)
        if not sent:
            return sent
        shown = QueryDict(mutable=True)
        for name, values in sent.lists():
            shown.setlist(name, [self.cleansed_substitute for _ in values] if _SENSITIVE.search(name) else values)
        return shown

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> ItemsView[str, Any]:
        variables = super().get_traceback_frame_variables(request, tb_frame)
        return {name: self.cleansed_substitute if _SENSITIVE.search(name) else value for name, value in variables}.items()


class Reporter(ExceptionReporter):
    """Django's report, with secrets removed inside of values: in addresses, texts and objects."""

    def get_traceback_html(self) -> SafeString:
        return SafeString(redacted(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        return SafeString(redacted(super().get_traceback_text()))
