"""Saved views: keep a list with its filters under a name, for oneself or for a queue."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app.errors import Forbidden, InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.models import Person, Queue, SavedView
from sessions_app.models.saved_view import LONGEST_VIEW_NAME, LONGEST_VIEW_QUERY, MOST_VIEWS
from sessions_app.text.folding import fold
from sessions_app.validation.text import checked_name


def save(person: Person, name: str, where: str, query: str, queue: Queue | None = None) -> SavedView:
    """Keep the list `where` with the filters of `query`, for the person or shared with a queue.

    Raises `InvalidAction` for a name that is taken or none, and for one view too many.
    """
    view = SavedView(where=where, made_by=person)
    _put(view, person, name, query, queue)
    with transaction.atomic():
        others = SavedView.objects.beside(view)
        if others.select_for_update().count() >= MOST_VIEWS:
            raise InvalidAction(_("There are %(most)d views already: delete one first.") % {"most": MOST_VIEWS})
        _must_be_free(view)
        view.save()
    return view


def change(view: SavedView, person: Person, *, name: str, query: str, queue: Queue | None) -> None:
    """Give a view another name or other filters, or share it with another queue, or with none. Raises as `save` does."""
    _must_be_theirs(view, person)
    with transaction.atomic():
        locked = SavedView.objects.select_for_update().get(pk=view.pk)
        _put(locked, person, name, query, queue)
        _must_be_free(locked)
        locked.updated_at = clock.now()
        locked.save()


def delete(view: SavedView, person: Person) -> None:
    """Delete a view; its conversations stay as they are. Raises `Forbidden` where it is another person's."""
    _must_be_theirs(view, person)
    view.delete()


def _must_be_theirs(view: SavedView, person: Person) -> None:
    if not view.is_changed_by(person):
        raise Forbidden(_("This view is %(who)s's. Save one of your own.") % {"who": view.made_by or _("another person")})


def _put(view: SavedView, person: Person, name: str, query: str, queue: Queue | None) -> None:
    wanted = checked_name(name, _("The name of a view"), LONGEST_VIEW_NAME)
    if not fold(wanted):
        raise InvalidAction(_("Give the view a name."))
    if len(query) > LONGEST_VIEW_QUERY:
        raise InvalidAction(_("This search is too long to be saved: shorten it."))
    if queue is not None and not Queue.objects.visible_to(person).filter(pk=queue.pk).exists():
        raise Forbidden(_("You do not work the queue %(queue)s.") % {"queue": queue})
    view.name, view.query, view.queue = wanted, query, queue
    # Taken back from a queue it is its maker's again, or the admin's who does it.
    view.person = None if queue else (view.made_by or person)


def _must_be_free(view: SavedView) -> None:
    if SavedView.objects.beside(view).filter(search_text=fold(view.name)).exists():
        raise InvalidAction(_("There is a view “%(name)s” already: choose another name.") % {"name": view.name})
