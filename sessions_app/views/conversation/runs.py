"""People's actions on a turn of the AI."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_POST

from sessions_app.actions import runs
from sessions_app.models import Person, Run
from sessions_app.queries import access
from sessions_app.views.conversation.context import back_to
from sessions_app.views.respond import PersonRequest, done, for_people


def _about_a_run(verb: Callable[[Run, Person], None]) -> Callable[..., HttpResponseBase]:
    @for_people
    def view(request: PersonRequest, run_id: str) -> HttpResponseBase:
        run = access.run_or_404(request.user, run_id)
        verb(run, request.user)
        return done(request, back_to(request, run.session))

    def post_only(request: HttpRequest, run_id: str) -> HttpResponseBase:
        return view(request, run_id)

    return require_POST(post_only)


run_cancel = _about_a_run(runs.cancel)
run_retry = _about_a_run(runs.retry)
run_again = _about_a_run(runs.ask_again)
