"""One turn: tools, failures, streams, limits, metrics (rules L9, L10, L14, L15, L16)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import ModelError, StorageError, ToolError
from kern.events import RunCancelled, RunCompleted, RunContent, RunFailed, RunPaused, RunStarted, ToolCallFinished
from kern.models.base import AnswerRestarted, ModelAnswer, ModelEvent, ModelRequest, TextDelta, Usage
from kern.records.message import ToolCall
from kern.testing import ScriptedModel, call
from kern.tools import RunContext, tool


@dataclass
class Filters:
    day: str
    stops: int = 1


def find_booking(reference: str) -> dict[str, Any]:
    """Find a booking.

    Args:
        reference: The booking's reference.
    """
    if reference == "GONE":
        raise ToolError("there is no such booking")
    if reference == "BOOM":
        raise RuntimeError("the database is on fire")
    return {"reference": reference, "passengers": 2}


def agent_on(db: SqliteDb, *replies: Any, **settings: Any) -> Agent:
    return Agent(ScriptedModel(list(replies)), db=db, name="Desk", tools=[find_booking], **settings)


def outputs(agent: Agent) -> list[str]:
    return [m.content for m in agent.model.requests[-1].messages if m.role == "tool"]


def test_a_tools_result_goes_back_to_the_model_and_is_journalled(db: SqliteDb) -> None:
    agent = agent_on(db, call("find_booking", reference="K7QX2M"), "Two passengers.")
    run = agent.run("My booking K7QX2M?", session_id="s")
    assert outputs(agent) == ['{"reference":"K7QX2M","passengers":2}']
    [line] = db.load_run(run.run_id).tools
    assert (line.status, line.arguments, line.failed) == ("finished", {"reference": "K7QX2M"}, False)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (call("find_booking", reference="GONE"), "there is no such booking"),
        (call("find_booking", reference="BOOM"), "RuntimeError: the database is on fire"),
        (call("no_such_tool"), "There is no tool 'no_such_tool'"),
        (call("find_booking", reference=7), "do not fit"),
        (ToolCall("c1", "find_booking", "{broken"), "could not be read"),
        (ToolCall("c1", "find_booking", "[1]"), "not a JSON object"),
        (ToolCall("c1", "find_booking", [{"reference": "K7"}]), "not a JSON object"),  # type: ignore[arg-type]
        (ToolCall("c1", "find_booking", 5), "not a JSON object"),  # type: ignore[arg-type]
        (ToolCall("c1", "find_booking", "null"), "reference is required"),
        (ToolCall("c1", "find_booking", None), "reference is required"),  # type: ignore[arg-type]
        (ToolCall("c1", "find_booking", " \n"), "reference is required"),
        (ToolCall("c1", "find_booking", '{"reference": null}'), "reference must be text"),
        (ToolCall("c1", None, "{}"), "The call names no tool. Tools: find_booking."),  # type: ignore[arg-type]
    ],
)
def test_what_goes_wrong_with_a_tool_is_its_result_and_the_run_goes_on(db: SqliteDb, reply: ToolCall, told: str) -> None:
    agent = agent_on(db, reply, "I could not find it.")
    run = agent.run("My booking?", session_id="s")
    assert run.status == "completed"
    assert told in outputs(agent)[0]


@tool
def find_flights(to: str, cabin: str = "economy", most: int | None = 5, filters: Filters | None = None) -> str:
    """Find flights."""
    return f"{to} {cabin} {most} {filters}"


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        ('{"to": "LIS", "cabin": null}', "LIS economy 5 None"),
        ({"to": "LIS", "cabin": None}, "LIS economy 5 None"),
        ('"{\\"to\\": \\"LIS\\"}"', "LIS economy 5 None"),
        ('{"to": "LIS", "most": null, "filters": null}', "LIS economy None None"),
        ('{"to": "LIS", "filters": {"stops": null, "day": "Mon"}}', "LIS economy 5 Filters(day='Mon', stops=1)"),
    ],
)
def test_arguments_in_another_form_are_read_and_a_null_means_the_default(db: SqliteDb, arguments: Any, result: str) -> None:
    agent = Agent(ScriptedModel([ToolCall("c1", "find_flights", arguments), "Done."]), db=db, tools=[find_flights])
    run = agent.run("Flights to Lisbon?")
    assert [(line.result, line.failed) for line in db.load_run(run.run_id).tools] == [(result, False)]


def test_an_answer_of_neither_words_nor_calls_fails_the_run_with_words_that_say_so(db: SqliteDb) -> None:
    agent = agent_on(db, call("find_booking", reference="K7"), "", "<think>What now?</think>")
    with pytest.raises(ModelError, match="gave no answer: neither words nor a tool call") as caught:
        agent.run("My booking?", session_id="s")
    [run] = db.runs("s")
    assert (run.status, run.content, caught.value.permanent) == ("error", "", False)
    assert run.error.startswith("the model was asked twice")


def test_thinking_is_kept_for_the_team_and_sent_to_nobody(db: SqliteDb) -> None:
    thinking = ModelAnswer("<think>They want it.</think>Let me look.", [call("find_booking", reference="K7")])
    agent = agent_on(db, thinking, ModelAnswer("Two passengers.", reasoning="It is theirs."), "Bye.")
    *_, end = agent.run("My booking?", session_id="s", stream=True)
    assert isinstance(end, RunCompleted)
    agent.run("Thanks", session_id="s")
    [first, _] = db.runs("s")
    assert (first.content, first.reasoning) == ("Two passengers.", "They want it.\n\nIt is theirs.")
    assert [message.reasoning for message in first.messages if message.role == "assistant"] == [
        "They want it.",
        "It is theirs.",
    ]
    sent = [message for request in agent.model.requests for message in request.messages]
    assert not any("They want it." in message.content for message in sent)
    assert {message.content for message in agent.get_chat_history("s")} >= {"Let me look.", "Two passengers."}


def test_no_thinking_is_streamed(db: SqliteDb) -> None:
    agent = agent_on(db, "<think>They greet me.</think>Good morning.")
    told = [event.content for event in agent.run("Hello", stream=True) if isinstance(event, RunContent)]
    assert told[-1] == "Good morning."
    assert all("Good morning.".startswith(content) for content in told)


def test_a_tool_may_know_whose_run_it_serves(db: SqliteDb) -> None:
    seen: list[RunContext] = []

    def whoami(context: RunContext) -> str:
        """Say who asks."""
        seen.append(context)
        return "you"

    agent = Agent(ScriptedModel([call("whoami"), "You."]), db=db, tools=[whoami])
    run = agent.run("Who am I?", session_id="s", user_id="ana")
    assert (seen[0].session_id, seen[0].user_id, seen[0].run_id) == ("s", "ana", run.run_id)
    assert seen[0].idempotency_key == f"{run.run_id}:{seen[0].call_id}"


def test_half_characters_in_words_and_results_do_no_harm(db: SqliteDb) -> None:
    def half() -> str:
        """Give half an emoji."""
        return "\ud83d!"

    agent = Agent(ScriptedModel([call("half"), "Done."]), db=db, tools=[half])
    assert agent.run("Look: \ud83d", session_id="s").status == "completed"
    assert [m.content for m in db.messages("s", roles=["user", "tool"])] == ["Look: ?", "?!"]


def test_a_model_failure_is_stored_and_raised_with_whether_it_is_permanent(db: SqliteDb) -> None:
    agent = agent_on(db, ModelError("unknown model", permanent=True))
    with pytest.raises(ModelError, match="unknown model") as caught:
        agent.run("Hi", session_id="s")
    assert caught.value.permanent
    [run] = agent.get_session("s").runs
    assert (run.status, run.error, run.permanent_error) == ("error", "unknown model", True)
    assert [m.content for m in run.messages] == ["Hi"], "the customer's words are kept"


def test_a_function_makes_the_system_message_once_a_turn(db: SqliteDb) -> None:
    @tool(requires_confirmation=True)
    def refund(amount: int) -> str:
        """Refund an amount."""
        return "refunded"

    counted = iter(range(9))
    replies: list[Any] = [call("find_booking", reference="K7QX2M"), call("refund", amount=5), "Done.", "Hello again."]
    model = ScriptedModel(replies)
    agent = Agent(model, db=db, tools=[find_booking, refund], instructions=lambda: f"Look number {next(counted)}.")
    run = agent.run("Hi", session_id="s")
    run.requirements[0].confirm()
    agent.continue_run(run.run_id, run.requirements)
    assert [request.messages[0].content for request in model.requests] == ["Look number 0."] * 3
    agent.run("Again", session_id="s")
    assert [m.content for m in db.messages("s", roles=["system"])] == ["Look number 0.", "Look number 1."]


@pytest.mark.parametrize("stream", [False, True])
def test_instructions_that_fail_lose_no_message_and_say_why(db: SqliteDb, stream: bool) -> None:
    def ask_the_crm() -> str:
        raise RuntimeError("the CRM is down")

    agent = Agent(ScriptedModel([]), db=db, name="Desk", instructions=ask_the_crm)
    with pytest.raises(RuntimeError, match="the CRM is down"):
        list(agent.run("Hi", session_id="s", stream=True)) if stream else agent.run("Hi", session_id="s")
    [run] = db.runs("s")
    assert (run.status, run.error) == ("error", "RuntimeError: the CRM is down (in the instructions of Desk)")
    assert [m.content for m in run.messages] == ["Hi"]


def test_the_message_is_stored_before_the_model_is_asked(db: SqliteDb) -> None:
    stored: list[str] = []

    def look(_: ModelRequest) -> str:
        stored.extend(m.content for m in db.messages("s"))
        return "Hello."

    agent_on(db, look).run("Hi", session_id="s")
    assert stored == ["Hi"]


def test_a_stream_tells_text_tools_and_the_end(db: SqliteDb) -> None:
    agent = agent_on(db, call("find_booking", reference="K7QX2M"), "Two passengers, Ana.")
    events = list(agent.run("My booking?", session_id="s", stream=True))
    assert isinstance(events[0], RunStarted)
    assert [e.result for e in events if isinstance(e, ToolCallFinished)] == ['{"reference":"K7QX2M","passengers":2}']
    texts = [e for e in events if isinstance(e, RunContent)]
    assert "".join(e.delta for e in texts) == texts[-1].content == "Two passengers, Ana."
    last = events[-1]
    assert isinstance(last, RunCompleted)
    assert last.run is not None
    assert last.run.content == "Two passengers, Ana."
    assert last.event == "RunCompleted"


def test_a_streamed_failure_is_told_and_then_raised(db: SqliteDb) -> None:
    events = agent_on(db, ModelError("cut")).run("Hi", session_id="s", stream=True)
    assert isinstance(next(events), RunStarted)
    assert isinstance(next(events), RunFailed)
    with pytest.raises(ModelError, match="cut"):
        next(events)


class Stuttering:
    """A model whose connection breaks once after half a sentence; with `forever`, one that never completes its answer."""

    id = "stuttering"

    def __init__(self, *, forever: bool = False) -> None:
        self.forever = forever

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        yield TextDelta("Two pass")
        if not self.forever:
            yield AnswerRestarted()
            yield TextDelta("Two passengers.")
            yield ModelAnswer("Two passengers.", usage=Usage(10, 4))


def test_a_restarted_answer_replaces_what_was_streamed(db: SqliteDb) -> None:
    events = list(Agent(Stuttering(), db=db).run("Hi", session_id="s", stream=True))
    assert [e.content for e in events if isinstance(e, RunContent)] == ["Two pass", "", "Two passengers."]
    assert [m.content for m in db.messages("s", roles=["assistant"])] == ["Two passengers."]


def test_a_stream_that_never_completes_is_an_error_and_its_text_is_kept_as_partial(db: SqliteDb) -> None:
    with pytest.raises(ModelError, match="ended without an answer"):
        Agent(Stuttering(forever=True), db=db).run("Hi", session_id="s")
    [run] = db.runs("s")
    assert (run.status, run.content) == ("error", "Two pass")


def test_leaving_a_stream_cancels_the_run_and_keeps_what_was_said(db: SqliteDb) -> None:
    events = Agent(Stuttering(), db=db).run("Hi", session_id="s", stream=True)
    next(event for event in events if isinstance(event, RunContent))
    events.close()  # type: ignore[attr-defined]
    [run] = db.runs("s")
    assert (run.status, run.content) == ("cancelled", "Two pass")


def test_a_cancelled_run_stops_at_its_next_step(db: SqliteDb) -> None:
    def cancel_from_elsewhere(_: ModelRequest) -> ToolCall:
        [run] = db.runs("s")
        db.cancel_run(run.run_id)
        return call("find_booking", reference="K7QX2M")

    events = list(agent_on(db, cancel_from_elsewhere).run("Hi", session_id="s", stream=True))
    assert isinstance(events[-1], RunCancelled)
    [run] = db.runs("s")
    assert run.status == "cancelled"
    assert [line.status for line in run.tools] == ["proposed"]


def test_no_model_is_asked_for_a_run_that_was_cancelled_while_a_tool_ran(db: SqliteDb) -> None:
    def find_bag() -> str:
        """Find a bag."""
        assert db.cancel_run(db.runs("s")[0].run_id)
        return "in Oslo"

    model = ScriptedModel([call("find_bag"), "It is in Oslo."])
    assert Agent(model, db=db, tools=[find_bag]).run("My bag?", session_id="s").status == "cancelled"
    assert len(model.requests) == 1


def test_a_run_that_is_cancelled_while_it_answers_ends_cancelled_with_its_words(db: SqliteDb) -> None:
    def cancel_from_elsewhere(_: ModelRequest) -> str:
        assert db.cancel_run(db.runs("s")[0].run_id)
        return "It is in Oslo."

    events = list(agent_on(db, cancel_from_elsewhere).run("My bag?", session_id="s", stream=True))
    assert isinstance(events[-1], RunCancelled)
    assert events[-1].run.status == "cancelled"
    [run] = db.runs("s")
    assert (run.status, run.messages[-1].content) == ("cancelled", "It is in Oslo.")


def test_the_tool_call_limit_ends_calling_and_asks_for_an_answer(db: SqliteDb) -> None:
    endless = [call("find_booking", reference=f"REF{number}") for number in range(3)]
    agent = agent_on(db, *endless, "That is all I looked at.", tool_call_limit=2)
    run = agent.run("Look at everything", session_id="s")
    assert run.content == "That is all I looked at."
    requests = agent.model.requests
    assert [request.tool_choice for request in requests] == ["auto", "auto", "none", "none"]
    assert "may call 2 tools" in outputs(agent)[-1]


def test_a_run_that_works_too_long_is_stopped_by_its_deadline(db: SqliteDb) -> None:
    def slow(_: ModelRequest) -> ToolCall:
        time.sleep(0.05)
        return call("find_booking", reference="K7QX2M")

    with pytest.raises(ModelError, match=r"longer than 0\.01 s"):
        agent_on(db, slow, "too late", deadline=0.01).run("Hi", session_id="s")
    assert db.runs("s")[0].status == "error"


def test_metrics_add_up_over_the_steps_of_a_run(db: SqliteDb) -> None:
    asks = ModelAnswer(tool_calls=[call("find_booking", reference="K7QX2M")], usage=Usage(100, 10, 50, 3))
    answers = ModelAnswer("Two.", usage=Usage(130, 5))
    run = agent_on(db, asks, answers).run("Hi", session_id="s")
    metrics = db.load_run(run.run_id).metrics
    assert (metrics.input_tokens, metrics.output_tokens, metrics.total_tokens) == (230, 15, 245)
    assert (metrics.cached_tokens, metrics.reasoning_tokens) == (50, 3)
    assert (metrics.model_calls, metrics.tool_calls) == (2, 1)
    assert metrics.duration > 0


def test_repeated_call_ids_of_a_server_are_told_apart(db: SqliteDb) -> None:
    same = [ToolCall("call_1", "find_booking", f'{{"reference": "REF{n}"}}') for n in range(2)]
    agent = agent_on(db, same[0], same[1], "Both found.")
    agent.run("Both", session_id="s")
    assert [o.split('"')[3] for o in outputs(agent)] == ["REF0", "REF1"]


def test_a_storage_failure_is_never_a_successful_run(tmp_path: Path) -> None:
    path = tmp_path / "agent.db"

    def break_the_file(_: ModelRequest) -> str:
        with path.open("r+b") as file:
            file.write(b"\0" * 4096)
        for beside in ("-wal", "-shm"):
            Path(f"{path}{beside}").write_bytes(b"\0" * 4096)
        return "Saved!"

    agent = agent_on(SqliteDb(db_file=str(path)), "Hello.", break_the_file)
    agent.run("Hi", session_id="s")
    with pytest.raises(StorageError):
        agent.run("Again", session_id="s")


def test_a_pause_in_the_stream_carries_the_requirements(db: SqliteDb) -> None:
    @tool(requires_confirmation=True)
    def cancel(reference: str) -> str:
        """Cancel a booking."""
        return "cancelled"

    events = list(Agent(ScriptedModel([call("cancel", reference="K7")]), db=db, tools=[cancel]).run("x", stream=True))
    last = events[-1]
    assert isinstance(last, RunPaused)
    assert [item.tool_name for item in last.requirements] == ["cancel"]
    assert last.run is not None
    assert last.run.is_paused
