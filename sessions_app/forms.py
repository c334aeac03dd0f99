"""Forms for what people write and set."""

from __future__ import annotations

from typing import Any

from django import forms

from sessions_app.texts import normalized, too_long, trimmed
from sessions_app.zones import LONGEST_NAME, check_zone

LARGEST = 2**63 - 1


class WordsField(forms.CharField):
    """Text of any length as people type or paste it: nothing is cut, what is too long comes back whole with the reason."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)

    def to_python(self, value: Any) -> str:
        return normalized(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value.strip())
        if trouble := too_long(trimmed(value)):
            raise forms.ValidationError(trouble, code="max_length")


class SeenForm(forms.Form):
    """Carries the number of the last change the person saw."""

    seen = forms.IntegerField(min_value=0, max_value=LARGEST)


class ComposerForm(SeenForm):
    """A reply, a note, or a question to the agent. Whether the words are acceptable is the verb's to say."""

    kind = forms.ChoiceField(choices=[("reply", "reply"), ("note", "note"), ("ask", "ask")])
    body = WordsField(required=False)


class RuleForm(forms.Form):
    """An approval in advance: of one tool in one queue, until a moment."""

    queue = forms.SlugField()
    tool = forms.CharField(max_length=200)
    until = forms.DateTimeField()


class PreferencesForm(forms.Form):
    """What a person sets for themselves; each is optional, buttons send one."""

    theme = forms.ChoiceField(choices=[("system", "system"), ("light", "light"), ("dark", "dark")], required=False)
    single_keys = forms.ChoiceField(choices=[("on", "on"), ("off", "off")], required=False)
    time_zone = forms.CharField(required=False, max_length=LONGEST_NAME, validators=[check_zone])
    #: The zone of the browser, which counts while there is no other.
    browser_zone = forms.CharField(required=False)
    presence = forms.ChoiceField(choices=[("here", "here"), ("away", "away")], required=False)
