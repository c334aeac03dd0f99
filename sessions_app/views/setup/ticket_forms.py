"""The form of one ticket system: what it is, how its ids look, how its webhooks are signed, what its states mean here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _

from sessions_app.models import TicketSystem
from sessions_app.models.ticket_presets import BY_KEY, Preset
from sessions_app.models.ticket_system import TicketEffect, TicketState
from sessions_app.validation.text import normalized
from sessions_app.views.forms import LineField
from sessions_app.views.setup.ticket_trial import LONGEST_BODY

MOST_EXAMPLES, LONGEST_EXAMPLE = 20, 500
MOST_STATES = 40
#: Empty rows at the end of the state map, for more states.
SPARE_ROWS = 2
SHORTEST_SECRET, LONGEST_SECRET = 8, 500
PATHS = ("id", "title", "state", "delivery", "at")
#: What the addresses of presets have in the place of a desk's own names.
_PLACEHOLDER = re.compile(r"\b(?:YOURS|OWNER|REPOSITORY|GROUP|PROJECT)\b")
_PATH = re.compile(r"header:[A-Za-z][A-Za-z0-9-]*|[\w-]+(?:\.[\w-]+|\[\d{1,3}\])*")


@dataclass(frozen=True)
class StateRow:
    """One line of the state map, as it is typed, with its error."""

    there: str = ""
    shown: str = ""
    here: str = TicketEffect.LEAVE.value
    error: str = ""


class TicketSystemForm(forms.ModelForm[TicketSystem]):
    """A ticket system. The state map comes as columns of equal length: `there`, `shown`, `here`."""

    name = LineField(max_length=80)
    examples = forms.CharField(required=False, widget=forms.Textarea)
    secret = forms.CharField(required=False, strip=True, max_length=LONGEST_SECRET, min_length=SHORTEST_SECRET)
    path_id = LineField(required=False, max_length=120)
    path_title = LineField(required=False, max_length=120)
    path_state = LineField(required=False, max_length=120)
    path_delivery = LineField(required=False, max_length=120)
    path_at = LineField(required=False, max_length=120)
    #: The body of a webhook to try; it is not stored.
    sample = forms.CharField(required=False, max_length=LONGEST_BODY, widget=forms.Textarea)

    class Meta:
        model = TicketSystem
        fields = ["name", "key", "hue", "preset", "pattern", "url_template", "signature"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        row = self.instance
        self.initial.setdefault("examples", "\n".join(map(str, row.examples)))
        for name in PATHS:
            self.initial.setdefault(f"path_{name}", row.paths.get(name, ""))
        self.rows = self._typed_rows() if self.is_bound else [StateRow(**_row(found)) for found in row.state_map]

    @classmethod
    def of_preset(cls, preset: Preset | None, instance: TicketSystem | None = None) -> TicketSystemForm:
        """Return an unbound form with a preset's values; of an existing system the name, key and colour stay."""
        row = TicketSystem() if preset is None else TicketSystem(**_columns(preset))
        if instance is not None:
            for name in ("pk", "slug", "name", "key", "hue", "sealed_secret", "secret_end", "secret_set_at"):
                setattr(row, name, getattr(instance, name))
        return cls(instance=row)

    @property
    def state_rows(self) -> list[StateRow]:
        """The lines of the state map, and some empty ones below."""
        return [*self.rows, *[StateRow()] * SPARE_ROWS]

    def clean_key(self) -> str:
        """The key in capitals, which no other system has."""
        key: str = self.cleaned_data["key"].upper()
        others = TicketSystem.objects.exclude(pk=self.instance.pk)
        if key and (other := others.filter(key__iexact=key).first()):
            raise forms.ValidationError(_("%(system)s has this key already.") % {"system": other.name})
        return key

    def clean_name(self) -> str:
        """A name that no other system has."""
        name: str = self.cleaned_data["name"]
        if TicketSystem.objects.exclude(pk=self.instance.pk).filter(name__iexact=name).exists():
            raise forms.ValidationError(_("Another system is called this already."))
        return name

    def clean_url_template(self) -> str:
        """An address in which nothing of a preset is left to be filled in."""
        address: str = self.cleaned_data["url_template"]
        if left := _PLACEHOLDER.search(address):
            raise forms.ValidationError(_("Write your own name in the place of %(left)s.") % {"left": left[0]})
        return address

    def clean_preset(self) -> str:
        preset: str = self.cleaned_data["preset"]
        return preset if preset in BY_KEY else ""

    def clean_examples(self) -> list[str]:
        """The sentences, one a line."""
        lines = [line for line in normalized(self.cleaned_data["examples"]).splitlines() if line.strip()]
        if len(lines) > MOST_EXAMPLES:
            raise forms.ValidationError(_("At most %(most)d examples.") % {"most": MOST_EXAMPLES})
        if any(len(line) > LONGEST_EXAMPLE for line in lines):
            raise forms.ValidationError(_("An example has at most %(most)d characters.") % {"most": LONGEST_EXAMPLE})
        return lines

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        self._check_paths(said)
        if said.get("signature") and not said.get("secret") and not self.instance.sealed_secret and "secret" not in self.errors:
            self.add_error("secret", _("A signed webhook needs the secret that the system shows when you make it there."))
        self.rows = list(self._checked(self.rows))
        if any(row.error for row in self.rows):
            self.add_error(None, _("The state map has a mistake: see its lines."))
        return said

    def typed(self) -> TicketSystem:
        """Return a row of what is typed, valid or not, for trying alone."""
        said = {name: str(self[name].value() or "").replace("\x00", "") for name in self.fields}
        return TicketSystem(
            pk=self.instance.pk,
            key=said["key"][:4],
            pattern=said["pattern"],
            url_template=said["url_template"],
            paths={name: said[f"path_{name}"] for name in PATHS if said[f"path_{name}"]},
            state_map=[{"there": row.there, "shown": row.shown, "here": row.here} for row in self.rows],
        )

    def filled(self) -> TicketSystem:
        """Return the row with everything that the valid form says; it is not stored."""
        system = self.instance
        system.examples = self.cleaned_data["examples"]
        system.paths = {name: self.cleaned_data[f"path_{name}"] for name in PATHS if self.cleaned_data[f"path_{name}"]}
        system.state_map = [{"there": row.there, "shown": row.shown, "here": row.here} for row in self.rows]
        system.slug = system.slug or _free_slug(system)
        return system

    def _check_paths(self, said: dict[str, Any]) -> None:
        for name in PATHS:
            path = said.get(f"path_{name}", "")
            if path and not _PATH.fullmatch(path):
                self.add_error(
                    f"path_{name}",
                    _("Write the steps with dots, as in issue.fields.summary, or header:X-Delivery for a header."),
                )
        if said.get("signature") and not said.get("path_id") and "path_id" not in self.errors:
            self.add_error("path_id", _("Say where the webhook has the ticket's id."))

    def _typed_rows(self) -> list[StateRow]:
        # A `QueryDict`, or a test's plain dict with lists in it.
        read: Any = getattr(self.data, "getlist", lambda name: self.data.get(name, []))
        columns = zip(read("there"), read("shown"), read("here"), strict=False)
        rows = [StateRow(" ".join(there.split())[:200], shown, here) for there, shown, here in columns]
        return [row for row in rows if row.there or row.shown][: MOST_STATES + 1]

    def _checked(self, rows: list[StateRow]) -> Iterator[StateRow]:
        known: set[str] = set()
        for number, row in enumerate(rows, 1):
            yield StateRow(row.there, row.shown, row.here, _mistake(row, known, number))
            known.add(row.there.casefold())


