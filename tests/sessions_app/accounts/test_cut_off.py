"""Who may no longer see a page is cut off: its stream ends at once, on a real server, with Redis and without."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from sessions_app.accounts import sign_ins
from sessions_app.actions import messages, moving
from sessions_app.changes import log, publish
from sessions_app.models import Person, Queue, Session
from sessions_app.views.live import hub
from tests.asgi_server import Server

#: Much less than what an open page is believed without being asked (`hub.TRUST`): only word of it can end the stream in time.
PATIENCE = 12.0
LONG_SECRET = "a long new secret"


@pytest.fixture(params=["redis", "change log"])
def server(request: pytest.FixtureRequest, settings: Settings, rows: None) -> Iterator[Server]:
    """The program on a real server; whatever ends is told by Redis, or seen where the change log is read."""
    assert hub.TRUST > 2 * PATIENCE
    settings.ALLOWED_HOSTS = ["*"]
    settings.REDIS_URL = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    running = Server()
    running.start()
    yield running
    running.stop()


class Tab:
    """An open page of a signed-in person, by its stream."""

    def __init__(self, server: Server, client: Client, query: str = "") -> None:
        self.connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=PATIENCE)
        self.connection.request("GET", f"/live/{query}", headers={"Cookie": f"sessionid={client.cookies['sessionid'].value}"})
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200
        assert self.answer.readline() == b": open\n"

    def ends(self) -> list[bytes]:
        """Read to the end of the stream; what it says about the sign-in at last. Raises `TimeoutError` where it goes on."""
        lines = self.answer.read().splitlines()
        return [line for before, line in pairwise(lines) if before == b"event: signed-out"]

    def hears(self) -> bytes:
        """The next event's name."""
        while not (line := self.answer.readline()).startswith(b"event"):
            assert line
        return line


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def refused(client: Client, session: Session) -> bool:
    """Whether no request with this cookie is answered any more, of whichever kind."""
    fragment = client.get(f"/sessions/{session.session_id}/timeline/", headers={"HX-Request": "true"})
    asked = [client.get("/live/"), fragment, client.post(f"/sessions/{session.session_id}/name/", {"name": "x"})]
    return client.get("/open/").status_code == 302 and [answer.status_code for answer in asked] == [401, 401, 401]


def by_signing_out(ben: Person, client: Client, ana: Person) -> None:
    client.post("/accounts/logout/")


def on_another_device(ben: Person, client: Client, ana: Person) -> None:
    signed_in(ben).post("/profile/devices/", {"end": "others"})


def by_an_admin(ben: Person, client: Client, ana: Person) -> None:
    row, admin = sign_ins.of(ben)[0], signed_in(ana)
    admin.post("/accounts/reauthenticate/", {"password": "secret"})
    deleted = admin.post(f"/admin/usersessions/usersession/{row.pk}/delete/", {"post": "yes"})
    assert deleted.status_code == 302


def by_a_new_password(ben: Person, client: Client, ana: Person) -> None:
    ben.set_password(LONG_SECRET)
    ben.save()


def by_a_command(ben: Person, client: Client, ana: Person) -> None:
    typed = f"from sessions_app.models import Person; p = Person.objects.get(pk={ben.pk}); p.set_password('{LONG_SECRET}')"
    call_command("shell", command=f"{typed}; p.save()", no_imports=True)


def by_closing_the_account(ben: Person, client: Client, ana: Person) -> None:
    ben.is_active = False
    ben.save()


def by_deleting_the_account(ben: Person, client: Client, ana: Person) -> None:
    ben.delete()


WAYS = (
    by_signing_out,
    on_another_device,
    by_an_admin,
    by_a_new_password,
    by_a_command,
    by_closing_the_account,
    by_deleting_the_account,
)


@pytest.mark.parametrize("end", WAYS)
def test_a_sign_in_that_ends_takes_its_open_pages_along(
    end: Callable[[Person, Client, Person], None], server: Server, ana: Person, ben: Person, session: Session
) -> None:
    client, anas = signed_in(ben), signed_in(ana)
    tabs = [Tab(server, client), Tab(server, client, f"?session={session.session_id}")]
    after = log.newest()
    another = Tab(server, anas, f"?after={after}")
    end(ben, client, ana)
    assert [tab.ends() for tab in tabs] == [[b"data: ended"]] * 2
    assert refused(client, session)
    messages.note(session, ana, "Somebody else's page goes on")
    assert another.hears() == b"event: list-changed\n"


def out_of_the_queue(ben: Person, session: Session, parcels: Queue, ana: Person) -> None:
    ben.queues.clear()


def out_of_the_queue_by_its_page(ben: Person, session: Session, parcels: Queue, ana: Person) -> None:
    assert session.queue
    session.queue.members.remove(ben)


def moved_to_another_queue(ben: Person, session: Session, parcels: Queue, ana: Person) -> None:
    moving.move(session, ana, parcels)


@pytest.mark.parametrize("lose", [out_of_the_queue, out_of_the_queue_by_its_page, moved_to_another_queue])
def test_who_loses_a_conversation_hears_no_more_of_it(
    lose: Callable[[Person, Session, Queue, Person], None],
    server: Server,
    ana: Person,
    ben: Person,
    session: Session,
    parcels: Queue,
) -> None:
    tab = Tab(server, signed_in(ben), f"?session={session.session_id}")
    lose(ben, session, parcels, ana)
    assert tab.ends() == []


def test_who_is_no_admin_any_more_hears_of_their_own_queues_alone(
    server: Server, ana: Person, session: Session, parcels: Queue
) -> None:
    tab = Tab(server, signed_in(ana), f"?session={session.session_id}")
    ana.is_superuser = False
    ana.save()
    assert tab.ends() == []


def test_a_sign_in_that_is_over_by_itself_takes_its_open_pages_along(
    server: Server, ben: Person, session: Session, settings: Settings
) -> None:
    client = signed_in(ben)
    tab = Tab(server, client)
    settings.SIGN_IN_LIFETIME = timezone.now() - timezone.now()
    publish.look_again(people=[ben.pk])
    assert tab.ends() == [b"data: lifetime"]
    assert refused(client, session)


def test_who_must_set_up_a_second_factor_first_hears_nothing_before(server: Server, ben: Person) -> None:
    tab = Tab(server, signed_in(ben))
    ben.must_use_second_factor = True
    ben.save()
    assert tab.ends() == [b"data: second-factor"]


def test_an_account_that_is_opened_again_has_no_old_sign_ins(ben: Person, session: Session) -> None:
    client = signed_in(ben)
    for is_active in (False, True):
        ben.is_active = is_active
        ben.save()
    assert refused(client, session)
