"""The form of one endpoint."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app.errors import AppError
from sessions_app.models import Queue, WebhookEndpoint
from sessions_app.views.forms import LineField
from sessions_app.webhooks.outgoing.endpoints import LONGEST_NAME, Wanted, checked_url
from sessions_app.webhooks.outgoing.events import Event


class EndpointForm(forms.Form):
    """Name, address, events and queues of an endpoint. Nothing chosen is everything."""

    name = LineField(max_length=LONGEST_NAME, error_messages={"required": _("Give it a name by which you know it.")})
    url = LineField(error_messages={"required": _("Write the address that is to be told.")})
    events = forms.MultipleChoiceField(choices=Event.choices, required=False)
    queues = forms.ModelMultipleChoiceField(queryset=Queue.objects.all(), to_field_name="slug", required=False)

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> EndpointForm:
        """Return the form with an endpoint's settings."""
        queues = [queue.slug for queue in endpoint.queues.all()]
        return cls(initial={"name": endpoint.name, "url": endpoint.url, "events": endpoint.events, "queues": queues})

    def clean_url(self) -> str:
        """The address, if webhooks may be sent there."""
        try:
            return checked_url(self.cleaned_data["url"])
        except AppError as refusal:
            raise forms.ValidationError(refusal.message) from refusal

    @property
    def wanted(self) -> Wanted:
        """The valid form as settings."""
        said: dict[str, Any] = self.cleaned_data
        return Wanted(said["name"], said["url"], said["events"], list(said["queues"]))
