"""The REST interface: one router a noun. Programs act with a bearer token (`manage.py make_api_token`)."""

from __future__ import annotations

from django.conf import settings

from sessions_app.api import (
    customer_links,
    customer_panel,
    customers,
    deleted,
    handover,
    jobs,
    labels,
    merges,
    messages,
    names,
    naming,
    people,
    private_turns,
    queues,
    requirements,
    runs,
    saved_views,
    sessions,
    status,
    tickets,
    unknown,
)
from sessions_app.api.auth import ADMIN
from sessions_app.api.docs import LocalSwagger
from sessions_app.api.errors import MEANINGS, handle_errors
from sessions_app.api.parser import StrictParser
from sessions_app.api.strict import StrictAPI

CODES = "\n".join(f"- `{code}`: {meaning}" for code, meaning in MEANINGS.items())
DESCRIPTION = f"""
Conversations ("sessions") of customers with agents and people.

Send `Authorization: Bearer <token>` with every request. Errors have one shape, `{{"error": {{"code", "message", "fields"}}}}`.
One token may ask {settings.KERN_API_REQUESTS} times a minute.
A token has scopes, and each operation says which one it needs: `read`, `write`, `decide` or `admin`; none includes another.
It sees the queues that it names, or all of its person's, and loses what its person loses at once. Every answer to it says in
`Token-Expires` when it ends; its person is warned before. A token in an address is never looked at.
A session's `address` is where it is; what may be done to it hangs below. A program that knows an id alone asks for
`/api/sessions?session_id=…`, or writes the address as the parameter `session_id` describes.
Lists come in pages: pass a page's `next` as `cursor` to read on; `next` is null on the last one. A page of very long texts has
fewer items than asked for. A customer's message should
carry an `Idempotency-Key` of your own, so that sending it again never doubles it. A `409` with the code `newer` lists in
`changes` what happened after `seen`; send again with the newest one's `id` to go on. A `429` says in `Retry-After` how many
seconds to wait, and so does a `503`: the database is away, nothing was done. Fields and query parameters that are not described
here are refused by name.

Codes of errors:

{CODES}
"""

api = StrictAPI(
    title="Kern Inbox",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    # An operation without a scope of its own needs the rarest one.
    auth=ADMIN,
    docs=LocalSwagger(),
    parser=StrictParser(),
)
handle_errors(api)
# A session's id may have slashes in it, so what hangs below a session is matched before the session itself.
api.add_router("/sessions", messages.router, tags=["messages"])
api.add_router("/sessions", status.router, tags=["standing"])
api.add_router("/sessions", tickets.router, tags=["tickets"])
api.add_router("/labels", labels.router, tags=["labels"])
api.add_router("/views", saved_views.router, tags=["views"])
api.add_router("/sessions", labels.of_sessions, tags=["labels"])
api.add_router("/sessions", handover.router, tags=["leading"])
api.add_router("/sessions", private_turns.router, tags=["leading"])
api.add_router("/customers", customers.router, tags=["customers"])
api.add_router("/customers", customer_panel.attributes_router, tags=["customers"])
api.add_router("/sessions", customer_panel.router, tags=["customers"])
api.add_router("/sessions", customer_links.router, tags=["customers"])
api.add_router("/queues", queues.router, tags=["queues"])
api.add_router("", people.router, tags=["people"])
api.add_router("", runs.router, tags=["runs"])
api.add_router("", jobs.router, tags=["jobs"])
api.add_router("/merges", merges.router, tags=["merges"])
api.add_router("", deleted.router, tags=["jobs"])
api.add_router("", requirements.router, tags=["requirements"])
api.add_router("", naming.router, tags=["names"])
api.add_router("/sessions", names.router, tags=["sessions"])
api.add_router("/sessions", sessions.router, tags=["sessions"])
api.add_router("", unknown.router)

__all__ = ["api"]
