"""Where sign-ins are kept (`SESSION_ENGINE`): in Django's table, with times of their own; open pages are told when one ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import transaction

from sessions_app.accounts import sign_ins
from sessions_app.changes import publish


class SessionStore(DatabaseStore):
    """Django's sessions in the database. A row's `expire_date` is when an idle sign-in ends, and never past its lifetime."""

    #: When the row that was read says that it ends.
    expires_at: datetime | None = None

    def load(self) -> dict[str, Any]:
        """Read the row, and remember when it ends."""
        row = self._get_session_from_db()  # type: ignore[attr-defined]  # the stubs leave it out
        self.expires_at = row.expire_date if row else None
        return self.decode(row.session_data) if row else {}

    async def aload(self) -> dict[str, Any]:
        """Read the row, and remember when it ends."""
        row = await self._aget_session_from_db()  # type: ignore[attr-defined]  # the stubs leave it out
        self.expires_at = row.expire_date if row else None
        return self.decode(row.session_data) if row else {}

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """The moment the row ends if nothing is done any more."""
        asked = super().get_expiry_date(**kwargs)
        return min(asked, sign_ins.expires_at(self) or asked)

    async def aget_expiry_date(self, **kwargs: Any) -> datetime:
        """The moment the row ends if nothing is done any more."""
        asked = await super().aget_expiry_date(**kwargs)
        data = await self._aget_session()  # type: ignore[attr-defined]  # the stubs leave it out
        return min(asked, sign_ins.expires_at(data) or asked)

    def delete(self, session_key: str | None = None) -> None:
        """End it: the pages that it has open are told once that is committed."""
        ended = session_key or self.session_key
        super().delete(session_key)
        if ended:
            transaction.on_commit(lambda: publish.look_again(sign_ins=[ended]))

    def cycle_key(self) -> None:
        """Change the key, as at a sign-in; the sign-in stays what it is."""
        old = self.session_key
        super().cycle_key()
        if old:
            sign_ins.moved(old, self.session_key)

    @classmethod
    def clear_expired(cls) -> None:
        """Delete what ended more than a day ago (`manage.py clearsessions`); sign-ins do so, too, some rows each."""
        while sign_ins.clear_ended():
            pass
