"""The application's addresses. Those of the address bar give whole pages, other GETs one fragment, POSTs go to nouns."""

from __future__ import annotations

from django.urls import path, register_converter

from sessions_app.api import api
from sessions_app.queries.inbox_views import WhereConverter
from sessions_app.views import customer_data, incoming_webhooks, palette, saved_views
from sessions_app.views.account import devices, profile, tokens
from sessions_app.views.conversation import (
    composer,
    customer_facts,
    names,
    runs,
    secret_link,
    starting,
    tickets,
    triage,
    undoing,
    whole_texts,
)
from sessions_app.views.conversation import pages as conversation
from sessions_app.views.customer import pages as customer
from sessions_app.views.decisions import pages as decisions
from sessions_app.views.decisions import standing_approvals
from sessions_app.views.inbox import pages as inbox
from sessions_app.views.jobs import pages as jobs
from sessions_app.views.jobs.deleted import deleted
from sessions_app.views.jobs.link_table import job_link_table
from sessions_app.views.live import people as live
from sessions_app.views.names import pages as name_list
from sessions_app.views.reports import pages as reports
from sessions_app.views.setup import labels as setup_labels
from sessions_app.views.setup import naming, policies, queues, ticket_systems, webhooks
from sessions_app.views.setup import pages as setup
from sessions_app.views.tickets import by_id, linking, merging
from sessions_app.views.tickets import pages as ticket_pages

register_converter(WhereConverter, "where")

