"""Every route of the project, and what whoever asks there gets. Read by `test_access.py`, which says how a row is added.

A row is the route as Django writes it and a line like `"GET 200, POST 303"`: the methods that it knows, and what those get who
may use them. Any other method is a 405 for everybody. HEAD goes with GET. The table that the row stands in says who may.
"""

from __future__ import annotations

#: The same for everybody.
OPEN = {
    "": "GET 302",
    "health/live/": "GET 200",
    "health/ready/": "GET 200",
    "health/work/": "GET 503",
    "favicon.ico": "GET 301",
    "static/mark.svg": "GET 200",
    "help/<slug:queue>/": "GET 200, POST 422",
    "hooks/tickets/<slug:system>/": "POST 404",
    "api/openapi.json": "GET 200",
    "api/docs": "GET 200",
    "api/": "GET 404, POST 404, PUT 404, PATCH 404, DELETE 404",
    "api/<anything:rest>": "GET 404, POST 404, PUT 404, PATCH 404, DELETE 404",
}

#: For whoever has the customer's secret link, signed in or not; without the link 404.
LINK = {
    "c/<str:secret>/": "GET 200",
    "c/<str:secret>/timeline/": "GET 200",
    "c/<str:secret>/messages/": "GET 303, POST 422",
    "c/<str:secret>/person/": "GET 303, POST 303",
    "c/<str:secret>/messages/<int:pk>/": "GET 200",
    "c/<str:secret>/live/": "GET 200",
}

#: For everybody who is signed in; others are sent to the sign-in page.
PEOPLE = {
    "live/": "GET 200",
    "list/<where:where>/": "GET 200",
    "requirements/together/": "POST 422",
    "tickets/": "GET 200",
    "tickets/link/": "GET 200, POST 422",
    "merge/": "GET 200, POST 422",
    "tickets/<slug:slug>/<path:ticket_id>/": "GET 200, POST 422",
    "rules/": "GET 200, POST 422",
    "names/": "GET 200",
    "names/together/": "POST 303",
    "jobs/": "GET 200, POST 422",
    "jobs/tickets/": "GET 200, POST 422",
    "reports/": "GET 200",
    "reports/decisions.csv": "GET 200",
    "reports/decisions.jsonl": "GET 200",
    "profile/": "GET 200, POST 303",
    "profile/tokens/": "GET 200, POST 422",
    "profile/devices/": "GET 200, POST 404",
    "profile/second-factor/": "GET 302, POST 302",
    "<where:where>/": "GET 200",
}

#: For those who work the session's queue, and admins; 404 for other people, the sign-in page for strangers.
QUEUE = {
    "sessions/<key:session_id>/timeline/": "GET 200",
    "sessions/<key:session_id>/header/": "GET 200",
    "sessions/<key:session_id>/decisions/": "GET 200",
    "sessions/<key:session_id>/details/": "GET 200",
    "sessions/<key:session_id>/messages/": "POST 303",
    "sessions/<key:session_id>/composer/": "GET 200, POST 200",
    "sessions/<key:session_id>/preview/": "POST 200",
    "sessions/<key:session_id>/unsent/": "POST 200",
    "sessions/<key:session_id>/name/": "POST 303",
    "sessions/<key:session_id>/tickets/": "POST 303",
    "sessions/<key:session_id>/assignee/": "POST 303",
    "sessions/<key:session_id>/queue/": "POST 422",
    "sessions/<key:session_id>/status/": "POST 303",
    "sessions/<key:session_id>/link/": "POST 422",
    "sessions/<key:session_id>/lead/": "POST 422",
    "tickets/<int:pk>/": "POST 303",
    "merges/<int:pk>/undo/": "POST 303",
    "names/<int:pk>/": "POST 303",
    "messages/<int:pk>/text/": "GET 200",
    "messages/<int:pk>/thought/": "GET 200",
    "calls/<int:pk>/text/": "GET 200",
    "requirements/<int:pk>/": "GET 200",
    "requirements/<int:pk>/reopen/": "POST 409",
    "requirements/<int:pk>/decision/": "GET 200, POST 303",
    "runs/<key:run_id>/cancel/": "POST 303",
    "runs/<key:run_id>/retry/": "POST 422",
    "runs/<key:run_id>/again/": "POST 303",
    "rules/<int:pk>/": "POST 303",
    "jobs/<int:pk>/": "GET 200, POST 422",
    "jobs/<int:pk>/progress/": "GET 200",
    "jobs/<int:pk>/rows/": "GET 200",
    "jobs/<int:pk>/outcomes.csv": "GET 200",
    "<where:where>/<key:session_id>/": "GET 200",
}

