from allauth.account.signals import authentication_step_completed
from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _


class KernInboxConfig(AppConfig):
    """The project itself as an app, so that its checks are registered."""

    name = "kern_inbox"
    label = "kern_inbox"
    verbose_name = _("Kern Inbox")


class SignInsConfig(UserSessionsConfig):  # type: ignore[misc]  # allauth ships no types
    """allauth's table of sign-ins. `sessions_app.accounts.sign_ins` writes its rows, and keeps one when its key changes."""

    verbose_name = _("Sign-ins")

    def ready(self) -> None:
        from kern_inbox.sign_in import middleware

        user_logged_in.connect(middleware.note_sign_in, dispatch_uid="note_sign_in")
        authentication_step_completed.connect(middleware.change_key, dispatch_uid="change_key_at_reauthentication")
