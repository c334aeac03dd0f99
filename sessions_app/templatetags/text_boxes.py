"""Text boxes of forms and templates."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sessions_app.validation.text import LONGEST_TEXT

#: Attributes of a text box, for the script that says how much room is left.
COUNTED = {
    "data-most": LONGEST_TEXT,
    "data-left": _("{n} characters left"),
    "data-over": _("{n} characters too many: shorten it, or send it in parts"),
}
