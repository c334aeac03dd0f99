"""The way back from a ticket system: its ticket's conversations here, or a form to start one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sessions_app.actions import sessions, tickets
from sessions_app.models import Queue, Session, TicketSystem
from sessions_app.queries import access, ticket_list
from sessions_app.views.conversation.context import conversation_url
from sessions_app.views.forms import EmailLineField, LineField
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people


class StartForm(forms.Form):
    """The queue of a new conversation about a ticket, and its customer as far as they are known."""

    queue = forms.ModelChoiceField(queryset=Queue.objects.none(), to_field_name="slug", empty_label=None)
    customer_name = LineField(required=False, max_length=120)
    customer_email = EmailLineField(required=False)

    def __init__(self, queues: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        chosen = self.fields["queue"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = queues


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def ticket_by_id(request: PersonRequest, slug: str, ticket_id: str) -> HttpResponse:
    """Go to the one conversation of a ticket, or choose among several, or start one: POST does that."""
    found_in = get_object_or_404(TicketSystem, slug=slug)
    number = found_in.id_in(ticket_id)
    if not number:
        raise Http404(_("%(system)s has no ticket like this.") % {"system": found_in.name})
    linked = list(_linked(request, found_in, number))
    queues = access.queues_for(request.user)
    if request.method != "POST":
        if len(linked) == 1:
            return redirect(conversation_url(linked[0]))
        return _page(request, found_in, number, linked, StartForm(queues))
    form = StartForm(queues, request.POST)
    if not form.is_valid():
        return _page(request, found_in, number, linked, form, status=422)
    said = form.cleaned_data
    session = sessions.start_session(
        said["queue"], customer_name=said["customer_name"], customer_email=said["customer_email"], channel="ticket"
    )
    tickets.link(session, request.user, number, found_in)
    return HttpResponse(status=303, headers={"Location": conversation_url(session)})


def _linked(request: PersonRequest, system: TicketSystem, number: str) -> Any:
    linked = Session.objects.filter(tickets__system=system, tickets__ticket_id=number).values("pk")
    return access.sessions_for(request.user).filter(pk__in=linked).select_related("queue").newest_first()[:50]


def _page(
    request: PersonRequest, system: TicketSystem, number: str, linked: list[Session], form: StartForm, status: int = 200
) -> HttpResponse:
    context = {
        "system": system,
        "label": system.label_of(number),
        "url": system.url_of(number),
        "told": ticket_list.told_to(request.user, system, number),
        "linked": linked,
        "form": form,
    }
    return render(request, "tickets/by_id.html", {**page_context(request, "tickets"), **context}, status=status)
