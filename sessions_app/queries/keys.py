"""Every key of the desk's pages: one list for the help, the palette, and the attributes of buttons."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: The key that people hold for commands: ⌘ on a Mac, else Ctrl.
COMMAND = "command"


@dataclass(frozen=True)
class Key:
    """One thing that a key does. `caps` are pressed one after the other, or held together with the command key.

    `shortcut` is what the element that does it has as `aria-keyshortcuts`; only such keys are in the palette.
    """

    name: str
    caps: tuple[str, ...]
    words: Promise
    shortcut: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Group:
    """Keys below one heading of the help."""

    title: Promise
    keys: tuple[Key, ...]


def _pressed(name: str, cap: str, words: Promise, icon: str = "") -> Key:
    return Key(name, (cap,), words, cap.lower(), icon)


GROUPS = (
    Group(
        _("Anywhere"),
        (
            Key("palette", (COMMAND, "K"), _("Go to or do anything"), "Meta+K Control+K"),
            Key("search", ("/",), _("Search"), "/"),
            Key("hits", ("[", "]"), _("Hit before, hit after")),
            Key("help", ("?",), _("This help")),
            Key("go-decisions", ("G", "D"), _("Go to Decisions")),
            Key("go-needs-person", ("G", "P"), _("Go to Needs a person")),
            Key("go-mine", ("G", "M"), _("Go to Mine")),
            Key("go-jobs", ("G", "J"), _("Go to Jobs")),
            Key("back", ("Esc",), _("Close or go back")),
        ),
    ),
    Group(
        _("List"),
        (
            Key("move", ("J", "K"), _("Next, previous")),
            Key("open", ("↵",), _("Open")),
            Key("select", ("X",), _("Select")),
            Key("select-range", ("⇧", "X"), _("Select a range")),
            Key("select-all", ("⇧", "A"), _("Select all on the page")),
        ),
    ),
    Group(
        _("Decision"),
        (
            _pressed("approve", "A", _("Approve"), "check"),
            _pressed("edit", "E", _("Edit"), "pencil-line"),
            _pressed("reject", "R", _("Reject with a reason"), "x"),
            Key("next", ("N",), _("Skip to the next")),
        ),
    ),
    Group(
        _("Conversation"),
        (
            _pressed("assign", "I", _("Assign"), "user-round-plus"),
            _pressed("priority", "P", _("Priority"), "arrow-up"),
            Key("label", ("⇧", "L"), _("Label"), "Shift+L", "tag"),
            _pressed("lead", "O", _("Take over or hand back"), "user-round-check"),
            _pressed("resolve", "C", _("Resolve"), "check"),
            _pressed("snooze", "Z", _("Snooze"), "alarm-clock"),
            _pressed("move-queue", "V", _("Another queue"), "inbox"),
            _pressed("spam", "!", _("Spam, not spam"), "ban"),
            _pressed("ticket", "T", _("Link ticket"), "ticket"),
            Key("rename", ("F2",), _("Rename"), "F2", "text-cursor-input"),
            Key("undo", (COMMAND, "Z"), _("Undo"), "Meta+Z Control+Z"),
            _pressed("unread", "U", _("Mark as unread"), "mail"),
            _pressed("details", "D", _("Details"), "panel-right"),
        ),
    ),
    Group(
        _("Names"),
        (
            Key("save-name", ("↵",), _("Save, to the next")),
            Key("save-name-back", ("⇧", "↵"), _("Save, to the one before")),
            Key("take-suggestion", ("Tab",), _("Take the suggestion")),
            Key("old-name", ("Esc",), _("The old name back")),
            Key("undo-name", (COMMAND, "Z"), _("Undo the last name")),
        ),
    ),
    Group(
        _("Tickets"),
        (
            Key("open-ticket", ("O",), _("Open in its system")),
            Key("merge", ("M",), _("Merge")),
            Key("close-here", ("C",), _("Close here too")),
        ),
    ),
    Group(
        _("Writing"),
        (
            _pressed("reply", "L", _("Reply"), "message-square-text"),
            _pressed("note", "M", _("Note"), "lock"),
            Key("send", (COMMAND, "↵"), _("Send"), "Meta+Enter Control+Enter"),
        ),
    ),
)
BY_NAME = {key.name: key for group in GROUPS for key in group.keys}
#: The groups whose keys act on the open conversation.
ACTIONS = tuple(key for group in GROUPS[2:] for key in group.keys if key.icon)
