"""Database models. Queries are named queryset methods; changes of state stand in `policy`, `store` and `actions`."""

from sessions_app.models.audit_entry import AuditEntry
from sessions_app.models.change import Change
from sessions_app.models.counter import Counter
from sessions_app.models.customer_attributes import CustomerAttributes
from sessions_app.models.day import CustomerDay
from sessions_app.models.decision import Decision
from sessions_app.models.dismissed_mention import DismissedMention
from sessions_app.models.former_link import FormerLink
from sessions_app.models.hand_over import HandOver
from sessions_app.models.incoming_webhook import IncomingWebhook
from sessions_app.models.job import Job, JobRow
from sessions_app.models.kept_apart import KeptApart
from sessions_app.models.label import Label, LabelPolicy, SessionLabel
from sessions_app.models.merge import Merge
from sessions_app.models.message import Message
from sessions_app.models.naming import NameRecord, NameSuggestion, NamingSpend
from sessions_app.models.naming_policy import NamingPolicy
from sessions_app.models.person import Person
from sessions_app.models.process import Leader, Process
from sessions_app.models.queue import Queue
from sessions_app.models.requirement import Requirement
from sessions_app.models.row import Row
from sessions_app.models.run import Run, ToolCall
from sessions_app.models.saved_view import SavedView
from sessions_app.models.search_entry import SearchBacklog, SearchEntry
from sessions_app.models.session import Session
from sessions_app.models.session_read import SessionRead
from sessions_app.models.standing_approval import StandingApproval
from sessions_app.models.ticket import Ticket, TicketLink
from sessions_app.models.ticket_system import TicketSystem
from sessions_app.models.token import ApiToken
from sessions_app.models.tool_policy import ToolPolicy
from sessions_app.models.unsent import UnsentText
from sessions_app.models.webhook import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookHour, WebhookPosition

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Change",
    "Counter",
    "CustomerAttributes",
    "CustomerDay",
    "Decision",
    "DismissedMention",
    "FormerLink",
    "HandOver",
    "IncomingWebhook",
    "Job",
    "JobRow",
    "KeptApart",
    "Label",
    "LabelPolicy",
    "Leader",
    "Merge",
    "Message",
    "NameRecord",
    "NameSuggestion",
    "NamingPolicy",
    "NamingSpend",
    "Person",
    "Process",
    "Queue",
    "Requirement",
    "Row",
    "Run",
    "SavedView",
    "SearchBacklog",
    "SearchEntry",
    "Session",
    "SessionLabel",
    "SessionRead",
    "StandingApproval",
    "Ticket",
    "TicketLink",
    "TicketSystem",
    "ToolCall",
    "ToolPolicy",
    "UnsentText",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookHour",
    "WebhookPosition",
]
