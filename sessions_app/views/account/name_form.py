"""The form of a person's own name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Person
from sessions_app.views.forms import LineField


class NameForm(forms.Form):
    """The name that colleagues and customers read. It is no address, and no other person's."""

    display_name = LineField(max_length=80, error_messages={"required": _("Write your name.")})

    def __init__(self, person: Person, data: Any = None) -> None:
        self.person = person
        super().__init__(data, initial={"display_name": str(person)})

    def clean_display_name(self) -> str:
        """Return a name that may be the person's."""
        typed: str = self.cleaned_data["display_name"]
        try:
            Person(pk=self.person.pk, email=self.person.email, display_name=typed).clean()
        except ValidationError as error:
            raise ValidationError(error.messages) from error
        return typed

    def save(self) -> None:
        """Store the name, unless it is what the administration made of first and last name."""
        if (typed := self.cleaned_data["display_name"]) != str(self.person):
            self.person.display_name = typed
            self.person.save(update_fields=["display_name", "search_text"])
