"""The form of the naming rules of the desk or of a queue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from sessions_app.actions.naming_rules import COLUMNS, FORBIDDEN, values_of
from sessions_app.models import NamingPolicy, Queue
from sessions_app.models.naming_policy import LetterCase, Masked, OnShift, OverBudget
from sessions_app.policy.naming import NamingInForce, naming_in_force
from sessions_app.policy.naming_rules import language
from sessions_app.policy.naming_rules.template import check_template, literals_of
from sessions_app.text.forbidden_words import found_in

#: Words for the buttons, shorter than those of the administration.
SHIFTS = [(OnShift.SUGGEST.value, _("Suggest")), (OnShift.RENAME.value, _("Rename")), (OnShift.IGNORE.value, _("Ignore"))]


def languages() -> list[tuple[str, Any]]:
    """Return the languages that names can be in, by their names."""
    named = sorted((str(get_language_info(code)["name_translated"]), code) for code in language.KNOWN)
    return [(language.ANY, _("The conversation’s language")), *((code, name) for name, code in named)]


class NamingForm(forms.ModelForm[NamingPolicy]):
    """Every rule has a value here; what is as the desk's is saved as "as the desk"."""

    enabled = forms.TypedChoiceField(
        choices=[("on", _("On")), ("off", _("Off"))], coerce=lambda value: value == "on", widget=forms.RadioSelect
    )
    on_shift = forms.ChoiceField(choices=SHIFTS, widget=forms.RadioSelect)
    letter_case = forms.ChoiceField(choices=LetterCase.choices)
    over_budget = forms.ChoiceField(choices=OverBudget.choices)
    language = forms.ChoiceField(choices=languages)
    masks = forms.MultipleChoiceField(choices=Masked.choices, required=False, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = NamingPolicy
        fields = [*COLUMNS, FORBIDDEN]

    def __init__(self, queue: Queue | None, data: Any = None) -> None:
        self.queue = queue
        values = values_of(queue)
        super().__init__(
            None if data is None else _with_words(data), initial={**values, "enabled": "on" if values["enabled"] else "off"}
        )
        for name, field in self.fields.items():
            field.required = name not in ("template", "masks", FORBIDDEN)

    @property
    def words(self) -> list[str]:
        """The forbidden words as they stand in the form, each once."""
        return _lines([self[FORBIDDEN].value() or ""])

    def clean_template(self) -> str:
        template = " ".join((self.cleaned_data["template"] or "").split(" "))
        check_template(template)
        return template

    def clean_forbidden_words(self) -> str:
        return self.cleaned_data[FORBIDDEN] or ""

    def clean(self) -> dict[str, Any]:
        super().clean()
        said = self.cleaned_data
        least, most = said.get("min_words"), said.get("max_words")
        if least and most and least > most:
            self.add_error("max_words", _("That is fewer than the fewest words. Write 0 for no limit."))
        if (
            self.is_bound
            and not self.errors
            and (word := found_in(literals_of(said["template"]), self.rules().forbidden_words))
        ):
            self.add_error("template", ValidationError(_("“%(word)s” is one of the forbidden words."), params={"word": word}))
        return said

    def rules(self) -> NamingInForce:
        """Return the rules as they would be in force."""
        said = self.cleaned_data
        desk = naming_in_force(None).forbidden_words if self.queue is not None else ""
        words = "\n".join(text for text in (desk, said[FORBIDDEN]) if text)
        values = {name: said[name] for name in COLUMNS}
        return replace(NamingInForce(**{**values, "masks": tuple(values["masks"])}), forbidden_words=words)

    def _post_clean(self) -> None:
        """Check the values one by one: the row is made by the verb, which knows what follows the desk."""
        for name in list(self.cleaned_data):
            column = cast("models.Field[Any, Any]", NamingPolicy._meta.get_field(name))
            try:
                column.run_validators(self.cleaned_data[name])
            except ValidationError as error:
                self.add_error(name, error)


def _with_words(data: Any) -> Any:
    """Return what was posted with its forbidden words as one text, a word a line.

    A page sends each word by itself, the one that is to be added (`word`), and the one that is to be allowed again (`allow`).
    """
    if not isinstance(data, QueryDict):
        return data
    words = _lines([*data.getlist(FORBIDDEN), *data.getlist("word")])
    allowed = {word.strip() for word in data.getlist("allow")}
    found = data.copy()
    found[FORBIDDEN] = "\n".join(word for word in words if word not in allowed)
    return found


def _lines(texts: Iterable[str]) -> list[str]:
    """Return the lines of the texts without blank ones, each once."""
    lines = (line.strip() for text in texts for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line))


def rules_of_queues(form: NamingForm, queues: set[int | None], rows: Any) -> dict[int | None, NamingInForce]:
    """Return for each queue the rules that a trial of this form means: its own; for the desk's, what queues would follow."""
    tried = form.rules()
    if form.queue is not None:
        return dict.fromkeys(queues, tried)
    found: dict[int | None, NamingInForce] = {}
    for key in queues:
        row = rows.get(key) if key is not None else None
        own = {name: getattr(row, name) for name in COLUMNS if row is not None and getattr(row, name) is not None}
        found[key] = NamingInForce(**{**asdict(tried), **own, "masks": tuple(own.get("masks", tried.masks))})
    return found


__all__ = ["NamingForm", "languages", "rules_of_queues"]
