"""Reading a request's body: only JSON that every database can store."""

from __future__ import annotations

import json
from typing import Any, NoReturn, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser

from sessions_app.validation.json_values import check_storable


class StrictParser(Parser):
    """Refuses what Python reads but JSON or PostgreSQL does not know: NaN, the character NUL, half surrogate pairs."""

    def parse_body(self, request: HttpRequest) -> Any:
        value = json.loads(request.body, parse_constant=_refuse_constant)
        check_storable(value)
        return cast("dict[str, Any]", value)


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(_("%(word)s is not JSON") % {"word": word})
