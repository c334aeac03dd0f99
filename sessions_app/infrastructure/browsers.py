"""Names of browsers for people, from their User-Agent header."""

from __future__ import annotations

from django.utils.translation import gettext as _

#: The first that stands in the text: many browsers name others, too, so that sites take them for those.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Vivaldi": "Vivaldi",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}
LONGEST = 60


def called(user_agent: str) -> str:
    """Return a name such as `Firefox on Windows`; an unknown browser keeps its own text."""
    browser = next((name for mark, name in BROWSERS.items() if f"{mark}/" in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    known = browser or system or user_agent[:LONGEST].strip()
    return known or _("A browser that says nothing about itself")
