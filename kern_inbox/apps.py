from django.apps import AppConfig


class KernInboxConfig(AppConfig):
    """The project itself, so that its checks are registered."""

    name = "kern_inbox"
    label = "kern_inbox"
    verbose_name = "Kern Inbox"
