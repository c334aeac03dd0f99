import logging
from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.core.checks import CheckMessage, Error, register
from django.db.models.signals import post_migrate, post_save
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

log = logging.getLogger(__name__)


class SessionsAppConfig(AppConfig):
    """Sessions, runs, messages and the desk that works them."""

    name = "sessions_app"
    label = "sessions_app"
    verbose_name = _("Inbox")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sessions_app.models.labels import name_columns

        name_columns(self.get_models())
        post_migrate.connect(sync_desk, sender=self, dispatch_uid="sync_desk")
        register(check_desk)
        user_logged_in.connect(take_browser_zone, dispatch_uid="take_browser_zone")
        listen_for_audit()
        tell_open_pages()
        ask_desk_about_names()
        free_conversations()
        post_save.connect(forget_other_addresses, sender="sessions_app.Person", dispatch_uid="forget_other_addresses")


def take_browser_zone(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Set the person's time zone at the first sign-in to the browser's, where its form sends one."""
    if request is not None and (zone := request.POST.get("browser_zone", "")):
        user.take_zone(zone)


def listen_for_audit() -> None:
    """Connect the receivers that write audit entries about accounts."""
    from sessions_app.accounts import recording
    from sessions_app.audit import people

    people.listen()
    recording.listen()


def forget_other_addresses(instance: Any, created: bool, raw: bool, update_fields: Any, **_: Any) -> None:
    """Delete the rows of a person's former address after every change of it, so that it does not sign in any more."""
    if not created and not raw and (update_fields is None or "email" in update_fields):
        from sessions_app.accounts.addresses import forget_old_rows

        forget_old_rows(instance)


def tell_open_pages() -> None:
    """Connect the receivers that end open pages when their person loses access."""
    from sessions_app.accounts import cut_off

    cut_off.listen()


def ask_desk_about_names() -> None:
    """Have the desk's own rule judge every name, too."""
    from sessions_app.desk import naming

    naming.listen()


def free_conversations() -> None:
    """Connect the receivers that take conversations from people who leave."""
    from sessions_app.workers import assigning

    assigning.listen()


def sync_desk(**_: Any) -> None:
    """Make rows for the desk's queues after a migration. A desk that can't be loaded is logged, and the migration stays."""
    from sessions_app import desk

    try:
        desk.sync()
    except desk.DeskError as error:
        log.error("the desk's queues were not made: %s", error)


def check_desk(**_: Any) -> list[CheckMessage]:
    """Check that the desk can be loaded (`manage.py check`)."""
    from sessions_app import desk

    try:
        desk.load()
    except desk.DeskError as error:
        return [Error(str(error), id="sessions_app.E001")]
    return []
