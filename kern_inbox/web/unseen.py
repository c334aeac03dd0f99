"""Mark invisible characters in every HTML page; see `sessions_app.text.unseen` for which and why.

Here, because a single place cannot be forgotten: a page has names, arguments, results, notes, ids and titles of models,
customers and tools in a hundred places. Editable text stays as it is, as people's own words must come back as they were.
"""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from sessions_app.text.unseen import shown

#: The first bytes of such characters in UTF-8. Most pages have none, and finding that out costs next to nothing.
_PERHAPS = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f\xad]|\xcd\x8f|\xd8\x9c|\xe1[\x85\x9e\xa0]|\xe2\x80[\x8b-\x8f\xa8-\xae]"
    rb"|\xe2\x81[\xa0-\xaf]|\xe2\xa0\x80|\xe3\x85\xa4|\xef\xb8[\x80-\x8f]|\xef\xbb\xbf|\xef\xbe\xa0|\xef\xbf[\xb9-\xbb]"
    rb"|\xf0\x9d\x85|\xf3\xa0"
)
#: Editable text: the content of a textarea and the value of a field.
_TYPED = re.compile(r"""(<textarea\b[^>]*>.*?</textarea>|\svalue="[^"]*")""", re.DOTALL | re.IGNORECASE)


class UnseenMiddleware(MiddlewareMixin):
    """Rewrites HTML with such characters outside of editable text."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Rewrite the response, and correct its length where it had one."""
        if not isinstance(response, HttpResponse) or not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        if response.charset.lower() != "utf-8" or not _PERHAPS.search(response.content):
            return response
        parts = _TYPED.split(response.content.decode(errors="replace"))
        # With one group, every second part is what it matched.
        parts[::2] = [shown(part) for part in parts[::2]]
        response.content = "".join(parts).encode()
        if response.has_header("Content-Length"):
            response.headers["Content-Length"] = str(len(response.content))
        return response
