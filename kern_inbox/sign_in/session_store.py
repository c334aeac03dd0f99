"""Storage of sign-ins (`SESSION_ENGINE`): Django's table with expiry times of our own; open pages are told when one ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from sessions_app.accounts import sign_ins
from sessions_app.changes import publish
from sessions_app.infrastructure.prepared import Prepared, Slot

_BY_KEY = Prepared(
    lambda: Session.objects.filter(
        session_key=Slot("key", Session, "session_key"), expire_date__gt=Slot("now", Session, "expire_date")
    )
)


class SessionStore(DatabaseStore):
    """Django's sessions in the database. A row's `expire_date` is the end of an idle sign-in, and never past its lifetime."""

    #: The expiry of the row that was read.
    expires_at: datetime | None = None

    def load(self) -> dict[str, Any]:
        """Read the row, and remember its expiry."""
        row = _BY_KEY.first(key=self.session_key, now=timezone.now())
        if row is None:
            # Whatever is kept then gets a key of its own: nobody chooses the key of another's sign-in.
            self._session_key = None
        self.expires_at = row.expire_date if row else None
        return self.decode(row.session_data) if row else {}

    async def aload(self) -> dict[str, Any]:
        """Read the row, and remember its expiry."""
        row = await self._aget_session_from_db()  # type: ignore[attr-defined]  # the stubs leave it out
        self.expires_at = row.expire_date if row else None
        return self.decode(row.session_data) if row else {}

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """Return the expiry of an idle sign-in."""
        asked = super().get_expiry_date(**kwargs)
        return min(asked, sign_ins.expires_at(self) or asked)

    async def aget_expiry_date(self, **kwargs: Any) -> datetime:
        """Return the expiry of an idle sign-in."""
        asked = await super().aget_expiry_date(**kwargs)
        data = await self._aget_session()  # type: ignore[attr-defined]  # the stubs leave it out
        return min(asked, sign_ins.expires_at(data) or asked)

    def delete(self, session_key: str | None = None) -> None:
        """Delete the sign-in and tell its open pages once that is committed."""
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
        """Delete rows that ended more than a day ago (`manage.py clearsessions`); sign-ins do so, too, some rows each."""
        while sign_ins.clear_ended():
            pass
