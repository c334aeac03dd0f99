"""How much of a conversation goes to a model (rule L20): what is refused or too long today must not break tomorrow's turns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import ModelError
from kern.loop.window import Window, shortened, tokens_of
from kern.models.openai import OpenAIResponses
from kern.records.history import LEFT_OUT
from kern.records.message import Message
from kern.testing import ScriptedModel, call
from kern.tools import tool
from tests.kern.conftest import ANA
from tests.responses_server import Calls, ErrorReply, Failed, Incomplete, ResponsesServer, Text
from tests.responses_server.script import Reply

FILTER = ModelError("the provider's content filter stopped the answer", permanent=True)


def agent_on(db: SqliteDb, *replies: object, **settings: object) -> Agent:
    return Agent(ScriptedModel(list(replies)), db=db, name="Desk", **settings)  # type: ignore[arg-type]


def asked(agent: Agent, number: int = -1) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in agent.model.requests[number].messages]


@contextmanager
def serving(*replies: Reply) -> Iterator[ResponsesServer]:
    with ResponsesServer() as server:
        server.reply_with(*replies)
        yield server


def log(lines: int) -> str:
    """Read a log."""
    return "\n".join(f"line {number:06}" for number in range(lines))


# What was refused ---------------------------------------------------------------------------------------------------------


def test_a_message_that_a_filter_refuses_does_not_poison_later_turns(db: SqliteDb) -> None:
    agent = agent_on(db, "Hello.", FILTER, "In Oslo.", "Yes.")
    agent.run("Hi", session_id="s")
    with pytest.raises(ModelError):
        agent.run("POISON", session_id="s")
    agent.run("Where is my bag?", session_id="s")
    assert asked(agent) == [("user", "Hi"), ("assistant", "Hello."), ("user", f"{LEFT_OUT}\n\nWhere is my bag?")]
    agent.run("Sure?", session_id="s")
    assert "POISON" not in str(asked(agent))
    assert "POISON" in [m.content for m in agent.get_chat_history("s")], "people see everything"


def test_what_tools_did_in_a_refused_run_is_not_forgotten(db: SqliteDb) -> None:
    agent = agent_on(db, call("log", lines=1), FILTER, "Done already.", tools=[log])
    with pytest.raises(ModelError):
        agent.run("Read it", session_id="s")
    agent.run("And?", session_id="s")
    [(_, words)] = asked(agent)
    assert "These tools were called for it" in words
    assert "log" in words
    assert "line 000000" not in words


@pytest.mark.parametrize(
    "failure",
    [
        ModelError("the server is busy"),
        ModelError("the model server refused the API key (401)", permanent=True, refused=False),
    ],
)
def test_words_that_failed_for_another_reason_stay_and_roles_alternate(db: SqliteDb, failure: ModelError) -> None:
    agent = agent_on(db, failure, "In Oslo.")
    with pytest.raises(ModelError):
        agent.run("My tag is K7.", session_id="s")
    agent.run("Where is my bag?", session_id="s")
    assert asked(agent) == [("user", "My tag is K7.\n\nWhere is my bag?")]


def test_what_an_earlier_answer_is_refused_for_ends_with_the_second_refusal(db: SqliteDb) -> None:
    """A filter may mind today what it let pass yesterday; then innocent turns fail, but not for long."""

    def picky(request: object) -> object:
        return FILTER if "POISON" in str(request) else "Fine."

    agent = agent_on(db, "POISON", *[picky] * 4)
    agent.run("Hi", session_id="s")
    for number in range(2):
        with pytest.raises(ModelError):
            agent.run(f"Innocent {number}", session_id="s")
    assert [agent.run(f"Innocent {number}", session_id="s").content for number in (2, 3)] == ["Fine.", "Fine."]


def test_no_name_is_made_of_what_was_refused(db: SqliteDb) -> None:
    agent = agent_on(db, FILTER, "In Oslo.", "Lost bag")
    with pytest.raises(ModelError):
        agent.run("POISON", session_id="s")
    agent.run("Where is my bag?", session_id="s")
    assert agent.set_session_name("s", autogenerate=True).name == "Lost bag"
    assert "POISON" not in str(asked(agent))


@pytest.mark.parametrize(
    ("reply", "refused"),
    [
        (ErrorReply(400, "content_filter", "The response was filtered"), True),
        (ErrorReply(422, None, "input is not valid"), True),
        (ErrorReply(403, None, "Input was flagged by moderation"), True),
        (ErrorReply(401, "invalid_api_key", "bad key"), False),
        (ErrorReply(403, None, "not allowed in your country"), False),
        (ErrorReply(404, "model_not_found", "no such model"), False),
        (ErrorReply(429, "insufficient_quota", "pay first"), False),
        (ErrorReply(503, None, "busy"), False),
        (ErrorReply(503, None, "the content filter is not available"), False),
        (ErrorReply(500, None, "The prompt triggered Azure OpenAI's content management policy"), True),
        (ErrorReply(502, "ContentPolicyViolationError", "Bad gateway"), True),
        (Failed("server_error", "The response was blocked by the provider's safety system."), True),
        (Incomplete("CONTENT_FILTERED"), True),
        (Incomplete("safety"), True),
        (Incomplete("MAX_TOKENS"), False),
    ],
)
def test_what_servers_refuse_for_good_is_told_from_what_ails_the_key_or_the_server(
    db: SqliteDb, reply: Reply, refused: bool
) -> None:
    with serving(reply) as server:
        agent = Agent(OpenAIResponses("m", api_key="any", base_url=server.base_url, retries=0), db=db)
        with pytest.raises(ModelError):
            agent.run("Hi", session_id="s")
    [run] = db.runs("s")
    assert (run.status, run.refused) == ("error", refused)


# What is long -------------------------------------------------------------------------------------------------------------


def test_a_huge_tool_output_is_short_in_requests_and_whole_in_the_session(db: SqliteDb) -> None:
    agent = agent_on(db, call("log", lines=25_000), "Read.", "Again.", tools=[log])
    agent.run("Read it", session_id="s", user_id=ANA)
    agent.run("Thanks", session_id="s", user_id=ANA)
    for number in (1, 2):
        [sent] = [words for role, words in asked(agent, number) if role == "tool"]
        assert len(sent) <= 16_000
        assert sent.startswith("line 000000")
        assert sent.endswith("line 024999")
        assert "of 299,999 characters left out" in sent
    [stored] = [m for m in agent.get_session("s").get_messages() if m.role == "tool"]
    assert len(stored.content) == 299_999


@pytest.mark.parametrize("most", [1, 40, 100, 1_000])
def test_shortened_text_keeps_its_ends_and_counts_what_is_gone(most: int) -> None:
    text = "".join(chr(ord("a") + number % 26) for number in range(5_000))
    short = shortened(text, most)
    assert len(short) <= max(most, 100)
    assert " of 5,000 characters left out" in short
    assert shortened("short", 5) == "short"


def test_the_oldest_runs_are_left_out_whole_when_the_window_is_full(db: SqliteDb) -> None:
    agent = agent_on(db, *["a" * 400] * 4, max_history_tokens=500)
    for number in range(4):
        agent.run(f"{number}" + "q" * 399, session_id="s")
    assert [(role, words[0]) for role, words in asked(agent)] == [("user", "2"), ("assistant", "a"), ("user", "3")]


def test_the_run_at_work_is_never_left_out(db: SqliteDb) -> None:
    agent = agent_on(db, "One.", "Two.", max_history_tokens=10)
    agent.run("First", session_id="s")
    agent.run("A question that is longer than the window is wide, all by itself", session_id="s")
    assert [words.split()[0] for _, words in asked(agent)] == ["A"]


def test_many_outputs_of_the_run_at_work_are_shortened_further_until_they_fit() -> None:
    own = [Message("user", "Read it", run_id="now")]
    for number in range(8):
        made = call("log", lines=1)
        own.append(Message("assistant", tool_calls=[made], run_id="now"))
        own.append(Message("tool", f"{number}" * 16_000, tool_call_id=made.id, run_id="now"))
    sent = Window(max_tokens=8_000).of([], own, "now")
    assert len(sent) == len(own)
    assert tokens_of(sent) <= 8_000


def test_tokens_are_counted_sanely_in_every_script() -> None:
    counts = [tokens_of([Message("user", word * 100)]) for word in ("word", "слово", "東京")]
    assert counts == [104, 254, 154]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, "context_length_exceeded", "Your input exceeds the context window of this model."),
        (400, None, "This model's maximum context length is 8192 tokens. However, you requested 9100 tokens."),
        (400, "exceed_context_size_error", "request (14429 tokens) exceeds the available context size (8192 tokens)"),
        (500, None, "the request exceeds the available context size. try increasing the context size"),
        (400, None, "litellm.ContextWindowExceededError: prompt is too long: 209353 tokens > 199999 maximum"),
        (400, None, "The input (9100 tokens) is longer than the model's context length (8192 tokens)."),
        (400, None, "prompt too long; exceeded max context length by 12 tokens"),
        (400, None, "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575)."),
        (400, None, "This model's maximum prompt length is 131072 but the request contains 537812 tokens."),
        (400, None, "This endpoint's maximum context length is 32768 tokens. Please reduce the length of either one."),
        (413, None, "Request Entity Too Large"),
        (429, "rate_limit_exceeded", "Request too large for gpt-5 on tokens per min (TPM): Limit 30000, Requested 40000."),
    ],
)
def test_a_request_that_is_too_long_is_sent_once_more_with_half_of_it(
    db: SqliteDb, status: int, code: str | None, words: str
) -> None:
    Agent(ScriptedModel(["a" * 4_000] * 4), db=db).run("first " + "q" * 4_000, session_id="s")
    Agent(ScriptedModel(["It is in Oslo."]), db=db).run("Where is my bag?", session_id="s")
    with serving(ErrorReply(status, code, words), Text("You are welcome.")) as server:
        agent = Agent(OpenAIResponses("m", api_key="any", base_url=server.base_url, retries=0), db=db)
        assert agent.run("Thanks", session_id="s").content == "You are welcome."
        sent = [str(request["input"]) for request in server.requests]
    assert ["first" in text for text in sent] == [True, False]
    assert all("It is in Oslo." in text for text in sent)


def test_a_rate_limit_is_not_taken_for_a_request_that_is_too_long(db: SqliteDb) -> None:
    limit = ErrorReply(429, "rate_limit_exceeded", "Rate limit reached on tokens per min (TPM): Limit 30000, Used 29000.")
    with serving(limit, Text("Here.")) as server:
        model = OpenAIResponses("m", api_key="any", base_url=server.base_url, wait=lambda _: None)
        assert Agent(model, db=db).run("Hi").content == "Here."


def test_a_request_that_is_still_too_long_fails_and_is_left_out_later(db: SqliteDb) -> None:
    too_long = ModelError("too long", too_long=True)
    agent = agent_on(db, "Hello.", too_long, too_long, "Fine.")
    agent.run("Hi " * 1_000, session_id="s")
    with pytest.raises(ModelError, match="too long"):
        agent.run("Huge " * 1_000, session_id="s")
    agent.run("Still there?", session_id="s")
    assert "Huge" not in str(asked(agent))


def test_nothing_is_sent_again_where_nothing_can_be_left_out(db: SqliteDb) -> None:
    agent = agent_on(db, ModelError("too long", too_long=True))
    with pytest.raises(ModelError, match="too long"):
        agent.run("Huge " * 1_000, session_id="s")
    assert len(agent.model.requests) == 1


def test_calls_and_outputs_of_one_answer_go_in_pairs(db: SqliteDb) -> None:
    @tool
    def bag(tag: int) -> str:
        """Find a bag."""
        return f"bag {tag}"

    with serving(Calls([("bag", {"tag": 1}), ("bag", {"tag": 2})]), Text("Both.")) as server:
        agent = Agent(OpenAIResponses("m", api_key="any", base_url=server.base_url), db=db, tools=[bag])
        agent.run("Where are they?")
        items = server.requests[-1]["input"]
    paired = [(item["type"], item.get("output")) for item in items if "call_id" in item]
    assert paired == [
        ("function_call", None),
        ("function_call_output", "bag 1"),
        ("function_call", None),
        ("function_call_output", "bag 2"),
    ]