#: For admins; 404 for other people, the sign-in page for strangers.
ADMINS = {
    "setup/": "GET 200",
    "setup/tickets/": "GET 200",
    "setup/tickets/new/": "GET 200, POST 422",
    "setup/tickets/tries/": "POST 200",
    "setup/tickets/<slug:slug>/": "GET 200, POST 422",
    "setup/policies/": "GET 200, POST 404",
    "setup/webhooks/": "GET 200",
    "setup/webhooks/new/": "GET 200, POST 422",
    "setup/webhooks/<int:pk>/": "GET 200, POST 303",
    "setup/webhooks/<int:pk>/deliveries/": "POST 404",
    "setup/naming/": "GET 200, POST 422",
    "setup/naming/preview/": "POST 200",
    "deleted/": "GET 200, POST 404",
    "customer-data/": "GET 200, POST 422",
    "customer-data/erase/": "POST 422",
    "customer-data/export/": "POST 422",
}

#: For the one person whose row it is (Ben): 404 for all others, admins too, and the sign-in page for strangers.
OWN = {"profile/tokens/<int:pk>/": "POST 302"}

#: For staff; for everybody else there is no such page.
STAFF = {"metrics": "GET 200"}

#: allauth's pages: what strangers get, what people who are signed in and gave their password a moment ago get.
ACCOUNTS = {
    "accounts/login/": ("GET 200, POST 200", "GET 302, POST 302"),
    "accounts/logout/": ("GET 302, POST 302", "GET 200, POST 302"),
    "accounts/inactive/": ("GET 200", "GET 200"),
    "accounts/signup/": ("GET 200, POST 200", "GET 302, POST 302"),
    "accounts/reauthenticate/": ("GET 302, POST 302", "GET 200, POST 200"),
    "accounts/email/": ("GET 302, POST 401", "GET 200, POST 403"),
    "accounts/email/<str:token>/": ("GET 422, POST 422", "GET 422, POST 422"),
    "accounts/confirm-email/": ("GET 200", "GET 200"),
    "accounts/password/change/": ("GET 302, POST 302", "GET 200, POST 200"),
    "accounts/password/set/": ("GET 302, POST 302", "GET 302, POST 302"),
    "accounts/password/reset/": ("GET 200, POST 200", "GET 200, POST 200"),
    "accounts/login/code/confirm/": ("GET 302, POST 302", "GET 302, POST 302"),
    "accounts/^confirm-email/(?P<key>[-:\\w]+)/$": ("GET 200, POST 404", "GET 200, POST 404"),
    "accounts/password/reset/key/done/": ("GET 200", "GET 200"),
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": ("GET 200, POST 200", "GET 200, POST 200"),
    "accounts/password/reset/done/": ("GET 200", "GET 200"),
    "accounts/sessions/": ("GET 302, POST 302", "GET 302, POST 302"),
    "accounts/2fa/": ("GET 302, POST 302", "GET 200"),
    "accounts/2fa/authenticate/": ("GET 302, POST 302", "GET 302, POST 302"),
    "accounts/2fa/reauthenticate/": ("GET 302, POST 302", "GET 302, POST 302"),
    "accounts/2fa/totp/activate/": ("GET 302, POST 302", "GET 200, POST 200"),
    "accounts/2fa/totp/deactivate/": ("GET 302, POST 302", "GET 404, POST 404"),
    "accounts/2fa/recovery-codes/": ("GET 302, POST 302", "GET 404"),
    "accounts/2fa/recovery-codes/generate/": ("GET 302, POST 302", "GET 200, POST 200"),
    "accounts/2fa/recovery-codes/download/": ("GET 302, POST 302", "GET 404, POST 404"),
    "accounts/2fa/webauthn/": ("GET 302, POST 302", "GET 200"),
    "accounts/2fa/webauthn/add/": ("GET 302, POST 302", "GET 200, POST 200"),
    "accounts/2fa/webauthn/reauthenticate/": ("GET 302, POST 302", "GET 302, POST 302"),
    "accounts/2fa/webauthn/keys/<int:pk>/remove/": ("GET 302, POST 302", "GET 404, POST 404"),
    "accounts/2fa/webauthn/keys/<int:pk>/edit/": ("GET 302, POST 302", "GET 404, POST 404"),
}

