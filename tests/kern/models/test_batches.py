"""Batches of requests: sent once, read when they are over, whatever state they ended in."""

from __future__ import annotations

import pytest

from kern.errors import ModelError
from kern.models.base import ModelAnswer, ModelRequest
from kern.models.openai import OpenAIResponses
from kern.models.openai.batches import Batches
from kern.records.message import Message
from tests.responses_server import ErrorReply, ResponsesServer, Text

KEYS = ("first", "second", "third")
REQUESTS = {key: ModelRequest([Message("user", f"The {key} one")]) for key in KEYS}


@pytest.fixture
def batches(model: OpenAIResponses) -> Batches:
    return Batches(model)


def test_each_answer_comes_under_the_key_of_its_request(batches: Batches, server: ResponsesServer) -> None:
    server.reply_with(lambda asked: Text(next(key for key in KEYS if key in str(asked["input"]))))
    made = batches.submit(REQUESTS, "names of Monday")
    assert not batches.look(made).is_over
    server.batches.finish()
    state = batches.look(made)
    assert state.is_over
    assert {key: found.content for key, found in state.outcomes.items() if isinstance(found, ModelAnswer)} == {
        key: key for key in KEYS
    }


def test_what_was_sent_under_a_label_is_not_sent_again(batches: Batches, server: ResponsesServer) -> None:
    server.reply_with(lambda _asked: Text("Yes."))
    made = batches.submit(REQUESTS, "names of Monday")
    assert batches.submit(REQUESTS, "names of Monday") == made
    assert batches.submit(REQUESTS, "names of Tuesday") != made
    assert len(server.batches.batches) == 2


def test_a_request_that_failed_is_an_error_and_one_that_was_not_reached_is_missing(
    batches: Batches, server: ResponsesServer
) -> None:
    server.reply_with(lambda asked: ErrorReply(400, message="Too odd.") if "first" in str(asked["input"]) else Text("Yes."))
    made = batches.submit(REQUESTS, "names of Monday")
    server.batches.finish(status="expired", answered=2)
    state = batches.look(made)
    assert set(state.outcomes) == {"first", "second"}
    with pytest.raises(ModelError, match="Too odd"):
        raise_of(state.outcomes["first"])
    assert "expired" in state.problem


def test_a_cancelled_batch_keeps_what_was_answered(batches: Batches, server: ResponsesServer) -> None:
    server.reply_with(lambda asked: Text("Yes."))
    made = batches.submit(REQUESTS, "names of Monday")
    assert batches.find("names of Monday") == made
    batches.cancel(made)
    assert not batches.look(made).is_over
    with pytest.raises(ModelError, match="Cannot cancel"):
        batches.cancel(made)
    server.batches.finish(answered=1)
    state = batches.look(made)
    assert state.is_over
    # Of two that were not reached, one is told of in the file of errors, the other nowhere.
    assert {key: type(found) for key, found in state.outcomes.items()} == {"first": ModelAnswer, "third": ModelError}
    assert batches.find("names of Monday") is None


def test_lines_that_are_no_json_or_have_no_key_spoil_no_others(batches: Batches, server: ResponsesServer) -> None:
    server.reply_with(lambda _asked: Text("Yes."))
    made = batches.submit(REQUESTS, "names of Monday")
    server.batches.finish()
    output = server.batches.batches[made]["output_file_id"]
    server.batches.files[output] = b"<html>\n\n{}\n" + server.batches.files[output]
    assert set(batches.look(made).outcomes) == set(KEYS)


def test_a_server_without_batches_is_an_error_with_its_status(batches: Batches, server: ResponsesServer) -> None:
    server.batches.is_open = False
    with pytest.raises(ModelError) as refused:
        batches.submit(REQUESTS, "names of Monday")
    assert refused.value.status == 404
    with pytest.raises(ModelError):
        batches.look("batch_0")


def raise_of(outcome: ModelAnswer | ModelError) -> None:
    """Raise the outcome where it is an error."""
    if isinstance(outcome, ModelError):
        raise outcome
