"""Django's settings. Every value that may differ between installations comes from `kern_inbox.conf.environment`."""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF
from django.urls import reverse_lazy

from kern_inbox.conf import databases, parsers, task_queues
from kern_inbox.conf.environment import BASE_DIR, ConfigurationError, read
from kern_inbox.observability import logs

django_stubs_ext.monkeypatch()

try:
    ENVIRONMENT = read(os.environ)
    databases.prepare_folder(ENVIRONMENT["KERN_VAR"])
except ConfigurationError as problem:
    sys.exit(f"kern-inbox: {problem}")

# prometheus-client would count in files that it maps into memory, and a full disk then ends the process (SIGBUS).
os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)

DEBUG: bool = ENVIRONMENT["DEBUG"]
SECRET_KEY: str = ENVIRONMENT["SECRET_KEY"]
SECRET_KEY_FALLBACKS: list[str] = ENVIRONMENT["SECRET_KEY_FALLBACKS"] or []
ALLOWED_HOSTS: list[str] = ENVIRONMENT["ALLOWED_HOSTS"] or []
CSRF_TRUSTED_ORIGINS: list[str] = ENVIRONMENT["CSRF_TRUSTED_ORIGINS"] or []
KERN_VAR: Path = ENVIRONMENT["KERN_VAR"]

# The desk and its models
KERN_DESK: str = ENVIRONMENT["KERN_DESK"]
KERN_MODEL: str = ENVIRONMENT["KERN_MODEL"]
KERN_NAMING_MODEL: str = ENVIRONMENT["KERN_NAMING_MODEL"]
KERN_NAMING_AT_ONCE: int = ENVIRONMENT["KERN_NAMING_AT_ONCE"]
KERN_NAMING_REQUESTS_PER_MINUTE: int = ENVIRONMENT["KERN_NAMING_REQUESTS_PER_MINUTE"]
KERN_NAMING_TOKENS_PER_MINUTE: int = ENVIRONMENT["KERN_NAMING_TOKENS_PER_MINUTE"]
KERN_TURN_SECONDS: int = ENVIRONMENT["KERN_TURN_SECONDS"]
KERN_LEASE_SECONDS: int = ENVIRONMENT["KERN_LEASE_SECONDS"]
#: Requests of one token in a minute.
KERN_API_REQUESTS = 600
KERN_GRACE_SECONDS: int = ENVIRONMENT["KERN_GRACE_SECONDS"]
KERN_SWEEP_SECONDS: float = task_queues.SWEEP_SECONDS
#: Between two reads of the change log while there is no Redis.
KERN_POLL_SECONDS = 2.0
KERN_COST_OF_WAITING: int = ENVIRONMENT["KERN_COST_OF_WAITING"]
OPENAI_API_KEY: str | None = ENVIRONMENT["OPENAI_API_KEY"]
OPENAI_BASE_URL: str = ENVIRONMENT["OPENAI_BASE_URL"]
#: Hosts inside the own network that webhooks may be sent to.
KERN_WEBHOOK_HOSTS: list[str] = ENVIRONMENT["KERN_WEBHOOK_HOSTS"] or []
METRICS_TOKEN: str | None = ENVIRONMENT["METRICS_TOKEN"]

# An empty REDIS_URL is allowed in development: live pages then read the change log, the sweep finds the work.
REDIS_URL: str = ENVIRONMENT["REDIS_URL"] or ""

INSTALLED_APPS = [
    "sessions_app",
    "kern_inbox.apps.KernInboxConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "kern_inbox.apps.SignInsConfig",
    "django_htmx",
    "csp",
    "template_partials.apps.SimpleAppConfig",
    "ninja",
]

MIDDLEWARE = [
    "kern_inbox.web.requests.request_log",
    "kern_inbox.web.unseen.UnseenMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "kern_inbox.web.static_files.StaticFilesMiddleware",
    "kern_inbox.web.no_store.no_store",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "kern_inbox.web.requests.HostMiddleware",
    "kern_inbox.web.refused_requests.RefusedRequestsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "sessions_app.audit.request.remember_request",
    "kern_inbox.sign_in.middleware.SignInMiddleware",
    "kern_inbox.web.time_zones.AdminTimeZoneMiddleware",
    "kern_inbox.web.wrong_method.WrongMethodMiddleware",
    "kern_inbox.web.database_away.DatabaseAwayMiddleware",
]