#: For admins; strangers and everybody else are sent to the sign-in page.
ADMIN = {
    "admin/": "GET 200, POST 200",
    "admin/login/": "GET 302, POST 200",
    "admin/logout/": "POST 200",
    "admin/password_change/": "GET 302, POST 302",
    "admin/password_change/done/": "GET 200",
    "admin/autocomplete/": "GET 403",
    "admin/jsi18n/": "GET 200",
    "admin/r/<path:content_type_id>/<path:object_id>/": "GET 404, POST 404",
    "admin/^(?P<app_label>…)/$": "GET 200, POST 200",
    "admin/(?P<url>.*)$": "GET 404, POST 404",
    "admin/sessions_app/auditentry/export.csv": "GET 200, POST 200",
    "admin/sessions_app/auditentry/export.jsonl": "GET 200, POST 200",
    "admin/sessions_app/person/<id>/password/": "GET 200, POST 200",
}

#: The models of the administration, and what admins do with their rows besides looking at them.
ADMIN_MODELS = {
    "auth/group": "add change delete",
    "mfa/authenticator": "delete",
    "sessions_app/apitoken": "add change delete",
    "sessions_app/auditentry": "",
    "sessions_app/change": "",
    "sessions_app/decision": "",
    "sessions_app/dismissedmention": "",
    "sessions_app/formerlink": "",
    "sessions_app/incomingwebhook": "",
    "sessions_app/job": "",
    "sessions_app/jobrow": "",
    "sessions_app/keptapart": "",
    "sessions_app/leader": "",
    "sessions_app/merge": "",
    "sessions_app/message": "",
    "sessions_app/namerecord": "",
    "sessions_app/namesuggestion": "",
    "sessions_app/namingpolicy": "add change delete",
    "sessions_app/namingspend": "",
    "sessions_app/person": "add change delete",
    "sessions_app/process": "",
    "sessions_app/queue": "add change delete",
    "sessions_app/requirement": "",
    "sessions_app/run": "",
    "sessions_app/session": "change delete",
    "sessions_app/sessionread": "",
    "sessions_app/standingapproval": "",
    "sessions_app/ticket": "",
    "sessions_app/ticketlink": "add change delete",
    "sessions_app/ticketsystem": "add change delete",
    "sessions_app/toolcall": "",
    "sessions_app/toolpolicy": "add change delete",
    "sessions_app/webhookattempt": "",
    "sessions_app/webhookdelivery": "",
    "sessions_app/webhookendpoint": "",
    "usersessions/usersession": "delete",
}
#: The pages of one model: the right that a page needs, and what it answers with it and without. 302 where there is no row.
ADMIN_PAGES = {
    "": ("", "GET 200, POST 200/302", ""),
    "add/": ("add", "GET 200, POST 200/302", "GET 403, POST 403"),
    "<path:object_id>/history/": ("", "GET 200/302, POST 200/302", ""),
    "<path:object_id>/delete/": ("delete", "GET 200/302, POST 302", "GET 403/302, POST 403/302"),
    "<path:object_id>/change/": ("change", "GET 200/302, POST 200/302", "GET 200/302, POST 403/302"),
    "<path:object_id>/": ("", "GET 302, POST 302", ""),
}

