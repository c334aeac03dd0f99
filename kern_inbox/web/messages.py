"""Where the one line that a page shows after a form was sent is kept until then."""

from django.contrib.messages.storage.cookie import CookieStorage


class HostMessages(CookieStorage):
    """Signed, in a cookie that browsers take from this host alone."""

    cookie_name = "__Host-messages"
