"""Labels of a decision's buttons, by its kind."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy as _

from sessions_app.queries.presenters.badge import Words


@dataclass(frozen=True)
class Verbs:
    """The words of a card's buttons and forms; `reject` opens the form in which a person says why (`ask_why`)."""

    approve: Words
    approve_second: Words
    approve_anyway: Words
    approve_edited: Words
    editing: Words
    reject: Words
    rejecting: Words
    ask_why: Words
    reject_now: Words
    reject_and_take_over: Words
    responding: Words


CALL = Verbs(
    approve=_("Approve"),
    approve_second=_("Approve as second"),
    approve_anyway=_("Approve anyway"),
    approve_edited=_("Approve with edits"),
    editing=_("Editing <code>{tool}</code>"),
    reject=_("Reject…"),
    rejecting=_("Rejecting <code>{tool}</code>"),
    ask_why=_("Why not? The agent reads this, may tell the customer, and tries another way."),
    reject_now=_("Reject"),
    reject_and_take_over=_("Reject and take over"),
    responding=_("Answering in the place of <code>{tool}</code>"),
)
DRAFT = replace(
    CALL,
    approve=_("Send"),
    approve_anyway=_("Send anyway"),
    approve_edited=_("Send with edits"),
    editing=_("Editing the draft"),
    reject=_("Send back…"),
    rejecting=_("Sending the draft back"),
    ask_why=_("What should be different? The agent reads this and writes again."),
    reject_now=_("Send back"),
    reject_and_take_over=_("Send back and take over"),
)
UNCERTAIN = replace(
    CALL,
    approve=_("It did not happen: run it"),
    approve_second=_("It did not happen: run it, as second"),
    approve_anyway=_("It did not happen: run it"),
    reject=_("Give up…"),
    rejecting=_("Giving up on <code>{tool}</code>"),
    ask_why=_("What is known? The agent reads this, and that nobody could say whether it happened."),
    reject_now=_("Give up"),
    reject_and_take_over=_("Give up and take over"),
)
OUTSIDE = replace(CALL, reject=_("It could not be done…"))
