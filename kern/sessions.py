"""The sessions that agents and teams talk in: read, list, name, delete."""

from __future__ import annotations

from kern.db.base import Db, must_be_counts
from kern.errors import ModelError, SessionNotFoundError, SessionOwnershipError
from kern.message import Message
from kern.models.base import Model
from kern.naming import FIRST_MESSAGES, check_name, generate_name
from kern.session import AgentSession, SessionSummaryManager


class Sessions:
    """The half of `Agent` and `Team` that is about sessions. Without a `session_id` a verb means the agent's own."""

    db: Db
    model: Model | None
    name: str
    session_id: str | None
    user_id: str | None
    session_summary_manager: SessionSummaryManager | None

    def get_session(self, session_id: str | None = None, *, user_id: str | None = None) -> AgentSession | None:
        """The session, or `None`. Raises `SessionOwnershipError` when `user_id` is given and it is another user's."""
        session = self.db.read_session(self._session_id(session_id))
        caller = user_id or self.user_id
        if session is not None and caller and session.user_id and session.user_id != caller:
            raise SessionOwnershipError(f"session {session.session_id} belongs to another user")
        return session

    def list_sessions(self, *, user_id: str | None = None, limit: int = 50, before: float | None = None) -> list[AgentSession]:
        """Sessions, last used first; `before` (an `updated_at`) reads the next page."""
        return self.db.list_sessions(user_id or self.user_id, limit=limit, before=before)

    def get_chat_history(
        self,
        session_id: str | None = None,
        *,
        user_id: str | None = None,
        last_n_runs: int | None = None,
        limit: int | None = None,
    ) -> list[Message]:
        """What user and assistant said, oldest first. Raises `SessionNotFoundError`, `SessionOwnershipError`."""
        must_be_counts(limit=limit)
        return self._existing(session_id, user_id).get_chat_history(last_n_runs=last_n_runs, limit=limit)

    def set_session_name(
        self,
        session_id: str | None = None,
        session_name: str | None = None,
        *,
        autogenerate: bool = False,
        user_id: str | None = None,
    ) -> AgentSession:
        """Name the session by hand or let the model do it; returns the updated session.

        A generated name is not written when somebody renamed the session meanwhile. Raises `SessionNotFoundError`,
        `SessionOwnershipError`, `InvalidSessionNameError` (rule L12), `NamingError` (rule L11; the old name stands).
        """
        if (session_name is None) != autogenerate:
            raise ValueError("give either session_name=… or autogenerate=True")
        session = self._existing(session_id, user_id)
        if session_name is not None:
            renamed = self.db.rename_session(session.session_id, check_name(session_name), "human")
        else:
            name = generate_name(self._naming_model(), self.db.opening(session.session_id, FIRST_MESSAGES))
            renamed = self.db.rename_session(session.session_id, name, "auto", expected_version=session.name_version)
        if renamed is None:
            raise SessionNotFoundError(f"session {session.session_id} was deleted meanwhile")
        return renamed

    def get_session_name(self, session_id: str | None = None, *, user_id: str | None = None) -> str | None:
        """The session's name, or `None` while it has none. Raises `SessionNotFoundError`, `SessionOwnershipError`."""
        return self._existing(session_id, user_id).name

    def delete_session(self, session_id: str | None = None, *, user_id: str | None = None) -> bool:
        """Remove the session with all it holds; returns whether there was one. Raises `SessionOwnershipError`."""
        session = self.get_session(session_id, user_id=user_id)
        return session is not None and self.db.delete_session(session.session_id)

    @property
    def required_model(self) -> Model:
        """The model. Raises `ModelError` when none was given."""
        if self.model is None:
            raise ModelError(f"{self.name or type(self).__name__} has no model; give it one", permanent=True, refused=False)
        return self.model

    def _existing(self, session_id: str | None, user_id: str | None) -> AgentSession:
        session = self.get_session(session_id, user_id=user_id)
        if session is None:
            raise SessionNotFoundError(f"there is no session {self._session_id(session_id)!r}")
        return session

    def _session_id(self, session_id: str | None) -> str:
        chosen = session_id or self.session_id
        if not chosen:
            raise SessionNotFoundError("no session id was given; pass session_id=…")
        return chosen

    def _naming_model(self) -> Model:
        manager = self.session_summary_manager
        return manager.model if manager and manager.model else self.required_model


def in_memory() -> Db:
    """A database of its own for whoever was given none."""
    from kern.db.sqlite import MEMORY, SqliteDb

    return SqliteDb(MEMORY)
