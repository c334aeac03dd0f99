"""The sessions that agents and teams talk in: read, list, name, delete."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from kern.db.base import Db
from kern.errors import InvalidInputError, ModelError, SessionNotFoundError, SessionOwnershipError
from kern.models.base import Model
from kern.naming import FIRST_MESSAGES, check_name, generate_name
from kern.records.message import Message
from kern.session import AgentSession, SessionPage, SessionSummaryManager
from kern.validation.inputs import Id, must_be_count, must_be_counts, optional_id
from kern.validation.warning import warn_caller


class Sessions:
    """The half of `Agent` and `Team` that is about sessions. Without a `session_id` a verb means the agent's own."""

    db: Db
    model: Model | None
    name: str
    session_id: Id | None
    user_id: Id | None
    session_summary_manager: SessionSummaryManager | None
    _has_warned_of_missing = False

    def get_session(self, session_id: Id | None = None, *, user_id: Id | None = None) -> AgentSession | None:
        """The session, or `None` (with a warning, once an agent, that says how to begin it).

        Raises `SessionOwnershipError` when `user_id` is given and it is another user's.
        """
        session = self._find(session_id, user_id)
        if session is None and not self._has_warned_of_missing:
            self._has_warned_of_missing = True
            key = self._session_id(session_id)
            warn_caller(f"there is no session {key!r} yet, so get_session returns None: run(…, session_id={key!r}) begins it")
        return session

    def list_sessions(self, *, user_id: Id | None = None, limit: int = 50, before: float | str | None = None) -> SessionPage:
        """A page of sessions, last used first. It is a list; `has_more` tells whether there are others, and `before=page.next`
        reads them. Sessions that are used meanwhile move to the first page: `iter_sessions` meets each.
        """
        return self.db.list_sessions(self._user_id(user_id), limit=limit, before=before)

    def iter_sessions(self, *, user_id: Id | None = None, page_size: int = 200) -> Iterator[AgentSession]:
        """Every session that there is now, newest first, each once, whatever is used, renamed, begun or deleted meanwhile.

        Reads a page at a time, so it costs the same memory however many there are.
        """
        must_be_count("page_size", page_size, least=1)
        return self._each(self._user_id(user_id), page_size)

    def get_chat_history(
        self,
        session_id: Id | None = None,
        *,
        user_id: Id | None = None,
        last_n_runs: int | None = None,
        limit: int | None = None,
    ) -> list[Message]:
        """What user and assistant said, oldest first. Raises `SessionNotFoundError`, `SessionOwnershipError`."""
        must_be_counts(last_n_runs=last_n_runs, limit=limit)
        return self._existing(session_id, user_id).get_chat_history(last_n_runs=last_n_runs, limit=limit)

    def set_session_name(
        self,
        session_id: Id | None = None,
        session_name: str | None = None,
        *,
        autogenerate: bool = False,
        user_id: Id | None = None,
    ) -> AgentSession:
        """Name the session by hand or let the model do it; returns the updated session.

        A generated name is not written when somebody renamed the session meanwhile. Raises `SessionNotFoundError`,
        `SessionOwnershipError`, `InvalidSessionNameError` (rule L12, or a word that the storage forbids in names),
        `NamingError` (rule L11; the old name stands).
        """
        if (session_name is None) != autogenerate:
            raise InvalidInputError("give either session_name=… or autogenerate=True")
        session = self._existing(session_id, user_id)
        if session_name is not None:
            renamed = self.db.rename_session(session.session_id, check_name(session_name), "human")
        else:
            opening = self.db.opening(session.session_id, FIRST_MESSAGES)
            allows = partial(self.db.allows_name, session.session_id)
            name = generate_name(self._naming_model(), opening, allows=allows)
            renamed = self.db.rename_session(session.session_id, name, "auto", expected_version=session.name_version)
        if renamed is None:
            raise SessionNotFoundError(f"session {session.session_id} was deleted meanwhile")
        return renamed

    def get_session_name(self, session_id: Id | None = None, *, user_id: Id | None = None) -> str | None:
        """The session's name, or `None` while it has none. Raises `SessionNotFoundError`, `SessionOwnershipError`."""
        return self._existing(session_id, user_id).name

    def delete_session(self, session_id: Id | None = None, *, user_id: Id | None = None) -> bool:
        """Remove the session with all it holds; returns whether there was one. Raises `SessionOwnershipError`."""
        session = self._find(session_id, user_id)
        return session is not None and self.db.delete_session(session.session_id)

    @property
    def required_model(self) -> Model:
        """The model. Raises `ModelError` when none was given."""
        if self.model is None:
            raise ModelError(f"{self.name or type(self).__name__} has no model; give it one", permanent=True, refused=False)
        return self.model

    def _find(self, session_id: Id | None, user_id: Id | None) -> AgentSession | None:
        key, caller = self._session_id(session_id), self._user_id(user_id)
        session = self.db.read_session(key)
        if session is not None and caller and session.user_id and session.user_id != caller:
            raise SessionOwnershipError(f"session {session.session_id} belongs to another user")
        return session

    def _existing(self, session_id: Id | None, user_id: Id | None) -> AgentSession:
        session = self._find(session_id, user_id)
        if session is None:
            key = self._session_id(session_id)
            raise SessionNotFoundError(f"there is no session {key!r}; run(…, session_id={key!r}) begins it")
        return session

    def _each(self, user_id: str | None, page_size: int) -> Iterator[AgentSession]:
        page = self.db.list_sessions(user_id, limit=page_size, order="created")
        yield from page
        while page.has_more:
            page = self.db.list_sessions(user_id, limit=page_size, before=page.next, order="created")
            yield from page

    def _session_id(self, session_id: Id | None) -> str:
        chosen = self._own_session_id(session_id)
        if chosen is None:
            raise SessionNotFoundError("no session id was given; pass session_id=…")
        return chosen

    def _own_session_id(self, session_id: Id | None) -> str | None:
        """The given id, else the agent's own. An empty one is an error, and never means the agent's."""
        return optional_id(self.session_id if session_id is None else session_id, "session_id")

    def _user_id(self, user_id: Id | None) -> str | None:
        return optional_id(self.user_id if user_id is None else user_id, "user_id")

    def _naming_model(self) -> Model:
        manager = self.session_summary_manager
        return manager.model if manager and manager.model else self.required_model


def in_memory() -> Db:
    """A database of its own for whoever was given none."""
    from kern.db.sqlite import MEMORY, SqliteDb

    return SqliteDb(MEMORY)
