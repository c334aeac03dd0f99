"""Forms for what people write and set."""

from __future__ import annotations

from django import forms

from sessions_app.zones import LONGEST_NAME, check_zone

LARGEST = 2**63 - 1


class SeenForm(forms.Form):
    """Carries the number of the last change the person saw."""

    seen = forms.IntegerField(min_value=0, max_value=LARGEST)


class ComposerForm(SeenForm):
    """A reply, a note, or a question to the agent. Whether the words are acceptable is the verb's to say."""

    kind = forms.ChoiceField(choices=[("reply", "reply"), ("note", "note"), ("ask", "ask")])
    body = forms.CharField(required=False, strip=False)


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
