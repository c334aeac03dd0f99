"""Links to tickets of other systems."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client

from sessions_app.actions import tickets
from sessions_app.errors import InvalidAction
from sessions_app.models import ApiToken, Person, Session, TicketLink, TicketSystem, ticket_ids


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
        ("https://help.example/t/HD%2D12", "helpdesk", "HD-12"),
        ("http://HELP.example:80/t/HD-12/", "helpdesk", "HD-12"),
        ("https://user@help.example./t/HD-12/notes#n3", "helpdesk", "HD-12"),
        ("help.example/t/HD-12", "helpdesk", "HD-12"),
        ("<https://help.example/t/HD-12>", "helpdesk", "HD-12"),
        ("<https://help.example/t/HD-12|HD-12>", "helpdesk", "HD-12"),
        ("[the ticket](https://help.example/t/HD-12).", "helpdesk", "HD-12"),
        ("https://bugs.example/browse/SHOP-7", "bugs", "SHOP-7"),
        ("Ticket#HD-12", "helpdesk", "HD-12"),
        ("[Ticket#HD-12]", "helpdesk", "HD-12"),
        ("Ticket ID: HD-12.", "helpdesk", "HD-12"),
        ("Help desk ticket no. HD-12", "helpdesk", "HD-12"),
        ("#HD-12", "helpdesk", "HD-12"),
        ("“hd-12”,", "helpdesk", "HD-12"),
        ("HD-١٢", "helpdesk", "HD-12"),
        ("ＨＤ－１２", "helpdesk", "HD-12"),
        ("HD–12", "helpdesk", "HD-12"),
        ("HD\u204312", "helpdesk", "HD-12"),
        ("\u200b\u00a0HD\u201112\u202e\ufeff\n", "helpdesk", "HD-12"),
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


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "\u200b", "12345", "new", "..", ".", "HD-1\nHD-2", "HD-1, HD-2", "HD-" + "1" * 80, "HD-1/../new"),
        *(
            "https://elsewhere.example/t/HD-1",
            "https://help.example.evil.example/t/HD-1",
            "https://help.example@evil.example/t/HD-1",
            "https://evil.example\\@help.example/t/HD-1",
        ),
        *(
            "https://help.example/t/new",
            "https://help.example/search?q=HD-1",
            "https://help.example/t/..",
            "https://help.example/t/",
        ),
        *("https://help.example/t/HD-1/../new", "https://help.example/t/HD-1/%2e%2e/x", "https://help.example/t/a%2FHD-1"),
        *("https://[help.example/t/HD-1", "javascript:alert(1)//HD-1"),
    ],
)
@pytest.mark.parametrize("system", [None, "helpdesk"])
def test_what_is_no_ticket_is_refused_with_an_example(session: Session, ana: Person, text: str, system: str | None) -> None:
    chosen = TicketSystem.objects.get(slug=system) if system else None
    with pytest.raises(InvalidAction) as refused:
        tickets.link(session, ana, text, chosen)
    assert not TicketLink.objects.exists()
    if ticket_ids.normalized(text) and len(text) < 80:
        assert "HD-123 or https://help.example/t/HD-123" in refused.value.message


def test_an_id_is_linked_once_however_it_is_spelled(session: Session, ana: Person) -> None:
    helpdesk = TicketSystem.objects.get(slug="helpdesk")
    assert tickets.link(session, ana, "hd-12", helpdesk) == tickets.link(session, ana, "HD-12")
    assert TicketLink.objects.get().ticket_id == "HD-12"


def test_a_system_that_spells_it_just_so_comes_first(session: Session, ana: Person) -> None:
    TicketSystem.objects.create(slug="small", name="Small", url_template="https://s.example/{id}", pattern=r"hd-\d+")
    assert tickets.link(session, ana, "hd-12").system.slug == "small"
    assert tickets.link(session, ana, "HD-12").system.slug == "helpdesk"


@pytest.mark.parametrize("text", ["Help desk HD-12", "help\u00a0desk: HD-12", "Ｈｅｌｐ desk #HD-12"])
def test_a_system_is_chosen_by_its_whole_name(session: Session, ana: Person, text: str) -> None:
    for slug, name in (("a", "Help"), ("z", "Help")):
        TicketSystem.objects.create(slug=slug, name=name, url_template="https://s.example/{id}", pattern=r"HD-\d+")
    assert tickets.link(session, ana, text).system.slug == "helpdesk"


def test_the_pattern_of_a_chosen_system_decides_too(session: Session, ana: Person) -> None:
    bugs = TicketSystem.objects.get(slug="bugs")
    assert (
        tickets.link(session, ana, "https://bugs.example/browse/shop-7", bugs).url == "https://bugs.example/browse/SHOP-7/view"
    )
    with pytest.raises(InvalidAction, match=r"12345.*no ticket of Bugs. Write for example"):
        tickets.link(session, ana, "12345", bugs)


@pytest.mark.parametrize(
    ("template", "pattern", "pasted", "ticket_id"),
    [
        (
            "https://acme.zendesk.com/agent/tickets/{id}",
            r"\d+",
            "https://acme.zendesk.com/agent/tickets/48213?brand=1",
            "48213",
        ),
        (
            "https://acme.atlassian.net/browse/{id}",
            "",
            "https://acme.atlassian.net/browse/KERN-12?focusedCommentId=1",
            "KERN-12",
        ),
        ("https://github.com/acme/shop/issues/{id}", r"\d+", "github.com/acme/shop/issues/12#issuecomment-3", "12"),
        ("https://help.acme.com/#ticket/zoom/{id}", r"\d+", "https://help.acme.com/#ticket/zoom/12/345", "12"),
        ("https://acme.freshdesk.com/a/tickets/{id}", "", "https://acme.freshdesk.com/a/tickets/7", "7"),
        (
            "https://otrs.acme.com/index.pl?Action=Zoom;TicketID={id}",
            "",
            "https://otrs.acme.com/index.pl?TicketID=9;Action=Zoom",
            "9",
        ),
        ("https://bugs.acme.com/show_bug.cgi?id={id}", "", "https://bugs.acme.com/show_bug.cgi?list=1&id=77#c2", "77"),
        ("https://{id}.desk.acme.com/", "", "https://t7.desk.acme.com/files", "t7"),
        ("https://bücher.example/t/{id}", "", "https://xn--bcher-kva.example/t/5", "5"),
    ],
)
def test_addresses_as_ticket_systems_write_them(
    session: Session, ana: Person, template: str, pattern: str, pasted: str, ticket_id: str
) -> None:
    TicketSystem.objects.create(slug="theirs", name="Theirs", url_template=template, pattern=pattern)
    link = tickets.link(session, ana, pasted)
    assert (link.system.slug, link.ticket_id) == ("theirs", ticket_id)


def test_a_system_without_a_pattern_takes_what_has_a_number_and_leads_nowhere_else(session: Session, ana: Person) -> None:
    plain = TicketSystem.objects.create(slug="plain", name="Plain", url_template="https://p.example/t/{id}")
    assert tickets.link(session, ana, "Ticket #48213").system == plain
    for text in ("new", "..", "search", "a/1", "https://p.example/t/new", "https://p.example/t/..", "-", "№"):
        with pytest.raises(InvalidAction, match=r"12345 or https://p\.example/t/12345"):
            tickets.link(session, ana, text, plain)


def test_a_name_of_a_system_before_the_id_chooses_it(session: Session, ana: Person) -> None:
    TicketSystem.objects.create(slug="other", name="Other desk", url_template="https://o.example/{id}", pattern=r"HD-\d+")
    with pytest.raises(InvalidAction, match=r"could be a ticket of Help desk or Other desk.*like “Help desk HD-12”"):
        tickets.link(session, ana, "HD-12")
    assert tickets.link(session, ana, "other desk #HD-12").system.slug == "other"


def test_two_systems_with_the_same_addresses_are_told_apart_by_nobody(session: Session, ana: Person) -> None:
    TicketSystem.objects.create(slug="twin", name="Twin", url_template="https://help.example/t/{id}")
    with pytest.raises(InvalidAction, match="Help desk or Twin"):
        tickets.link(session, ana, "https://help.example/t/HD-12")


def test_the_admin_and_the_api_go_by_the_same_pattern(client: Client, session: Session, ana: Person) -> None:
    client.force_login(ana)
    helpdesk = TicketSystem.objects.get(slug="helpdesk")
    form = {"session": session.pk, "system": helpdesk.pk, "ticket_id": "https://help.example/t/new"}
    refused = client.post("/admin/sessions_app/ticketlink/add/", form)
    assert "has no ticket like this. Write for example HD-123" in unescape(refused.content.decode())
    client.post("/admin/sessions_app/ticketlink/add/", {**form, "ticket_id": "http://HELP.example/t/hd-12?x=1"})
    secret = {"Authorization": f"Bearer {ApiToken.make('script', ana)[1]}"}
    sent: dict[str, Any] = {"content_type": "application/json", "headers": secret}
    address = f"/api/sessions/{session.session_id}/tickets"
    assert client.post(address, {"ticket_id": "new", "system": "helpdesk"}, **sent).status_code == 422
    assert client.post(address, {"ticket_id": "Ticket#HD-12"}, **sent).json()["ticket_id"] == "HD-12"
    assert TicketLink.objects.get().ticket_id == "HD-12"


@pytest.mark.parametrize(
    "text",
    ["Ticket#HD-12", "#hd-12", "ticket no. HD-12", "http://help.example/t/HD-12/?x", "ＨＤ－１２", "HD-١٢", "\u200bHD-12"],
)
def test_a_search_finds_a_ticket_however_its_id_is_written(client: Client, session: Session, ana: Person, text: str) -> None:
    tickets.link(session, ana, "HD-12")
    client.force_login(ana)
    assert f'id="session_{session.pk}"' in client.get("/search/", {"q": text}).content.decode()
    assert (
        f'id="session_{session.pk}"'
        not in client.get("/search/", {"q": text.replace("2", "3").replace("２", "３").replace("٢", "٣")}).content.decode()
    )


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
