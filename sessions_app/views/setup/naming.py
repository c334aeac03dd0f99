"""Set-up of the naming rules, for the whole desk and for each queue, tried on their last conversations beside the form."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from sessions_app.actions import naming_rules
from sessions_app.models import NamingPolicy, NamingSpend, Queue
from sessions_app.models.naming import this_month
from sessions_app.queries import naming_trials
from sessions_app.queries.naming_trials import Trial
from sessions_app.validation.text import searchable
from sessions_app.views.respond import PersonRequest, for_people
from sessions_app.views.setup.naming_form import NamingForm, rules_of_queues
from sessions_app.views.setup.pages import must_be_admin, setup_context


@dataclass(frozen=True)
class Place:
    """The desk or one queue, as a tab: in how many rules it differs from the desk."""

    queue: Queue | None
    policy: NamingPolicy | None

    @property
    def url(self) -> str:
        return reverse("setup-naming") + (f"?queue={self.queue.slug}" if self.queue is not None else "")

    @property
    def differing(self) -> int:
        return naming_rules.differing(self.queue, self.policy) if self.queue is not None else 0


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def naming(request: PersonRequest) -> HttpResponse:
    """The rules of the desk, or of the queue that the address names; saves them."""
    must_be_admin(request)
    queue = _queue(request)
    if request.method != "POST":
        return _page(request, NamingForm(queue))
    if request.POST.get("do") == "follow" and queue is not None:
        naming_rules.follow_desk(queue, request.user)
        return _saved(queue)
    form = NamingForm(queue, request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    if request.POST.get("do") != "save":
        return _page(request, form)
    try:
        naming_rules.save(queue, request.user, form.cleaned_data, request.POST.get("seen"))
    except naming_rules.StaleRules as stale:
        return _page(request, form, status=409, stale=stale)
    return _saved(queue)


@require_POST
@for_people
def naming_preview(request: PersonRequest) -> HttpResponse:
    """The typed rules tried on the last conversations; nothing is saved."""
    must_be_admin(request)
    queue = _queue(request)
    form = NamingForm(queue, request.POST)
    return render(request, "setup/naming/_preview.html", _preview(form, naming_rules.rows()))


def _queue(request: PersonRequest) -> Queue | None:
    slug = searchable(request.GET.get("queue", ""))
    if not slug:
        return None
    queue = Queue.objects.filter(slug=slug).first()
    if queue is None:
        raise Http404
    return queue


def _saved(queue: Queue | None) -> HttpResponse:
    query = f"queue={queue.slug}&saved=1" if queue is not None else "saved=1"
    return HttpResponse(status=303, headers={"Location": f"{reverse('setup-naming')}?{query}"})


def _page(
    request: PersonRequest, form: NamingForm, status: int = 200, stale: naming_rules.StaleRules | None = None
) -> HttpResponse:
    rows = naming_rules.rows()
    queues = list(Queue.objects.all())
    place = Place(form.queue, rows.get(form.queue.pk if form.queue is not None else None))
    context = {
        **setup_context(request, "naming"),
        "form": form,
        "place": place,
        "places": [Place(None, rows.get(None)), *(Place(queue, rows.get(queue.pk)) for queue in queues)],
        "saved": "saved" in request.GET,
        "spent": _spent(form.queue),
        "stale": stale,
        # What was typed on older rules stays on them until the newer ones were told.
        "seen": request.POST.get("seen", "") if form.is_bound and stale is None else naming_rules.seen_of(place.policy),
        **_preview(form, rows),
    }
    return render(request, "setup/naming/page.html", context, status=status)


def _preview(form: NamingForm, rows: dict[int | None, NamingPolicy]) -> dict[str, Any]:
    """Return what becomes of the last names under the form's rules; where one is wrong, under those in force."""
    tried = form if form.is_bound and form.is_valid() else NamingForm(form.queue, _as_posted(form))
    trials: list[Trial] = []
    if tried.is_valid():
        sessions = list(naming_trials.last_of(form.queue))
        rules = rules_of_queues(tried, {session.queue_id for session in sessions}, rows)
        trials = naming_trials.try_rules(sessions, rules)
    return {
        "form": form,
        "queue": form.queue,
        "is_wrong": bool(form.errors),
        "trials": trials,
        "passed": sum(not trial.is_refused and not trial.is_persons for trial in trials),
        "refused": sum(trial.is_refused for trial in trials),
        "left_alone": sum(trial.is_persons for trial in trials),
    }


def _as_posted(form: NamingForm) -> dict[str, Any]:
    """Return the values in force as the form would send them."""
    return {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}


def _spent(queue: Queue | None) -> Decimal:
    """Return what naming cost this month there, in dollars."""
    spend = NamingSpend.objects.filter(month=this_month())
    found = (spend if queue is None else spend.filter(queue=queue)).aggregate(sum=Sum("microdollars"))["sum"]
    return Decimal(found or 0) / 1_000_000
