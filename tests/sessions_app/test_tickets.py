"""Links to tickets of other systems."""

from __future__ import annotations

import pytest

from sessions_app import tickets
from sessions_app.models import Person, Session, TicketLink, TicketSystem
from sessions_app.problems import Refused


def kinds(session: Session) -> list[str]:
    return list(session.changes.filter(kind__startswith="ticket.").order_by("pk").values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("text", "system", "ticket_id"),
    [
        (" HD-12 ", "helpdesk", "HD-12"),
        ("SHOP-7", "bugs", "SHOP-7"),
        ("https://help.example/t/HD-12", "helpdesk", "HD-12"),
        ("https://help.example/t/HD-12?tab=2#top", "helpdesk", "HD-12"),
        ("https://bugs.example/browse/SHOP-7/view", "bugs", "SHOP-7"),
        ("https://help.example/t/a%2Fb", "helpdesk", "a/b"),
        ("hd-12", "helpdesk", "HD-12"),
        ("Shop-7", "bugs", "SHOP-7"),
        ("https://help.example/t/hd-12", "helpdesk", "HD-12"),
    ],
)
def test_an_id_or_a_pasted_address_finds_its_system(
    session: Session, ana: Person, text: str, system: str, ticket_id: str
) -> None:
    link = tickets.link(session, ana, text)
    assert (link.system.slug, link.ticket_id, link.linked_by) == (system, ticket_id, ana)


@pytest.mark.parametrize("text", ["", "  ", "12345", "https://elsewhere.example/t/1", "HD-1\nHD-2", "HD-" + "1" * 80])
def test_what_is_no_ticket_is_refused(session: Session, ana: Person, text: str) -> None:
    with pytest.raises(Refused):
        tickets.link(session, ana, text)
    assert not TicketLink.objects.exists()


def test_an_id_is_linked_once_however_it_is_spelled(session: Session, ana: Person) -> None:
    helpdesk = TicketSystem.objects.get(slug="helpdesk")
    assert tickets.link(session, ana, "hd-12", helpdesk) == tickets.link(session, ana, "HD-12")
    assert TicketLink.objects.get().ticket_id == "HD-12"


def test_a_system_that_spells_it_just_so_comes_first(session: Session, ana: Person) -> None:
    TicketSystem.objects.create(slug="small", name="Small", url_template="https://s.example/{id}", pattern=r"hd-\d+")
    assert tickets.link(session, ana, "hd-12").system.slug == "small"
    assert tickets.link(session, ana, "HD-12").system.slug == "helpdesk"


def test_a_chosen_system_takes_ids_of_any_look(session: Session, ana: Person) -> None:
    bugs = TicketSystem.objects.get(slug="bugs")
    assert tickets.link(session, ana, "12345", bugs).url == "https://bugs.example/browse/12345/view"


def test_an_id_that_fits_two_systems_asks_for_the_system(session: Session, ana: Person) -> None:
    TicketSystem.objects.create(slug="other", name="Other desk", url_template="https://o.example/{id}", pattern=r"HD-\d+")
    with pytest.raises(Refused, match="Help desk or Other desk"):
        tickets.link(session, ana, "HD-12")


def test_a_broken_pattern_of_one_system_does_not_stop_the_others(session: Session, ana: Person) -> None:
    TicketSystem.objects.filter(slug="bugs").update(pattern="(")
    assert tickets.link(session, ana, "HD-12").system.slug == "helpdesk"


def test_linking_and_unlinking_twice_changes_nothing_more(session: Session, ana: Person, ben: Person) -> None:
    link = tickets.link(session, ana, "HD-12")
    assert tickets.link(session, ben, "HD-12") == link
    tickets.unlink(link, ben)
    tickets.unlink(link, ben)
    assert kinds(session) == ["ticket.linked", "ticket.unlinked"]
    assert not TicketLink.objects.exists()