ROOT_URLCONF = "kern_inbox.urls"
ASGI_APPLICATION = "kern_inbox.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {"default": databases.database(ENVIRONMENT["DATABASE_URL"], KERN_VAR, ENVIRONMENT["DATABASE_POOL"])}
CACHES = {"default": databases.cache(REDIS_URL), "counters": databases.counters()}
LOGGING_CONFIG = "kern_inbox.observability.logs.configure"
LOGGING = logs.configuration(ENVIRONMENT["LOG_LEVEL"], fold_tracebacks=not DEBUG)

# The largest body that `kern_inbox.web.request_limits` lets through stays in memory whole: nothing of it is written to disk.
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 2560 * 1024

# Error reports, on the page that DEBUG shows and in mails.
DEFAULT_EXCEPTION_REPORTER = "kern_inbox.observability.error_reports.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "kern_inbox.observability.error_reports.Filter"

# Templates are kept once read, with DEBUG too (as Django does by itself): to read them anew took half of a page's time. Who
# changes one starts the program again.
_LOADERS: list[Any] = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("template_partials.loader.Loader", [("django.template.loaders.cached.Loader", _LOADERS)])],
            "builtins": ["template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "kern_inbox.web.static_files.StaticFilesStorage"
    },
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 3600

# Language and time
LANGUAGE_CODE: str = ENVIRONMENT["LANGUAGE_CODE"]
LANGUAGES = list(parsers.LANGUAGES.items())
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE: str = ENVIRONMENT["TIME_ZONE"]
USE_TZ = True
USE_I18N = True

# People sign in by e-mail address; an admin makes accounts unless SIGN_UP is on.
AUTH_USER_MODEL = "sessions_app.Person"
AUTHENTICATION_BACKENDS = ["kern_inbox.sign_in.people.PersonBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "sessions_app.accounts.passwords.LongEnoughValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "sessions_app.accounts.passwords.NotGuessedFirstValidator"},
]
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = "/"
SIGN_UP: bool = ENVIRONMENT["SIGN_UP"]
ACCOUNT_ADAPTER = "kern_inbox.sign_in.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if SIGN_UP else "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Kern Inbox: "
ACCOUNT_FORMS = {
    "login": "sessions_app.accounts.forms.SignInForm",
    "change_password": "sessions_app.accounts.forms.NewPasswordForm",
}
PEOPLE_CHANGE_ADDRESS: bool = ENVIRONMENT["PEOPLE_CHANGE_ADDRESS"]
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,5/300s/key",
    "reauthenticate": "10/m/user",
    "reset_password": "20/h/ip,5/h/key",
}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if ENVIRONMENT["HTTPS"] else "http"
ALLAUTH_TRUSTED_PROXY_COUNT: int = ENVIRONMENT["TRUSTED_PROXIES"]
# Lifetime of a sign-in. Its cookie lives a day longer, so that its browser can be told why it ended.
SESSION_ENGINE = "kern_inbox.sign_in.session_store"
SIGN_IN_IDLE = timedelta(minutes=ENVIRONMENT["SIGN_IN_IDLE_MINUTES"])
SIGN_IN_LIFETIME = timedelta(hours=ENVIRONMENT["SIGN_IN_HOURS"])
SESSION_COOKIE_AGE = int((SIGN_IN_LIFETIME + timedelta(days=1)).total_seconds())
REQUIRE_SECOND_FACTOR: str = ENVIRONMENT["REQUIRE_SECOND_FACTOR"]
MFA_ADAPTER = "kern_inbox.sign_in.second_factor.SecondFactorAdapter"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "Kern Inbox"
# People sign in with a verified address, or with one that an admin gave them.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

EMAIL_CONFIG: dict[str, Any] = ENVIRONMENT["EMAIL_URL"]
globals().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = ENVIRONMENT["DEFAULT_FROM_EMAIL"]

# Content security policy. No unsafe-*: scripts and styles are files of ours.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # forms carry the token
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT["HTTPS"]
if ENVIRONMENT["HTTPS"]:
    # Browsers take cookies of these names from this host alone: no sibling or subdomain can set one for us.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    MESSAGE_STORAGE = "kern_inbox.web.messages.HostMessages"
SECURE_SSL_REDIRECT: bool = ENVIRONMENT["HTTPS"]
PROBES = [r"^health/", r"^metrics/?$"]  # they come from inside, without TLS and without our name
# A program that forgot TLS is refused, not led on: its token would go over the net in clear each time.
SECURE_REDIRECT_EXEMPT = [*PROBES, r"^api/(?!docs)", r"^hooks/"]
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT["HTTPS"] else 0
if ENVIRONMENT["TRUSTED_PROXIES"]:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

globals().update(task_queues.configuration(REDIS_URL, KERN_TURN_SECONDS, ENVIRONMENT["WORKER_THREADS"]))
