"""WhiteNoise under an asynchronous server, and the icon at the address where browsers look for one."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise ships no types
    """Static files under names that hold their hash, also where one script imports another, so that caches keep them for ever.

    Django's own `support_js_module_import_aggregation` also reads the scripts of other packages, and fails at their comments.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", ((r'(?P<matched>from "(?P<url>\./[\w-]+\.js)")', 'from "%(url)s"'),)),
    )


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise ships no types
    """Serves static files without a detour over the thread that runs synchronous code.

    WhiteNoise alone would hand the server an open file, which an asynchronous server can only read by blocking.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if iscoroutinefunction(self):
            return self.answer(request)
        response: HttpResponseBase = super().__call__(request)
        return response

    async def answer(self, request: HttpRequest) -> HttpResponseBase:
        """Return the file's response, or the application's response when there is no such file."""
        if request.path_info.startswith(self.static_prefix) and (found := await to_thread(self.read, request)):
            return found
        response: HttpResponseBase = await self.get_response(request)
        return response

    def read(self, request: HttpRequest) -> HttpResponseBase | None:
        """Read the static file of the request's path, whole; `None` if there is none."""
        path = request.path_info
        static_file = self.find_file(path) if self.autorefresh else self.files.get(path)
        if static_file is None:
            return None
        served = self.serve(static_file, request)
        whole = HttpResponse(b"".join(served.streaming_content), status=served.status_code)
        del whole["Content-Type"]
        for name, value in served.headers.items():
            whole[name] = value
        served.close()
        return whole


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect to the icon."""
    return redirect(static("mark.svg"), permanent=True)
