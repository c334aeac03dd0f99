"""Tickets from a CSV that people paste or upload: each line that cannot be used is named, then comes the dry run."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sessions_app.errors import InvalidAction
from sessions_app.jobs import link_table, planning
from sessions_app.queries import access
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people

#: Bytes of an uploaded file, and lines that a page names.
LARGEST, SHOWN = 2_000_000, 50


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def job_link_table(request: PersonRequest) -> HttpResponse:
    """The form, and the job that its lines make."""
    if request.method != "POST":
        return _form(request)
    lines = ""
    try:
        lines = _lines(request)
        table = link_table.read(lines, access.sessions_for(request.user))
    except InvalidAction as problem:
        return _form(request, lines=lines or request.POST.get("lines", ""), problem=problem.message)
    if table.bad and not (request.POST.get("partly") and table.wanted):
        return _form(request, lines=lines, bad=table.bad[:SHOWN], bad_count=len(table.bad))
    job = planning.plan("link", table.wanted, {"each": True}, person=request.user, source=_("From a CSV"))
    return redirect("job", job.pk)


def _lines(request: PersonRequest) -> str:
    """Return the pasted text, or the file's. Raises `InvalidAction` for a file that is too large or no text."""
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("lines", "")
    if (file.size or 0) > LARGEST:
        raise InvalidAction(_("That file is too large: at most 2 MB. Split it."))
    data = file.read()
    for encoding in ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "utf-8"):
        try:
            return str(data, encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidAction(_("That file is no text in UTF-8. Save it as “CSV UTF-8” first."))


def _form(request: PersonRequest, **told: Any) -> HttpResponse:
    context = {**page_context(request, "jobs"), **told}
    return render(request, "jobs/link_table.html", context, status=422 if told else 200)
