"""The kinds of bulk jobs. A new kind is a file of its own, and one line here."""

from __future__ import annotations

from django.utils.translation import gettext as _

from sessions_app.errors import InvalidAction
from sessions_app.jobs.action import Action
from sessions_app.jobs.assigning import Assign
from sessions_app.jobs.closing import Reopen, Resolve
from sessions_app.jobs.deleting import Delete, Restore
from sessions_app.jobs.handing_back import HandBack
from sessions_app.jobs.labelling import AddLabel, RemoveLabel
from sessions_app.jobs.linking import Link
from sessions_app.jobs.moving import Move
from sessions_app.jobs.naming import NameWithAI
from sessions_app.jobs.naming_in_batch import NameInBatch
from sessions_app.jobs.prioritizing import SetPriority
from sessions_app.jobs.renaming import Rename, Unlock
from sessions_app.jobs.spam import NotSpam, Spam
from sessions_app.models import Person

#: In the order of the menu.
KINDS: tuple[Action, ...] = (
    *(NameWithAI(), NameInBatch(), Rename(), Unlock(), Link()),
    *(Assign(), Move(), AddLabel(), RemoveLabel(), SetPriority(), HandBack()),
    *(Resolve(), Reopen(), Spam(), NotSpam(), Delete(), Restore()),
)
ACTIONS: dict[str, Action] = {action.name: action for action in KINDS}


def action_of(kind: str) -> Action:
    """Return the action of that name. Raises `InvalidAction`."""
    action = ACTIONS.get(kind)
    if action is None:
        raise InvalidAction(_("There is no bulk action “%(kind)s”.") % {"kind": kind[:40]})
    return action


def menu_of(person: Person, *, deciding: bool = False) -> list[Action]:
    """Return the actions that the lists of the inbox offer the person; of decisions (`deciding`) those that fit there."""
    offered = [action for action in KINDS if action.in_menu and (action.fits_decisions or not deciding)]
    return [action for action in offered if action.is_offered() and (person.is_superuser or not action.admins_only)]
