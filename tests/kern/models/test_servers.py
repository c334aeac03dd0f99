"""The same conversations at seven servers with habits of their own, and at one that sends garbage (rules L14 to L17)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import ModelError
from kern.events import RunCompleted, RunContent
from kern.models.openai import OpenAIResponses
from kern.records.run import RunOutput
from kern.tools import tool
from tests.kern.models.elsewhere import pay
from tests.responses_server import (
    Calls,
    ErrorEvent,
    ErrorReply,
    Incomplete,
    Refusal,
    Reply,
    ResponsesServer,
    Text,
    habits,
)

THOUGHT = "They want the cheapest one."
QUIET: dict[str, Any] = {"api_key": "key", "wait": lambda seconds: None}

flown: list[str] = []
paid: Counter[str] = Counter()


def fare(to: str) -> str:
    """Look up what a flight costs."""
    flown.append(to)
    return f"90 EUR to {to}"


@tool
def settle(reference: str, cents: int = 0) -> str:
    """Settle a bill, at once."""
    paid[reference] += 1
    return "settled"


class Visit:
    """A server, and an agent whose database is a file."""

    def __init__(self, kind: type[habits.Habits], folder: Path) -> None:
        self.server = ResponsesServer(habits=kind())
        self.file = str(folder / "agent.db")
        model = OpenAIResponses(base_url=self.server.base_url, keep_reasoning=kind.replays_reasoning, **QUIET)
        self.model = model
        self.agent = Agent(model, db=SqliteDb(db_file=self.file), instructions="Be brief.", tools=[fare, pay])

    def ask(self, words: str, *replies: Reply) -> tuple[RunOutput, str]:
        """One turn of session `s` with these replies: the run, and what was streamed."""
        self.server.reply_with(*replies)
        shown, run = "", None
        for event in self.agent.run(words, session_id="s", stream=True):
            if isinstance(event, RunContent):
                shown = event.content
            elif isinstance(event, RunCompleted):
                run = event.run
        assert run is not None
        return run, shown


@pytest.fixture(params=habits.HONEST, ids=lambda kind: kind.name)
def visit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Visit]:
    flown.clear()
    visit = Visit(request.param, tmp_path)
    yield visit
    visit.model.close()
    visit.server.close()
    assert visit.server.rejections == []
    for heard in visit.server.heard:
        assert heard[0][0] == "user", "nothing of what was sent may be lost on a strict gateway"
        assert not any(THOUGHT in words for who, words in heard if who != "reasoning")


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[subprocess.Popen[str]]:
    """Another process that approves and continues paused runs."""
    command = [sys.executable, "-m", "tests.kern.models.elsewhere"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def test_a_short_answer(visit: Visit) -> None:
    run, shown = visit.ask("How much is Köln?", Text("Grüße! 90 € 🛫."))
    assert (run.status, run.content, shown) == ("completed", "Grüße! 90 € 🛫.", "Grüße! 90 € 🛫.")


def test_a_long_answer(visit: Visit) -> None:
    long = "\n\n".join(f"{number}. Łódź – Zürich costs {number} €, 東京 more." for number in range(60))
    run, shown = visit.ask("Tell me everything", Text(long))
    assert run.content == long
    assert shown == long


def test_a_tool(visit: Visit) -> None:
    run, _ = visit.ask("Lisbon?", Calls([("fare", {"to": "LIS"})]), Text("It costs 90 EUR."))
    assert (run.content, flown) == ("It costs 90 EUR.", ["LIS"])
    assert visit.server.heard[1] == [("user", "Lisbon?"), ("call", 'fare({"to": "LIS"})'), ("output", "90 EUR to LIS")]


def test_two_tools_at_once(visit: Visit) -> None:
    run, _ = visit.ask("Both?", Calls([("fare", {"to": "LIS"}), ("fare", {"to": "FCO"})]), Text("90 EUR each."))
    assert (run.content, sorted(flown)) == ("90 EUR each.", ["FCO", "LIS"])
    assert [words for who, words in visit.server.heard[1] if who == "output"] == ["90 EUR to LIS", "90 EUR to FCO"]


def test_words_before_and_after_a_tool(visit: Visit) -> None:
    run, _ = visit.ask("Lisbon?", Calls([("fare", {"to": "LIS"})], text="Let me look."), Text("It costs 90 EUR."))
    said = [message.content for message in run.messages if message.role == "assistant"]
    assert (said, flown) == (["Let me look.", "It costs 90 EUR."], ["LIS"])
    assert ("assistant", "Let me look.") in visit.server.heard[1]


def test_a_tool_that_is_approved_and_goes_on_in_another_process(visit: Visit, elsewhere: subprocess.Popen[str]) -> None:
    visit.server.reply_with(Calls([("pay", {"reference": "K7", "cents": 900})]))
    run = visit.agent.run("Pay it", session_id="s")
    assert [requirement.tool_name for requirement in run.active_requirements] == ["pay"]
    visit.server.reply_with(Text("It is paid."))
    assert elsewhere.stdin is not None
    assert elsewhere.stdout is not None
    elsewhere.stdin.write(json.dumps({"base_url": visit.server.base_url, "db_file": visit.file, "session_id": "s"}) + "\n")
    elsewhere.stdin.flush()
    assert json.loads(elsewhere.stdout.readline()) == ["completed", "It is paid."]
    assert visit.server.heard[-1][-1] == ("output", "paid 900 for K7")


def test_reasoning_and_a_tool(visit: Visit) -> None:
    secret = "secret" if visit.model.keep_reasoning else None
    replies = (Calls([("fare", {"to": "LIS"})], thought=THOUGHT, reasoning=secret), Text("90 EUR.", thought=THOUGHT))
    run, shown = visit.ask("Lisbon?", *replies)
    assert (run.content, shown, flown) == ("90 EUR.", "90 EUR.", ["LIS"])
    assert not any(THOUGHT in message.content for message in run.messages)


@pytest.mark.parametrize("opened", [True, False], ids=["whole", "opened by the template"])
def test_thinking_in_the_text(visit: Visit, opened: bool) -> None:
    first = "<thi" if opened else ""
    chunks = [first, "nk>" if opened else "", THOUGHT, "</th", "ink>", "\n\nYes, ", "it does."]
    run, shown = visit.ask("Does it fly?", Text(chunks=[chunk for chunk in chunks if chunk]))
    assert (run.content, shown) == ("Yes, it does.", "Yes, it does.")
    visit.ask("And now?", Text("It lands."))
    assert ("assistant", "Yes, it does.") in visit.server.heard[-1]


def test_several_turns_with_a_failed_one_between(visit: Visit) -> None:
    visit.ask("One", Text("First."))
    with pytest.raises(ModelError):
        visit.ask("Two", ErrorReply(400, "invalid_prompt", "No."))
    visit.ask("Three", Calls([("fare", {"to": "LIS"})]), Text("Third."))
    run, _ = visit.ask("Four", Text("Fourth."))
    assert run.content == "Fourth."
    heard = visit.server.heard[-1]
    assert [words for who, words in heard if who == "assistant"] == ["First.", "Third."]
    assert heard[-1][1].endswith("Four")


def test_a_name_is_generated(visit: Visit) -> None:
    visit.ask("I want another flight to Lisbon", Text("Which one?"))
    visit.server.reply_with(Text("<think>Short.</think>**Flight change to Lisbon**", thought=THOUGHT))
    assert visit.agent.set_session_name(session_id="s", autogenerate=True).name == "Flight change to Lisbon"


def test_a_refusal(visit: Visit) -> None:
    run, shown = visit.ask("Do it anyway", Refusal("I can't help with that."))
    assert (run.status, run.content, shown) == ("completed", "I can't help with that.", "I can't help with that.")


@pytest.mark.parametrize(
    ("reply", "permanent", "words"),
    [
        (ErrorReply(400, None, "Your balcony is too small."), True, "balcony"),
        (ErrorReply(404, "model_not_found", "No model of that name."), True, "No model"),
        (ErrorReply(422, None, "Field required: balcony"), True, "balcony"),
        (ErrorReply(401, "invalid_api_key", "Bad key: key"), True, "OPENAI_API_KEY"),
        (ErrorReply(429, "rate_limit_exceeded", "Rate limit is exceeded.", retry_after=7), False, "Rate limit is exceeded"),
        (ErrorReply(503, None, "Overloaded balcony."), False, "balcony"),
        (ErrorReply(502, None, "Bad gateway"), False, "Bad [gG]ateway"),
        (ErrorEvent(None, "The balcony fell."), False, "balcony|an error"),
        (ErrorEvent("server_error", "The balcony fell.", nested=True), False, "balcony|an error"),
        (Incomplete("max_output_tokens"), True, "fit"),
        (Incomplete("content_filter"), True, "filter|early|fit"),
    ],
    ids=repr,
)
def test_what_fails_says_why(visit: Visit, reply: Reply, permanent: bool, words: str) -> None:
    visit.server.reply_with(lambda request: reply)
    with pytest.raises(ModelError, match=words) as caught:
        visit.agent.run("Hello", session_id="s")
    assert caught.value.permanent is permanent
    if isinstance(reply, ErrorReply) and reply.retry_after:
        assert caught.value.retry_after == pytest.approx(7)


@pytest.mark.parametrize("seed", range(40))
def test_from_garbage_come_model_errors_and_no_call_twice(seed: int, db: SqliteDb) -> None:
    def answer(request: dict[str, object]) -> Reply:
        has_called = "function_call_output" in json.dumps(request["input"])
        return Text("Settled.") if has_called else Calls([("settle", {"reference": reference})], text="One moment.", ids=["c1"])

    paid.clear()
    with ResponsesServer(habits=habits.Garbage(seed)) as server:
        server.reply_with(answer)
        model = OpenAIResponses(base_url=server.base_url, timeout=5, **QUIET)
        agent = Agent(model, db=db, tools=[settle], tool_call_limit=3)
        for turn in range(5):
            reference = f"bill {turn}"
            try:
                run = agent.run("Settle it", session_id="s")
                assert run.status == "completed"
                assert run.content.strip()
            except ModelError:
                pass
        model.close()
    assert all(times == 1 for reference, times in paid.items() if reference.startswith("bill"))
