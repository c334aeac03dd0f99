"""What open pages are told through Redis, and that nothing fails without it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from redis import Redis

from kern.models.base import ModelRequest
from kern.testing import call
from kern_inbox.run.embedded_redis import EmbeddedRedis, free_port
from sessions_app.actions import deleting, messages, moving, sessions
from sessions_app.changes import publish
from sessions_app.models import Person, Queue, Run, Session
from tests.desk import actor

Heard = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def heard(settings: Settings, redis_url: str) -> Iterator[Heard]:
    """What was published since the test began."""
    settings.REDIS_URL = redis_url
    with Redis.from_url(redis_url) as client, client.pubsub() as subscription:
        subscription.subscribe(publish.CHANNEL)
        assert subscription.get_message(timeout=5), "Redis did not confirm the subscription"

        def payloads() -> list[dict[str, Any]]:
            client.publish(publish.CHANNEL, '"end"')
            found: list[dict[str, Any]] = []
            while (message := subscription.get_message(timeout=5)) is None or message["data"] != b'"end"':
                found += [json.loads(message["data"])] if message else []
            return found

        yield payloads


def test_each_change_is_told_with_its_number(session: Session, heard: Heard) -> None:
    messages.receive(session, "Hello")
    change = session.changes.filter(kind="message.customer").get()
    assert {"t": "change", "s": session.pk, "c": change.pk, "k": "message.customer"} in heard()


def test_the_words_of_an_answer_come_whole_and_end(session: Session, heard: Heard, work: Callable[[], list[str]]) -> None:
    actor.says("It will arrive tomorrow.")
    messages.receive(session, "When?")
    work()
    texts = [item for item in heard() if item["t"] == "text"]
    assert texts[0]["x"] == "It "
    assert texts[-1] == {
        "t": "text",
        "s": session.pk,
        "r": Run.objects.get().run_id,
        "x": "It will arrive tomorrow.",
        "d": True,
    }


def test_words_are_sent_seldom_however_many_there_are(session: Session, heard: Heard, work: Callable[[], list[str]]) -> None:
    actor.says("word " * 2_000)
    messages.receive(session, "Talk")
    work()
    texts = [item["x"] for item in heard() if item["t"] == "text"]
    assert len(texts) < 200
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))


def test_a_members_words_carry_the_members_run(parcels: Queue, heard: Heard, work: Callable[[], list[str]]) -> None:
    actor.says(call("delegate_to_member", member="Packer", task="Pack"), "Packed.", "All is packed.")
    messages.receive(sessions.start_session(parcels, user_id="kim"), "Pack it")
    work()
    last_words = {item["r"]: item["x"] for item in heard() if item.get("d")}
    assert last_words == {run.run_id: run.content for run in Run.objects.all()}


def test_a_failed_answer_ends_its_words_too(session: Session, heard: Heard, work: Callable[[], list[str]]) -> None:
    def taken_over(request: ModelRequest) -> str:
        Session.objects.get(pk=session.pk).raise_fence()
        return "Too late"

    actor.says(taken_over)
    messages.receive(session, "Hello")
    work()
    assert [item["x"] for item in heard() if item.get("d")] == ["Too late"]


def test_without_redis_everything_works_and_the_log_has_one_line(
    session: Session, settings: Settings, work: Callable[[], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    actor.says("word " * 50)
    messages.receive(session, "Talk")
    assert work() == ["completed"]
    assert len([line for line in caplog.messages if "Redis does not answer" in line]) == 1


def test_a_restarted_redis_is_used_again(settings: Settings, session: Session, tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    server.start()
    try:
        settings.REDIS_URL = server.url
        publish.publish_change(publish.Told(session.pk, 1, "message.customer", None))
        server.kill()
        publish.publish_change(publish.Told(session.pk, 2, "message.customer", None))
        server.start()
        with Redis.from_url(server.url) as client, client.pubsub() as subscription:
            subscription.subscribe(publish.CHANNEL)
            assert subscription.get_message(timeout=5)
            heard = None
            # It is left alone for a moment after it failed.
            for change in range(3, 60):
                publish.publish_change(publish.Told(session.pk, change, "message.customer", None))
                if heard := subscription.get_message(timeout=1):
                    break
        assert heard is not None
        assert json.loads(heard["data"])["t"] == "change"
    finally:
        server.stop()


def test_changes_of_a_bulk_job_come_in_bundles(orders: Queue, heard: Heard) -> None:
    with publish.together():
        begun = [sessions.start_session(orders, user_id=f"kim-{number}") for number in range(20)]
    told = heard()
    assert {one["t"] for one in told} == {"changes"}
    assert len(told) < 10
    assert [session for one in told for session, *_rest in one["x"]] == [session.pk for session in begun]
    assert {(queue, left) for one in told for *_rest, queue, left in one["x"]} == {(orders.pk, "")}


def test_a_move_tells_the_queue_that_was_left_alone_and_in_a_bundle(
    session: Session, orders: Queue, parcels: Queue, ana: Person, heard: Heard
) -> None:
    moving.move(session, ana, parcels)
    assert [one.get("l") for one in heard() if one.get("k") == "session.moved"] == ["orders"]
    with publish.together():
        moving.move(session, ana, orders)
    told = [line for one in heard() if one["t"] == "changes" for line in one["x"]]
    assert [line[3:] for line in told if line[2] == "session.moved"] == [[orders.pk, "parcels"]]


def test_conversations_that_a_bulk_job_deletes_are_told_together_too(orders: Queue, ana: Person, heard: Heard) -> None:
    begun = [sessions.start_session(orders, user_id=f"kim-{number}") for number in range(20)]
    heard()
    with publish.together():
        for session in begun:
            deleting.delete(session, ana)
    told = [one for one in heard() if one["t"] == "look"]
    assert len(told) < 10
    assert [session for one in told for session in one["s"]] == [session.pk for session in begun]
