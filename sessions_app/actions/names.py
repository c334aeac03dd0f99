"""The people's half of naming: rename, ask for a generated name, go back to an earlier one."""

from __future__ import annotations

from django.utils.translation import gettext as _

from kern.errors import InvalidSessionNameError
from kern.naming import check_name
from sessions_app.actions.locking import session_locked
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.errors import InvalidAction, StaleError
from sessions_app.infrastructure import clock
from sessions_app.models import NameRecord, Person, Session
from sessions_app.policy import names as policy
from sessions_app.policy import stand_ins
from sessions_app.policy.naming import plan
from sessions_app.store import DjangoDb
from sessions_app.store.sessions import put_back
from sessions_app.workers.tasks import name_session


def rename(session: Session, person: Person, name: str, *, seen: int | None = None) -> NameRecord:
    """Give the session a name; no generated one replaces it. `seen` is the `name_version` that the person knew.

    Raises `InvalidSessionNameError` (rule L12, or a naming rule of the queue) with a name that passes, and `StaleError`
    when another person named it since `seen`.
    """
    return _give(session, person, _plain(name, session), seen)


def restore(session: Session, person: Person, record: NameRecord) -> NameRecord:
    """Give the session an earlier name of its own again, as a person's choice.

    Raises `InvalidAction` for another session's name, `InvalidSessionNameError` for one that breaks a rule of the queue
    by now.
    """
    if record.session_id != session.pk:
        raise InvalidAction(_("That name belongs to another conversation."))
    return _give(session, person, record.name, None)


def undo(session: Session, person: Person, version: int) -> None:
    """Take back the name that the person gave: the name of before is there again, with its source and lock.

    Raises `InvalidAction` when the session was renamed since that `version`, or by another person.
    """
    with session_locked(session) as locked:
        newest = locked.names.first()
        if newest is None or newest.person_id != person.pk or version != locked.name_version:
            raise InvalidAction(_("This name was changed since: there is nothing of yours to undo."))
        before = locked.names.filter(version__lt=newest.version).order_by("-version", "-pk").first()
        name, source = (before.name, before.source) if before is not None else stand_ins.stand_in(locked)
        put_back(locked, name, source, person)
        plan(locked)


def generate(session: Session, person: Person, *, replace: bool = True) -> None:
    """Ask a worker for a generated name now; without `replace`, not in the place of a person's.

    Raises `InvalidAction` when nothing has been said yet, or the name is locked and is not to be replaced.
    """
    with session_locked(session) as locked:
        if locked.name_locked and not replace:
            raise InvalidAction(_("A person gave this name. Say that it may be replaced, or unlock it first."))
        if not locked.messages.said().exists():
            raise InvalidAction(_("There is nothing to make a name from yet: nobody has written."))
        # Tries begin anew; why the last one failed is shown until one succeeds.
        locked.name_due_at, locked.name_failures = clock.now(), 0
        locked.save(update_fields=["name_due_at", "name_failures"])
        record(locked, Kind.NAME_REQUESTED, person=person)
        name_session.delay_on_commit(locked.session_id)


def unlock(session: Session, person: Person) -> None:
    """Let automatic naming replace the name again, though a person gave it. Unlocking twice does nothing."""
    _lock(session, person, False)


def lock(session: Session, person: Person) -> None:
    """Keep automatic naming from replacing the name. Raises `InvalidAction` for one that only stands in for a name."""
    if session.has_stand_in:
        raise InvalidAction(_("This name is provisional: give the conversation a name first."))
    _lock(session, person, True)


def _lock(session: Session, person: Person, is_locked: bool) -> None:
    with session_locked(session) as locked:
        if locked.name_locked == is_locked:
            return
        locked.name_locked = is_locked
        locked.save(update_fields=["name_locked"])
        record(locked, Kind.NAME_LOCKED if is_locked else Kind.NAME_UNLOCKED, person=person)


def _plain(name: str, session: Session) -> str:
    """Return the name as one line (rule L12); an error proposes one that the rules of the queue allow, too."""
    try:
        return check_name(name)
    except InvalidSessionNameError:
        return policy.checked(name, session)


def _give(session: Session, person: Person, name: str, seen: int | None) -> NameRecord:
    with session_locked(session) as locked:
        newest = locked.names.select_related("person").first()
        if newest is not None and (locked.name, locked.name_source) == (name, Session.NameSource.HUMAN):
            return newest
        by_another = locked.name_source == Session.NameSource.HUMAN and newest is not None and newest.person_id != person.pk
        if newest is not None and by_another and seen not in (None, locked.name_version):
            raise StaleError(
                _("%(person)s named this “%(theirs)s” meanwhile. “%(yours)s” was not saved: save it again to replace that.")
                % {"person": newest.person or _("Somebody"), "theirs": newest.name, "yours": name},
                list(locked.changes.filter(kind=Kind.NAME_CHANGED).order_by("-pk")[:1]),
            )
        DjangoDb().rename_session(locked.session_id, name, "human", person=person)
        return NameRecord.objects.filter(session=locked).latest("pk")
