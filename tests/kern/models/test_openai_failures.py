"""Everything that can go wrong between us and a model: one family of errors, one retry layer (rules L15, L16)."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from kern.errors import ModelError
from kern.models.base import AnswerRestarted, ModelAnswer, ModelRequest, TextDelta, ask
from kern.models.openai import OpenAIResponses
from kern.records.message import Message
from tests.kern.models.conftest import ModelFactory
from tests.responses_server import (
    Calls,
    Cut,
    ErrorEvent,
    ErrorReply,
    Failed,
    Garbage,
    Hang,
    Incomplete,
    Reply,
    ResponsesServer,
    Text,
)

HELLO = ModelRequest([Message("user", "Hello")])
#: Created, in progress, item added, part added, and two words.
TWO_WORDS = 6


def failure(model: OpenAIResponses, server: ResponsesServer, reply: Reply) -> ModelError:
    """What the model raises when the server always replies so."""
    server.reply_with(lambda request: reply)
    with pytest.raises(ModelError) as caught:
        ask(model, HELLO)
    assert type(caught.value) is ModelError
    return caught.value


@pytest.mark.parametrize(
    "reply",
    [
        *(ErrorReply(status) for status in (408, 409, 429, 500, 502, 503, 529)),
        Failed("server_error"),
        Failed("rate_limit_exceeded", after=Text("Half an")),
        ErrorEvent("server_error"),
        ErrorEvent("server_error", nested=True),
        ErrorEvent(None),
        Cut(0),
        Cut(TWO_WORDS),
        Cut(TWO_WORDS, clean=True),
        Cut(5, Calls([("fare", {"to": "LIS"})])),
        Garbage(),
        Garbage(b""),
        Garbage(b"data: 5\n\ndata: null\n\ndata: []\n\ndata: {}\n\n"),
        Garbage(b'data: {"type": "response.completed"}\n\n'),
        Garbage(b'data: {"type": "response.failed", "response": "no"}\n\n'),
        Garbage(b'data: {"type": "response.output_text.delta"}\n\n'),
        Garbage(b"data: \xff\xfe\n\n"),
    ],
    ids=repr,
)
def test_what_may_pass_is_tried_three_times_and_no_more(
    model: OpenAIResponses, server: ResponsesServer, waits: list[float], reply: Reply
) -> None:
    error = failure(model, server, reply)
    assert not error.permanent
    assert server.attempts == 3, "the SDK's own retries would multiply ours"
    assert len(waits) == 2


@pytest.mark.parametrize(
    "reply",
    [
        *(ErrorReply(status) for status in (400, 401, 402, 403, 404, 413, 422)),
        ErrorReply(429, "insufficient_quota"),
        Failed("invalid_prompt"),
        ErrorEvent("invalid_prompt"),
        Incomplete("max_output_tokens"),
        Incomplete("content_filter"),
        Garbage(b"<html>Sign in</html>", "text/html"),
    ],
    ids=repr,
)
def test_what_cannot_pass_is_not_tried_again(model: OpenAIResponses, server: ResponsesServer, reply: Reply) -> None:
    error = failure(model, server, reply)
    assert error.permanent
    assert server.attempts == 1
    assert error.status == (reply.status if isinstance(reply, ErrorReply) else None)


def test_errors_say_what_to_do(make_model: ModelFactory, server: ResponsesServer) -> None:
    model = make_model(max_output_tokens=100)
    assert "100 output tokens" in str(failure(model, server, Incomplete()))
    assert "content filter" in str(failure(model, server, Incomplete("content_filter")))
    assert "OPENAI_BASE_URL" in str(failure(model, server, Garbage(b"<html>", "text/html")))
    assert "You are out of credit." in str(
        failure(model, server, ErrorReply(429, "insufficient_quota", "You are out of credit."))
    )


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_what_customers_wrote_follows_no_redirect(make_model: ModelFactory, server: ResponsesServer, status: int) -> None:
    """It would be sent to an address that nobody chose."""
    with ResponsesServer() as elsewhere:
        error = failure(make_model(), server, ErrorReply(status, location=f"{elsewhere.base_url}/responses?key=secret"))
        assert elsewhere.attempts == 0
    assert (error.permanent, error.refused) == (True, False)
    assert f"to {elsewhere.base_url}/responses): set OPENAI_BASE_URL" in str(error)
    assert "secret" not in str(error)


def test_a_refused_key_is_never_quoted(server: ResponsesServer, make_model: ModelFactory) -> None:
    error = failure(make_model(), server, ErrorReply(401, "invalid_api_key", "Incorrect API key provided: key"))
    assert str(error) == "the model server refused the API key (401): check OPENAI_API_KEY"


def test_after_one_bad_attempt_the_answer_is_whole(model: OpenAIResponses, server: ResponsesServer) -> None:
    server.reply_with(Cut(TWO_WORDS, Text("Wrong words here")), Text("Right words"))
    *before, answer = model.stream(HELLO)
    assert before == [
        TextDelta("Wrong "),
        TextDelta("words "),
        AnswerRestarted(),
        TextDelta("Right "),
        TextDelta("words"),
    ]
    assert isinstance(answer, ModelAnswer)
    assert answer.content == "Right words"


def test_nothing_restarts_where_nothing_was_said(model: OpenAIResponses, server: ResponsesServer) -> None:
    server.reply_with(ErrorReply(500), Cut(2), Text("Fine."))
    assert [type(event) for event in model.stream(HELLO)] == [TextDelta, ModelAnswer]


def test_the_wait_is_what_the_server_asks_up_to_twenty_seconds(
    make_model: ModelFactory, server: ResponsesServer, waits: list[float]
) -> None:
    replies = [ErrorReply(429, retry_after=after) for after in (7, 3600, "soon", formatdate(0, usegmt=True), 3600)]
    server.reply_with(*replies)
    with pytest.raises(ModelError) as caught:
        ask(make_model(retries=4), HELLO)
    assert caught.value.retry_after == 3600, "whoever schedules the next try knows what was asked"
    asked, capped, own, past = waits
    assert 7 <= asked <= 7.5
    assert 20 <= capped <= 20.5
    assert 2 <= own <= 2.5, "an unreadable wish counts as none: half a second, doubled each time"
    assert 0 <= past <= 0.5


def test_a_silent_server_is_a_timeout(make_model: ModelFactory, server: ResponsesServer) -> None:
    server.reply_with(Hang(0), Hang(TWO_WORDS), Text("At last."))
    assert ask(make_model(timeout=0.3), HELLO).content == "At last."
    server.reply_with(Hang(TWO_WORDS))
    with pytest.raises(ModelError, match="in time") as caught:
        ask(make_model(timeout=0.3, retries=0), HELLO)
    assert not caught.value.permanent
    assert server.wait_for(lambda it: it.open_connections <= 1), "hung connections are given up"


def test_nobody_listening_may_pass(make_model: ModelFactory, waits: list[float]) -> None:
    with ResponsesServer() as gone:
        address = gone.base_url
    with pytest.raises(ModelError, match="connection") as caught:
        ask(make_model(base_url=address), HELLO)
    assert (caught.value.permanent, len(waits)) == (False, 2)


@pytest.mark.parametrize(
    "options", [{"base_url": "localhost:1/v1"}, {"base_url": "http://localhost:port"}, {"api_key": "schlüssel"}], ids=repr
)
def test_settings_that_cannot_work_are_permanent(make_model: ModelFactory, options: dict[str, str]) -> None:
    with pytest.raises(ModelError) as caught:
        ask(make_model(**options), HELLO)
    assert caught.value.permanent


def test_a_stream_that_breaks_after_the_answer_has_an_answer(model: OpenAIResponses, server: ResponsesServer) -> None:
    """`response.completed` is the ninth event of this reply; the connection breaks right after it."""
    server.reply_with(Cut(9, Text("Hello")))
    assert ask(model, HELLO).content == "Hello"
    assert server.attempts == 1
