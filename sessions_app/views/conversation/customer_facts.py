"""The customer's name and mail address, corrected in the drawer."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from sessions_app.actions import customers
from sessions_app.queries import access
from sessions_app.views.conversation.context import back_to
from sessions_app.views.respond import PersonRequest, for_people, respond

FORM = "conversation/_customer_form.html"


@require_POST
@for_people
def session_customer(request: PersonRequest, session_id: str) -> HttpResponse:
    """Correct both; what is none comes back in its field."""
    session = access.session_or_404(request.user, session_id)
    typed = {name: request.POST.get(name, getattr(session, name)) for name in ("customer_name", "customer_email")}
    back = back_to(request, session)
    try:
        customers.correct(session, request.user, name=typed["customer_name"], email=typed["customer_email"])
    except customers.InvalidCustomer as refusal:
        context = {"session": session, "typed": typed, "refusal": refusal, "back": back}
        return respond(request, FORM, context, status=refusal.status, location=back)
    return respond(request, FORM, {"session": access.session_or_404(request.user, session_id)}, location=back)
