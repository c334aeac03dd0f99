"""Queues in the set-up: who is given what, what follows a person's reply, and when people take over."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from sessions_app import desk
from sessions_app.actions import queue_settings
from sessions_app.errors import AppError
from sessions_app.models import Person, Queue
from sessions_app.models.assigning import AfterReply, Assigns, AssignsWhen
from sessions_app.queries.queue_setup import members_of, queues_with_people
from sessions_app.views.respond import PersonRequest, for_people
from sessions_app.views.setup.pages import must_be_admin, setup_context


class QueueForm(forms.ModelForm[Queue]):
    """The settings of one queue; the verb saves them."""

    assigns = forms.ChoiceField(choices=Assigns, error_messages={"required": _("Choose how conversations are assigned.")})
    assigns_when = forms.ChoiceField(choices=AssignsWhen, error_messages={"required": _("Choose when one is assigned.")})
    after_reply = forms.ChoiceField(choices=AfterReply, error_messages={"required": _("Choose what follows a reply.")})

    class Meta:
        model = Queue
        fields = queue_settings.COLUMNS


@dataclass(frozen=True)
class Settings:
    """A queue's page: its form, its members, and the names of its agent."""

    queue: Queue
    form: QueueForm
    #: Of the settings that the form was made from.
    seen: str

    @cached_property
    def members(self) -> list[Person]:
        return members_of(self.queue)

    @property
    def available(self) -> int:
        return sum(not person.is_away for person in self.members)


@require_safe
@for_people
def queue_list(request: PersonRequest) -> HttpResponse:
    """All queues, each with its rule in a few words."""
    names = {worker.id: worker.name for worker in desk.current().workers}
    context = setup_context(request, "queues")
    rows = [(queue, names.get(queue.agent_id, queue.agent_id)) for queue in queues_with_people()]
    return render(request, "setup/queues/page.html", {**context, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def queue_page(request: PersonRequest, queue: str) -> HttpResponse:
    """The settings of one queue; POST saves them."""
    must_be_admin(request)
    opened = get_object_or_404(Queue, slug=queue)
    in_force = queue_settings.seen_of(opened)
    if request.method != "POST":
        return _page(request, Settings(opened, QueueForm(instance=opened), in_force))
    seen = request.POST.get("seen", "")
    form = QueueForm(request.POST, instance=copy(opened))
    if not form.is_valid():
        # What was typed on older settings stays on them until the newer ones were told.
        return _page(request, Settings(opened, form, seen), status=422)
    try:
        queue_settings.save(opened, request.user, form.cleaned_data, seen)
    except AppError as refusal:
        opened = get_object_or_404(Queue, slug=queue)
        known = queue_settings.seen_of(opened)
        return _page(request, Settings(opened, form, known), status=refusal.status, problem=refusal.message)
    return HttpResponse(status=303, headers={"Location": f"{reverse('setup-queue', args=[queue])}?saved=1"})


def _page(request: PersonRequest, settings: Settings, status: int = 200, problem: str = "") -> HttpResponse:
    context = {
        **setup_context(request, "queues"),
        "settings": settings,
        "form": settings.form,
        "queue": settings.queue,
        "problem": problem,
        "saved": "saved" in request.GET,
    }
    return render(request, "setup/queues/queue.html", context, status=status)