def _mistake(row: StateRow, known: set[str], number: int) -> str:
    if not row.there:
        return _("Write what the system calls this state.")
    if len(row.there) > 60:
        return _("At most 60 characters.")
    if row.there.casefold() in known:
        return _("This state stands above already.")
    if row.shown not in TicketState.values or row.here not in TicketEffect.values:
        return _("Choose what it is shown as and what it does here.")
    return _("At most %(most)d states.") % {"most": MOST_STATES} if number > MOST_STATES else ""


def _row(found: Any) -> dict[str, str]:
    told = found if isinstance(found, dict) else {}
    return {name: str(told.get(name, "")) for name in ("there", "shown", "here")}


def _columns(preset: Preset) -> dict[str, Any]:
    return {
        "preset": preset.key,
        "name": preset.name,
        "key": preset.tile,
        "hue": preset.hue,
        "pattern": preset.pattern,
        "url_template": preset.url_template,
        "signature": preset.signature,
        "paths": preset.paths,
        "state_map": preset.state_map,
        "examples": list(preset.examples),
    }


def _free_slug(system: TicketSystem) -> str:
    """Return an address part of the key or the name that no other system has."""
    wanted = slugify(system.key) or slugify(system.name) or "tickets"
    taken = set(TicketSystem.objects.exclude(pk=system.pk).filter(slug__startswith=wanted).values_list("slug", flat=True))
    return next(slug for slug in (wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3))) if slug not in taken)
