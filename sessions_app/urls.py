"""The application's addresses. Those of the address bar give whole pages, other GETs one fragment, POSTs go to nouns."""

from __future__ import annotations

from django.urls import path, register_converter

from sessions_app.api import api
from sessions_app.queries.inbox_views import WhereConverter
from sessions_app.views import (
    customer,
    customer_data,
    customer_links,
    devices,
    inbox,
    live,
    messages,
    names,
    profile,
    reports,
    requirements,
    rules,
    runs,
    sessions,
    tickets,
    tokens,
    whole,
)

register_converter(WhereConverter, "where")

# A session's id is the caller's to choose and may have slashes in it (see `addresses`): its key is matched greedily, fragments'
# names last.
urlpatterns = [
    path("", inbox.home, name="home"),
    path("api/", api.urls),
    *customer.urlpatterns,
    path("live/", live.live, name="live"),
    path("list/<where:where>/", inbox.session_list, name="session-list"),
    path("sessions/<key:session_id>/timeline/", sessions.session_timeline, name="session-timeline"),
    path("sessions/<key:session_id>/header/", sessions.session_header, name="session-header"),
    path("sessions/<key:session_id>/decisions/", sessions.session_decisions, name="session-decisions"),
    path("sessions/<key:session_id>/details/", sessions.session_details, name="session-details"),
    path("sessions/<key:session_id>/messages/", messages.session_messages, name="session-messages"),
    path("sessions/<key:session_id>/composer/", messages.session_composer, name="session-composer"),
    path("sessions/<key:session_id>/preview/", messages.session_preview, name="session-preview"),
    path("sessions/<key:session_id>/unsent/", messages.session_unsent, name="session-unsent"),
    path("sessions/<key:session_id>/name/", names.session_name, name="session-name"),
    path("sessions/<key:session_id>/tickets/", tickets.session_tickets, name="session-tickets"),
    path("sessions/<key:session_id>/assignee/", sessions.session_assignee, name="session-assignee"),
    path("sessions/<key:session_id>/queue/", sessions.session_queue, name="session-queue"),
    path("sessions/<key:session_id>/status/", sessions.session_status, name="session-status"),
    path("sessions/<key:session_id>/link/", customer_links.session_link, name="session-link"),
    path("sessions/<key:session_id>/lead/", sessions.session_lead, name="session-lead"),
    path("tickets/<int:pk>/", tickets.ticket, name="ticket"),
    path("messages/<int:pk>/text/", whole.message_text, name="message-text"),
    path("messages/<int:pk>/thought/", whole.message_thought, name="message-thought"),
    path("calls/<int:pk>/text/", whole.call_text, name="call-text"),
    path("requirements/together/", requirements.requirements_together, name="requirements-together"),
    path("requirements/<int:pk>/", requirements.requirement, name="requirement"),
    path("requirements/<int:pk>/reopen/", requirements.requirement_reopen, name="requirement-reopen"),
    path("requirements/<int:pk>/decision/", requirements.requirement_decision, name="requirement-decision"),
    path("runs/<key:run_id>/cancel/", runs.run_cancel, name="run-cancel"),
    path("runs/<key:run_id>/retry/", runs.run_retry, name="run-retry"),
    path("runs/<key:run_id>/again/", runs.run_again, name="run-again"),
    path("rules/", rules.rule_list, name="rules"),
    path("rules/<int:pk>/", rules.rule, name="rule"),
    path("reports/", reports.report, name="reports"),
    path("reports/decisions.csv", reports.decisions_csv, name="decisions-csv"),
    path("reports/decisions.jsonl", reports.decisions_jsonl, name="decisions-jsonl"),
    path("customer-data/", customer_data.customer_data, name="customer-data"),
    path("customer-data/export/", customer_data.customer_data_export, name="customer-data-export"),
    path("customer-data/erase/", customer_data.customer_data_erase, name="customer-data-erase"),
    path("profile/", profile.profile, name="profile"),
    path("profile/tokens/", tokens.token_list, name="tokens"),
    path("profile/tokens/<int:pk>/", tokens.token, name="token"),
    path("profile/devices/", devices.devices, name="devices"),
    path("profile/second-factor/", devices.set_up_second_factor, name="second-factor"),
    path("<where:where>/", inbox.inbox, name="inbox"),
    path("<where:where>/<key:session_id>/", sessions.conversation, name="conversation"),
]
