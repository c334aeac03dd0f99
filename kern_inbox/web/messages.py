"""Storage of the one-line message that a page shows after a form was sent."""

from django.contrib.messages.storage.cookie import CookieStorage


class HostMessages(CookieStorage):
    """Storage in a signed cookie that browsers accept from this host alone."""

    cookie_name = "__Host-messages"
