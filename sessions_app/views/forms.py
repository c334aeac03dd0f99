"""Forms for people's text and settings."""

from __future__ import annotations

from typing import Any

from django import forms

from sessions_app.infrastructure.time_zones import LONGEST_NAME, check_zone
from sessions_app.models import Person, UnsentText
from sessions_app.templatetags.text_boxes import COUNTED
from sessions_app.validation.text import normalized, too_long, trimmed

LARGEST = 2**63 - 1


class WordsField(forms.CharField):
    """Text of any length as people type or paste it: nothing is cut, what is too long comes back whole with the reason."""

    def __init__(self, *, is_limited: bool = True, **options: Any) -> None:
        self.is_limited = is_limited
        super().__init__(strip=False, **options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), **COUNTED} if self.is_limited else super().widget_attrs(widget)

    def to_python(self, value: Any) -> str:
        return normalized(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value.strip())
        if self.is_limited and (trouble := too_long(trimmed(value))):
            raise forms.ValidationError(trouble, code="max_length")


class LineField(forms.CharField):
    """One line. A browser does not cut what is pasted into it: what is too long comes back whole with the reason."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


class EmailLineField(LineField, forms.EmailField):
    """An email address, which no browser cuts either: a shorter one may be another person's."""


class SeenForm(forms.Form):
    """Carries the number of the last change the person saw."""

    seen = forms.IntegerField(min_value=0, max_value=LARGEST)


class UnsentForm(forms.Form):
    """The composer's content. `page` names the open page, `base` is the version of the unsent text that it knows."""

    kind = forms.ChoiceField(choices=UnsentText.Kind.choices)
    body = WordsField(required=False, is_limited=False)
    base = forms.IntegerField(min_value=0, max_value=LARGEST, required=False)
    page = forms.CharField(max_length=40, required=False)

    def clean_base(self) -> int:
        """The version; 0 for a page that knows none."""
        return self.cleaned_data["base"] or 0


class ComposerForm(SeenForm, UnsentForm):
    """A reply, a note, or a question to the agent. Whether there is anything to send is the verb's to say."""

    body = WordsField(required=False)


class RuleForm(forms.Form):
    """A standing approval: of one tool in one queue, until a moment."""

    queue = forms.SlugField()
    tool = forms.CharField(max_length=200)
    until = forms.DateTimeField()


class PreferencesForm(forms.Form):
    """A person's preferences; each is optional, buttons send one."""

    theme = forms.ChoiceField(choices=[("system", "system"), ("light", "light"), ("dark", "dark")], required=False)
    single_keys = forms.ChoiceField(choices=[("on", "on"), ("off", "off")], required=False)
    time_zone = forms.CharField(required=False, max_length=LONGEST_NAME, validators=[check_zone])
    #: The zone of the browser, which counts while there is no other.
    browser_zone = forms.CharField(required=False)
    onwards = forms.ChoiceField(choices=Person.Onwards, required=False)
    presence = forms.ChoiceField(choices=[("here", "here"), ("away", "away")], required=False)
