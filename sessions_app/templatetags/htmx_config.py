"""The configuration of htmx on the desk's pages: `{% load htmx_config %}{% htmx_config %}`."""

from __future__ import annotations

import json

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
CONFIG = {
    # The style element that htmx would add breaks the content security policy.
    "includeIndicatorCSS": False,
    # A refused request leaves the page as it is; what went wrong is said in a toast.
    "noSwap": [204, 304, 400, 401, 403, 404, "5xx"],
    # What was unfolded stays so when its entry is replaced.
    "morphIgnore": ["data-htmx-powered", "open"],
    # A decision that a person is typing into, or has typed into, is not replaced under their hands.
    "morphSkip": ", ".join(
        [
            "[hx-morph-skip]",
            ".decision[data-mode]",
            ".decision:has(:is(input, textarea, select):focus)",
            ".decision:has(:user-valid, :user-invalid)",
            # Nor one that says what is wrong with what they sent.
            ".decision:has([aria-invalid], .notice[data-tone=bad])",
        ]
    ),
}


@register.simple_tag
def htmx_config() -> SafeString:
    """The element from which htmx reads its configuration."""
    return format_html('<meta name="htmx-config" content="{}">', json.dumps(CONFIG))
