"""Labels and priorities: who makes a label, what a conversation has, and what the log tells."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sessions_app.actions import labels, merging, priorities, sessions
from sessions_app.actions.labels import NameTaken
from sessions_app.customers import erase, exported
from sessions_app.customers.whom import Customer
from sessions_app.errors import Forbidden, InvalidAction
from sessions_app.models import AuditEntry, Label, LabelPolicy, Person, Queue, SavedView, Session, SessionLabel
from sessions_app.models.label import MOST_OF_SESSION
from sessions_app.models.session_read import unread_by
from sessions_app.models.triage import Priority
from sessions_app.queries.search import matching, words_of


def names(session: Session) -> list[str]:
    return [label.name for label in Label.objects.of(session)]


def told(session: Session) -> list[tuple[str, object]]:
    changes = session.changes.filter(kind__regex=r"^(label|priority)\.").order_by("pk")
    return [(change.kind, change.data.get("label") or change.data.get("priority")) for change in changes]


def test_a_label_is_put_on_once_and_taken_off_and_the_log_tells(session: Session, ben: Person) -> None:
    vip = labels.make(ben, "VIP")
    assert labels.add(session, ben, vip)
    assert not labels.add(session, ben, vip)
    assert names(session) == ["VIP"]
    assert labels.remove(session, ben, vip)
    assert not labels.remove(session, ben, vip)
    assert (names(session), told(session)) == ([], [("label.added", "VIP"), ("label.removed", "VIP")])


def test_what_people_do_with_labels_and_priority_makes_a_conversation_new_to_nobody(
    session: Session, ana: Person, ben: Person
) -> None:
    sessions.mark_read(Session.objects.get(pk=session.pk), ana)
    labels.add_by_name(session, ben, "VIP")
    priorities.set_priority(session, ben, Priority.URGENT)
    assert not Session.objects.filter(unread_by(ana), pk=session.pk).exists()


@pytest.mark.parametrize("again", ["vip", " ＶＩＰ ", "V\u200bIP", "vîp"])
def test_a_name_belongs_to_one_label_however_it_is_written(session: Session, ben: Person, again: str) -> None:
    vip = labels.make(ben, "VIP")
    with pytest.raises(NameTaken, match="“VIP” already"):
        labels.make(ben, again)
    assert labels.add_by_name(session, ben, again)[0] == vip
    other = labels.make(ben, "Groups")
    with pytest.raises(NameTaken):
        labels.change(other, ben, again, "red")
    labels.change(vip, ben, again, "red")
    assert Label.objects.get(pk=vip.pk).colour == "red"


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "\u0301", "x" * 41, "two\nlines"])
def test_what_is_no_name_is_refused(ana: Person, name: str) -> None:
    with pytest.raises(InvalidAction):
        labels.make(ana, name)
    assert not Label.objects.exists()


def test_where_only_admins_make_labels_others_use_those_there_are(session: Session, ana: Person, ben: Person) -> None:
    labels.set_makers(ana, "admins")
    with pytest.raises(Forbidden, match="only admins"):
        labels.add_by_name(session, ben, "VIP")
    labels.make(ana, "VIP")
    labels.add_by_name(session, ben, "vip")
    assert names(session) == ["VIP"]
    assert str(LabelPolicy.in_force()) == "Admins alone"


def test_a_conversation_has_a_bounded_number_of_labels(session: Session, ben: Person) -> None:
    for number in range(MOST_OF_SESSION):
        labels.add_by_name(session, ben, f"Label {number}")
    with pytest.raises(InvalidAction, match="take one off"):
        labels.add_by_name(session, ben, "One more")
    assert not Label.objects.called("One more").exists()


def test_a_new_label_gets_a_colour_that_few_have(ben: Person) -> None:
    assert len({labels.make(ben, f"Label {number}").colour for number in range(9)}) == 9
    with pytest.raises(InvalidAction, match="no such colour"):
        labels.make(ben, "Other", "chartreuse")


def test_renaming_keeps_and_deleting_takes_off_and_both_are_audited(session: Session, ana: Person) -> None:
    vip = labels.add_by_name(session, ana, "VIP")[0]
    labels.change(vip, ana, "Very important", "pink")
    assert names(session) == ["Very important"]
    labels.delete(Label.objects.get(pk=vip.pk), ana)
    assert (names(session), SessionLabel.objects.count()) == ([], 0)
    kinds = list(AuditEntry.objects.order_by("number").values_list("kind", flat=True))
    assert kinds[-3:] == ["setup.added", "setup.changed", "setup.removed"]


def test_words_of_labels_are_found_also_after_a_rename(session: Session, parcels: Queue, ana: Person) -> None:
    other = sessions.start_session(parcels, user_id="lee")
    label = labels.add_by_name(session, ana, "Störung Lissabon")[0]
    labels.add_by_name(other, ana, "Groups")

    def found(query: str) -> list[str]:
        return [row.user_id for row in matching(Session.objects.order_by("pk"), words_of(query), ana)]

    for query in ("storung", "LISSAB", "label:lissabon", 'label:"Störung Lissabon"', "-label:groups", "kim lissabon"):
        assert found(query) == ["kim"], query
    assert found("-lissabon") == ["lee"]
    assert found("has:label") == ["kim", "lee"]
    labels.change(label, ana, "Strike", "red")
    assert (found("strike"), found("lissabon"), found("label:strike")) == (["kim"], [], ["kim"])
    # A label of just this name is meant before those that have it in theirs.
    labels.add_by_name(other, ana, "Strike again")
    assert found("label:strike") == ["kim"]


def test_a_priority_is_set_once_and_normal_again(session: Session, ben: Person) -> None:
    assert session.urgency == Priority.NORMAL
    assert priorities.set_priority(session, ben, Priority.HIGH)
    assert not priorities.set_priority(session, ben, Priority.HIGH)
    assert priorities.set_priority(session, ben, Priority.NORMAL)
    assert told(session) == [("priority.set", "high"), ("priority.set", "normal")]
    assert Session.objects.get(pk=session.pk).priority is None


def test_a_merge_keeps_labels_of_both_and_undoing_gives_back(orders: Queue, session: Session, ana: Person) -> None:
    other = sessions.start_session(orders, user_id="kim")
    labels.add_by_name(session, ana, "Both")
    for name in ("Both", "Other"):
        labels.add_by_name(other, ana, name)
    priorities.set_priority(other, ana, Priority.URGENT)
    done = merging.merge(session, other, ana)
    session.refresh_from_db()
    assert (names(session), session.urgency) == (["Both", "Other"], Priority.URGENT)
    merging.undo(done, ana)
    session.refresh_from_db()
    assert (names(session), names(other), session.urgency) == (["Both"], ["Both", "Other"], Priority.NORMAL)


def test_labels_are_exported_and_go_with_their_customer_and_so_do_views_that_name_them(
    session: Session, ana: Person, work: Callable[[], list[str]]
) -> None:
    labels.add_by_name(session, ana, "VIP")
    priorities.set_priority(session, ana, Priority.LOW)
    kims = SavedView.objects.create(name="Hers", where="open", query="q=from%3Akim+is%3Aopen", person=ana)
    others = SavedView.objects.create(name="Other", where="open", query="q=kimono", person=ana)
    kim = Customer("user_id", "kim")
    document = "".join(exported(kim))
    assert '"name": "VIP"' in document
    assert '"priority": "low"' in document
    erase(kim)
    assert not SessionLabel.objects.exists()
    assert Label.objects.filter(name="VIP").exists()
    assert list(SavedView.objects.values_list("pk", flat=True)) == [others.pk] != [kims.pk]
