"""A person's own API tokens: make one, whose secret is shown once, and end one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from sessions_app.accounts import tokens
from sessions_app.accounts.reauthentication import reauthenticated
from sessions_app.errors import AppError
from sessions_app.models import ApiToken, Person, Queue
from sessions_app.models.token import DAYS, MOST_DAYS, Scope, within_rights
from sessions_app.queries import access
from sessions_app.validation.text import checked_name
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people

#: Tokens that are over and still shown.
OVER = 20


class TokenForm(forms.Form):
    """A new token's name, scopes, queues and lifetime."""

    name = forms.CharField(max_length=80)
    scopes = forms.MultipleChoiceField(error_messages={"required": _("Choose what the token may do.")})
    queues = forms.ModelMultipleChoiceField(queryset=Queue.objects.none(), to_field_name="slug", required=False)
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS)

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rights = within_rights(person)
        self.offered = [(value, label) for value, label in Scope.choices if value in rights]
        scopes, queues = self.fields["scopes"], self.fields["queues"]
        assert isinstance(scopes, forms.MultipleChoiceField)
        assert isinstance(queues, forms.ModelMultipleChoiceField)
        scopes.choices = self.offered
        queues.queryset = access.queues_for(person)

    def clean_name(self) -> str:
        try:
            return checked_name(self.cleaned_data["name"], str(_("The name")), 80)
        except AppError as refusal:
            raise forms.ValidationError(refusal.message) from refusal


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
@reauthenticated(opening=True)
@never_cache
def token_list(request: PersonRequest) -> HttpResponse:
    """GET shows the person's tokens, POST makes one: its secret is in the answer and nowhere else."""
    if request.method != "POST":
        return _page(request, TokenForm(request.user, initial={"scopes": [Scope.READ], "days": DAYS}))
    form = TokenForm(request.user, request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    said = form.cleaned_data
    made, secret = tokens.make(
        said["name"], request.user, scopes=said["scopes"], queues=list(said["queues"]), days=said["days"]
    )
    return _page(request, TokenForm(request.user, initial={"scopes": [Scope.READ], "days": DAYS}), made=made, secret=secret)


@require_POST
@for_people
@reauthenticated
def token(request: PersonRequest, pk: int) -> HttpResponse:
    """End a token of one's own."""
    tokens.end(get_object_or_404(_own(request.user), pk=pk))
    return redirect("tokens")


def _own(person: Person) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(acts_for=person).prefetch_related("queues").order_by("-pk")


def _page(request: PersonRequest, form: TokenForm, status: int = 200, **made: Any) -> HttpResponse:
    usable = list(ApiToken.objects.usable().filter(acts_for=request.user).prefetch_related("queues").order_by("-pk"))
    over = list(_own(request.user).exclude(pk__in=[found.pk for found in usable])[:OVER])
    context = {"form": form, "usable": usable, "over": over, "queues": access.queues_for(request.user), "most_days": MOST_DAYS}
    return render(request, "account/tokens.html", {**page_context(request, "profile"), **context, **made}, status=status)
