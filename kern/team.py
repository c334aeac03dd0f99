"""A team: a leader that gives work to members and answers for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType
from typing import Any, ClassVar

from kern.models.base import Model
from kern.participants.participant import Participant
from kern.session import SessionKind


class Team(Participant):
    """A leader with members. Takes what `Agent` takes, and `members`: agents or teams, each with a name of its own.

    The leader's model sees one more tool, which gives a task to a member; the member's run hangs below the leader's
    (`run.member_runs`). What a member needs from a person pauses the whole team, and `continue_run` on the leader's run
    continues it.
    A member without a model uses the leader's. Without members the leader answers alone; `...` among the members is a
    placeholder, as in the documents' examples, and stands for nobody.

    A member works inside its leader's turn and sees its task alone. So these count at the leader, and a member's do nothing:
    `db`, `session_id`, `user_id`, `add_history_to_context`, `num_history_runs`, `cache_session`, `review_answers`, `lease`, and
    `deadline`, which bounds the work of all of them together.
    """

    kind: ClassVar[SessionKind] = "team"

    def __init__(
        self, model: Model | None = None, *, members: Sequence[Participant | EllipsisType] = (), **settings: Any
    ) -> None:
        people = [member for member in members if isinstance(member, Participant)]
        names = [member.name for member in people]
        if not all(names) or len(set(names)) < len(names):
            raise ValueError("each member of a team needs a name of its own: Agent(name='Refunds', …)")
        super().__init__(model, members=[member.bound(model=model) for member in people], **settings)


__all__ = ["Team"]
