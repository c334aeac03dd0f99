"""A conversation that a person begins with a customer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from sessions_app.actions import customers
from sessions_app.errors import InvalidAction
from sessions_app.models import Queue
from sessions_app.queries import access
from sessions_app.validation.text import searchable
from sessions_app.views.conversation.context import conversation_url
from sessions_app.views.forms import LineField, WordsField
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people


class StartForm(forms.Form):
    """The customer, the queue and the first message."""

    customer_name = LineField(label=_("Name"), required=False)
    customer_email = LineField(label=_("Mail address"), required=False)
    user_id = LineField(label=_("User id"), required=False, help_text=_("The customer’s id in your system, if they have one."))
    queue = forms.ModelChoiceField(Queue.objects.none(), label=_("Queue"), to_field_name="slug", empty_label=None)
    body = WordsField(
        label=_("First message"),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write something first.")},
    )

    def __init__(self, *args: Any, queues: list[Queue], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["queue"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Queue.objects.filter(pk__in=[queue.pk for queue in queues])


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def session_new(request: PersonRequest) -> HttpResponse:
    """The form, filled with the customer of the session `like`; after it the conversation, with the customer's link to make."""
    queues = access.in_order(access.queues_for(request.user))
    if request.method != "POST":
        return _page(request, StartForm(initial=_known(request), queues=queues))
    form = StartForm(request.POST, queues=queues)
    if not form.is_valid():
        return _page(request, form, 422)
    sent = form.cleaned_data
    try:
        session, _is_new = customers.begin(
            sent["queue"],
            request.user,
            sent["body"],
            name=sent["customer_name"],
            email=sent["customer_email"],
            user_id=sent["user_id"],
        )
    except customers.InvalidCustomer as refusal:
        form.add_error(refusal.field, refusal.message)
        return _page(request, form, 422)
    except InvalidAction as refusal:
        form.add_error(None, refusal.message)
        return _page(request, form, 422)
    return HttpResponse(status=303, headers={"Location": conversation_url(session, "open", "?details=1")})


def _known(request: PersonRequest) -> dict[str, Any]:
    """The customer of another conversation that the person sees."""
    wanted = searchable(request.GET.get("like", ""))
    like = access.sessions_for(request.user).select_related("queue").by_id(wanted).first() if wanted else None
    if like is None:
        return {}
    known: dict[str, Any] = {name: getattr(like, name) for name in ("customer_name", "customer_email", "user_id")}
    return {**known, "queue": like.queue}


def _page(request: PersonRequest, form: StartForm, status: int = 200) -> HttpResponse:
    return render(request, "conversation/new.html", {**page_context(request, "new"), "form": form}, status=status)