#: For programs with a token that has the scope and sees the session's queue. Without a good token 401, without the scope 403,
#: with a token of another queue 404. People's cookies open nothing here.
API = {
    "api/customers/preview": "POST admin 200",
    "api/customers/export": "POST admin 200",
    "api/customers/erase": "POST admin 200",
    "api/deleted-sessions": "GET admin 200",
    "api/deleted-sessions/<key:session_id>/restore": "POST admin 404",
    "api/jobs": "GET read 200, POST write 201",
    "api/jobs/<job_id>": "GET read 200",
    "api/jobs/<job_id>/rows": "GET read 200",
    "api/jobs/<job_id>/<verb>": "POST write 422",
    "api/name-suggestions": "GET read 200",
    "api/name-suggestions/<suggestion_id>/accept": "POST write 200",
    "api/name-suggestions/<suggestion_id>/dismiss": "POST write 200",
    "api/naming-rules": "GET admin 200, PATCH admin 200",
    "api/queues": "GET read 200",
    "api/queues/<queue>/naming-rules": "GET admin 200, PATCH admin 200, DELETE admin 200",
    "api/sessions": "GET read 200, POST write 201",
    "api/sessions/<key:session_id>": "GET read 200",
    "api/sessions/<key:session_id>/messages": "GET read 200, POST write 201",
    "api/sessions/<key:session_id>/replies": "POST write 201",
    "api/sessions/<key:session_id>/notes": "POST write 201",
    "api/sessions/<key:session_id>/name": "PUT write 200, POST write 202",
    "api/sessions/<key:session_id>/status": "PUT write 200",
    "api/sessions/<key:session_id>/assignee": "PUT write 200",
    "api/sessions/<key:session_id>/queue": "PUT write 200",
    "api/sessions/<key:session_id>/tickets": "GET read 200, POST write 201",
    "api/sessions/<key:session_id>/tickets/<link_id>": "DELETE write 204",
    "api/sessions/<key:session_id>/take-over": "POST write 200",
    "api/sessions/<key:session_id>/hand-back": "POST write 200",
    "api/sessions/<key:session_id>/ai-mode": "PUT write 200",
    "api/sessions/<key:session_id>/link": "POST write 201, DELETE write 204",
    "api/sessions/<key:session_id>/ask-for-person": "POST write 200",
    "api/sessions/<key:session_id>/drafts": "POST write 422",
    "api/sessions/<key:session_id>/questions": "POST write 422",
    "api/sessions/<key:session_id>/runs": "GET read 200",
    "api/sessions/<key:session_id>/requirements": "GET read 200",
    "api/runs/<run_id>": "GET read 200",
    "api/runs/<run_id>/cancel": "POST write 200",
    "api/runs/<run_id>/retry": "POST write 422",
    "api/runs/<run_id>/ask-again": "POST decide 200",
    "api/requirements": "GET read 200",
    "api/requirements/<requirement_id>": "GET read 200",
    "api/requirements/<requirement_id>/decision": "POST decide 200",
    "api/requirements/<requirement_id>/reopen": "POST decide 409",
}

#: What differs from its table, by (route, who, method); `others` are strangers and programs.
EXCEPTIONS = {
    ("live/", "others", "GET"): 401,
    ("admin/login/", "cy", "GET"): 403,
    ("admin/login/", "cy", "HEAD"): 403,
    ("admin/login/", "cy", "POST"): 403,
    ("admin/login/", "ben", "GET"): 403,
    ("admin/login/", "ben", "HEAD"): 403,
    ("admin/login/", "ben", "POST"): 403,
    ("admin/login/", "ana", "HEAD"): 200,
}