# A session's id is the caller's to choose and may have slashes in it (see `addresses`): its key is matched greedily, fragments'
# names last.
urlpatterns = [
    path("", inbox.home, name="home"),
    path("api/", api.urls),
    *customer.urlpatterns,
    path("live/", live.live, name="live"),
    path("hooks/tickets/<slug:system>/", incoming_webhooks.ticket_webhook, name="ticket-webhook"),
    path("list/form/", inbox.list_form, name="list-form"),
    path("list/<where:where>/", inbox.session_list, name="session-list"),
    path("palette/", palette.palette, name="palette"),
    path("sessions/new/", starting.session_new, name="session-new"),
    path("sessions/<key:session_id>/customer/", customer_facts.session_customer, name="session-customer"),
    path("sessions/<key:session_id>/timeline/", conversation.session_timeline, name="session-timeline"),
    path("sessions/<key:session_id>/header/", conversation.session_header, name="session-header"),
    path("sessions/<key:session_id>/decisions/", conversation.session_decisions, name="session-decisions"),
    path("sessions/<key:session_id>/details/", conversation.session_details, name="session-details"),
    path("sessions/<key:session_id>/messages/", composer.session_messages, name="session-messages"),
    path("sessions/<key:session_id>/composer/", composer.session_composer, name="session-composer"),
    path("sessions/<key:session_id>/preview/", composer.session_preview, name="session-preview"),
    path("sessions/<key:session_id>/unsent/", composer.session_unsent, name="session-unsent"),
    path("sessions/<key:session_id>/name/", names.session_name, name="session-name"),
    path("sessions/<key:session_id>/tickets/", tickets.session_tickets, name="session-tickets"),
    path("sessions/<key:session_id>/assignee/", conversation.session_assignee, name="session-assignee"),
    path("sessions/<key:session_id>/labels/", triage.session_labels, name="session-labels"),
    path("sessions/<key:session_id>/priority/", triage.session_priority, name="session-priority"),
    path("sessions/<key:session_id>/queue/", conversation.session_queue, name="session-queue"),
    path("sessions/<key:session_id>/status/", conversation.session_status, name="session-status"),
    path("sessions/<key:session_id>/undo/", undoing.session_undo, name="session-undo"),
    path("sessions/<key:session_id>/link/", secret_link.session_link, name="session-link"),
    path("sessions/<key:session_id>/lead/", conversation.session_lead, name="session-lead"),
    path("merge/", merging.merge, name="merge"),
    path("merges/<int:pk>/undo/", merging.merge_undo, name="merge-undo"),
    path("tickets/", ticket_pages.tickets, name="tickets"),
    path("tickets/link/", linking.link_ticket, name="ticket-link"),
    path("tickets/<int:pk>/", tickets.ticket, name="ticket"),
    path("tickets/<slug:slug>/<path:ticket_id>/", by_id.ticket_by_id, name="ticket-by-id"),
    path("messages/<int:pk>/text/", whole_texts.message_text, name="message-text"),
    path("messages/<int:pk>/thought/", whole_texts.message_thought, name="message-thought"),
    path("calls/<int:pk>/text/", whole_texts.call_text, name="call-text"),
    path("requirements/together/", decisions.requirements_together, name="requirements-together"),
    path("requirements/<int:pk>/", decisions.requirement, name="requirement"),
    path("requirements/<int:pk>/reopen/", decisions.requirement_reopen, name="requirement-reopen"),
    path("requirements/<int:pk>/decision/", decisions.requirement_decision, name="requirement-decision"),
    path("runs/<key:run_id>/cancel/", runs.run_cancel, name="run-cancel"),
    path("runs/<key:run_id>/retry/", runs.run_retry, name="run-retry"),
    path("runs/<key:run_id>/again/", runs.run_again, name="run-again"),
    path("rules/", standing_approvals.rule_list, name="rules"),
    path("rules/<int:pk>/", standing_approvals.rule, name="rule"),
    path("names/", name_list.name_page, name="names"),
    path("names/together/", name_list.names_together, name="names-together"),
    path("names/<int:pk>/", name_list.name_row, name="name-row"),
    path("saved-views/", saved_views.save_view, name="saved-views"),
    path("saved-views/<int:pk>/", saved_views.saved_view, name="saved-view"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/tickets/", job_link_table, name="job-link-table"),
    path("jobs/<int:pk>/", jobs.job, name="job"),
    path("jobs/<int:pk>/progress/", jobs.job_progress, name="job-progress"),
    path("jobs/<int:pk>/rows/", jobs.job_rows, name="job-rows"),
    path("jobs/<int:pk>/outcomes.csv", jobs.job_csv, name="job-csv"),
    path("deleted/", deleted, name="deleted"),
    path("reports/", reports.report, name="reports"),
    path("reports/decisions.csv", reports.decisions_csv, name="decisions-csv"),
    path("reports/decisions.jsonl", reports.decisions_jsonl, name="decisions-jsonl"),
    path("setup/", setup.overview, name="setup"),
    path("setup/queues/", queues.queue_list, name="setup-queues"),
    path("setup/queues/<slug:queue>/", queues.queue_page, name="setup-queue"),
    path("setup/tickets/", ticket_systems.ticket_system_list, name="setup-tickets"),
    path("setup/tickets/new/", ticket_systems.new_ticket_system, name="setup-ticket-new"),
    path("setup/tickets/tries/", ticket_systems.ticket_system_tries, name="setup-ticket-tries"),
    path("setup/tickets/<slug:slug>/", ticket_systems.ticket_system, name="setup-ticket"),
    path("setup/policies/", policies.policies, name="setup-policies"),
    path("setup/webhooks/", webhooks.webhook_list, name="setup-webhooks"),
    path("setup/webhooks/new/", webhooks.new_webhook, name="setup-webhook-new"),
    path("setup/webhooks/<int:pk>/", webhooks.webhook, name="setup-webhook"),
    path("setup/webhooks/<int:pk>/deliveries/", webhooks.webhook_deliveries, name="setup-webhook-deliveries"),
    path("setup/labels/", setup_labels.label_list, name="setup-labels"),
    path("setup/labels/<int:pk>/", setup_labels.label, name="setup-label"),
    path("setup/naming/", naming.naming, name="setup-naming"),
    path("setup/naming/preview/", naming.naming_preview, name="setup-naming-preview"),
    path("customer-data/", customer_data.customer_data, name="customer-data"),
    path("customer-data/export/", customer_data.customer_data_export, name="customer-data-export"),
    path("customer-data/erase/", customer_data.customer_data_erase, name="customer-data-erase"),
    path("profile/", profile.profile, name="profile"),
    path("profile/tokens/", tokens.token_list, name="tokens"),
    path("profile/tokens/<int:pk>/", tokens.token, name="token"),
    path("profile/devices/", devices.devices, name="devices"),
    path("profile/second-factor/", devices.set_up_second_factor, name="second-factor"),
    path("<where:where>/", inbox.inbox, name="inbox"),
    path("<where:where>/<key:session_id>/", conversation.conversation, name="conversation"),
]
