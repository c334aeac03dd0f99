"""Ticket systems in the set-up: add, change, try and remove them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sessions_app.actions import ticket_systems
from sessions_app.errors import AppError
from sessions_app.models import TicketSystem
from sessions_app.models.ticket_presets import BY_KEY, PRESETS, Signature
from sessions_app.models.ticket_system import TicketEffect, TicketState
from sessions_app.queries.incoming_webhooks import health_of
from sessions_app.validation.text import normalized
from sessions_app.views.respond import PersonRequest, for_people
from sessions_app.views.setup.pages import must_be_admin, setup_context
from sessions_app.views.setup.ticket_forms import LONGEST_EXAMPLE, MOST_EXAMPLES, TicketSystemForm
from sessions_app.views.setup.ticket_trial import trial_of
from sessions_app.views.setup.tries import tried, why_none

COLOURS = ((1, _("Red")), (2, _("Amber")), (3, _("Green")), (4, _("Blue")), (5, _("Violet")))

#: What trying depends on.
TRIED = ("pattern", "url_template", "key")


@require_safe
@for_people
def ticket_system_list(request: PersonRequest) -> HttpResponse:
    """All ticket systems, each a line that opens for editing."""
    return _page(request)


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
@never_cache
def new_ticket_system(request: PersonRequest) -> HttpResponse:
    """A form for one more system, filled in from a preset; POST adds it."""
    must_be_admin(request)
    if request.method != "POST":
        return _page(request, form=TicketSystemForm.of_preset(BY_KEY.get(request.GET.get("preset", ""))))
    if request.POST.get("do") == "preset":
        return _page(request, form=TicketSystemForm.of_preset(BY_KEY.get(request.POST.get("preset", ""))))
    return _answered(request, TicketSystem())


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
@never_cache
def ticket_system(request: PersonRequest, slug: str) -> HttpResponse:
    """The form of a system; POST saves it, tries it, takes a preset's values, or removes it."""
    must_be_admin(request)
    system = get_object_or_404(TicketSystem, slug=slug)
    if request.method != "POST":
        return _page(request, form=TicketSystemForm(instance=system))
    if request.POST.get("do") == "preset":
        preset = BY_KEY.get(request.POST.get("preset", ""))
        return _page(request, form=TicketSystemForm.of_preset(preset, system), system=system)
    if request.POST.get("do") == "remove":
        return _removed(request, system)
    return _answered(request, system)


@require_POST
@for_people
def ticket_system_tries(request: PersonRequest) -> HttpResponse:
    """The examples with what the typed pattern finds in them; nothing is saved."""
    must_be_admin(request)
    return render(request, "setup/tickets/_tries.html", _tries_of(_typed(request), request.POST.get("examples", "")))


def _answered(request: PersonRequest, system: TicketSystem) -> HttpResponse:
    slug = system.slug
    form = TicketSystemForm(request.POST, instance=system)
    is_valid = form.is_valid()
    if request.POST.get("do") == "try":
        return _page(request, form=form, slug=slug)
    if request.POST.get("do") == "test" and not form["sample"].errors:
        return _page(request, form=form, slug=slug, trial=trial_of(form.typed(), form.cleaned_data["sample"]))
    if not is_valid:
        return _page(request, form=form, slug=slug, status=422)
    ticket_systems.save(form.filled(), form.cleaned_data["secret"])
    return HttpResponse(status=303, headers={"Location": f"{reverse('setup-tickets')}?saved={form.instance.slug}"})


def _removed(request: PersonRequest, system: TicketSystem) -> HttpResponse:
    try:
        ticket_systems.remove(system, request.user, request.POST.get("confirm", ""))
    except AppError as refusal:
        return _page(request, form=TicketSystemForm(instance=system), removing=refusal.message, status=refusal.status)
    return HttpResponse(status=303, headers={"Location": reverse("setup-tickets")})


def _page(request: PersonRequest, form: TicketSystemForm | None = None, status: int = 200, **more: Any) -> HttpResponse:
    context: dict[str, Any] = {
        **setup_context(request, "tickets"),
        "systems": _listed(),
        "saved": request.GET.get("saved", ""),
        "form": form,
    }
    if form is not None:
        examples = form["examples"].value() or ""
        context |= {
            "open": more.get("slug", form.instance.slug) if form.instance.pk else "",
            "presets": PRESETS,
            "signatures": Signature.choices,
            "colours": COLOURS,
            "states": TicketState.choices,
            "effects": TicketEffect.choices,
            "health": health_of(form.instance) if form.instance.pk and form.instance.signature else None,
            "hook": request.build_absolute_uri(f"/hooks/tickets/{form.instance.slug}/") if form.instance.slug else "",
            **_tries_of(_typed_in(form), examples if isinstance(examples, str) else "\n".join(examples)),
        }
    return render(request, "setup/tickets/page.html", {**context, **more}, status=status)


def _tries_of(system: TicketSystem, examples: str) -> dict[str, Any]:
    lines = [line for line in normalized(examples).splitlines() if line.strip()][:MOST_EXAMPLES]
    return {"tries": tried(system, [line[:LONGEST_EXAMPLE] for line in lines]), "why_none": why_none(system)}


def _typed(request: PersonRequest) -> TicketSystem:
    """A row of what is typed, for trying alone."""
    return _row_of({name: request.POST.get(name, "") for name in TRIED})


def _typed_in(form: TicketSystemForm) -> TicketSystem:
    return _row_of({name: str(form[name].value() or "") for name in TRIED})


def _row_of(typed: dict[str, str]) -> TicketSystem:
    said = {name: value.replace("\x00", "")[:300] for name, value in typed.items()}
    return TicketSystem(name="", **{**said, "key": said["key"].upper()})


def _listed() -> QuerySet[TicketSystem]:
    return TicketSystem.objects.annotate(linked=Count("links"))
