"""The offline responder finds the tool, the article or the plain truth, and invents nothing."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from kern.loop.delegation import delegate_schema
from kern.models.base import ModelRequest, TextDelta, ToolSchema, Usage, ask
from kern.models.offline import NOT_FOUND, Article, OfflineResponder
from kern.models.offline.arguments import find_arguments
from kern.naming import generate_name
from kern.records.history import BEGUN_BEFORE, GO_ON
from kern.records.message import Message, ToolCall
from kern.team import Team
from kern.tools import ask_user, tool

Reference = Annotated[str, Field(pattern="^[A-Z0-9]{6}$", description="The booking's reference, e.g. K7QX2M")]


@tool
def find_booking(reference: Reference) -> str:
    """Look up a booking: passengers, flight and fare."""
    return reference


@tool(requires_confirmation=True)
def cancel_booking(reference: Reference, reason: str) -> str:
    """Cancel a booking for all passengers and pay the fare back."""
    return reference + reason


@tool
def search_flights(origin: str, destination: str, day: datetime.date, cabin: Literal["economy", "business"] = "economy") -> str:
    """Search flights between two cities on a day."""
    return f"{origin}{destination}{day}{cabin}"


@tool(requires_confirmation=True)
def order_bags(order: Annotated[str, "The order's number, e.g. KA-1042"], bags: int) -> str:
    """Order more bags for the hold."""
    return f"{order}{bags}"


TOOLS = [item.model_schema() for item in (find_booking, cancel_booking, search_flights, order_bags, ask_user)]
ARTICLES = [
    Article("Travelling with pets", "A small cat may travel in the cabin for 55 euros.", ("dog", "animal")),
    Article("Cancellation", "With Flex you get the whole fare back, with Light nothing."),
    Article("Opening hours", "The desk is open from 8 to 20 every day."),
]


def request(*said: str | Message, tools: list[ToolSchema] | None = None) -> ModelRequest:
    """Customer's words (as text) and other messages, after a system message."""
    messages = [item if isinstance(item, Message) else Message("user", item) for item in said]
    return ModelRequest([Message("system", "You work at the desk."), *messages], TOOLS if tools is None else tools)


def answered(text: str = "I see.") -> Message:
    return Message("assistant", text)


def calls(*said: str | Message) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, call.parsed()) for call in ask(OfflineResponder(ARTICLES), request(*said)).tool_calls]


def text(*said: str | Message, tools: list[ToolSchema] | None = None) -> str:
    answer = ask(OfflineResponder(ARTICLES), request(*said, tools=tools))
    assert answer.tool_calls == []
    return answer.content


@pytest.mark.parametrize(
    ("message", "name", "arguments"),
    [
        ("Where is my booking K7QX2M?", "find_booking", {"reference": "K7QX2M"}),
        ("booking k7qx2m please", "find_booking", {"reference": "K7QX2M"}),
        (
            "Flights from Berlin to New York on 8 May 2027, business if possible",
            "search_flights",
            {"origin": "Berlin", "destination": "New York", "day": "2027-05-08", "cabin": "business"},
        ),
        ("Please order 2 bags more for order KB-20881", "order_bags", {"order": "KB-20881", "bags": 2}),
    ],
)
def test_a_message_that_holds_all_arguments_proposes_the_tool(message: str, name: str, arguments: dict[str, Any]) -> None:
    assert calls(message) == [(name, arguments)]


def test_words_are_taken_where_a_parameter_asks_for_words() -> None:
    message = "Please cancel booking K7QX2M, I am ill"
    assert calls(message) == [("cancel_booking", {"reference": "K7QX2M", "reason": message})]


def test_a_question_about_an_action_is_no_order_to_do_it() -> None:
    assert calls("What would I get back if I cancelled K7QX2M?") in ([], [("find_booking", {"reference": "K7QX2M"})])


def test_missing_arguments_come_from_earlier_messages() -> None:
    assert calls("Where is booking K7QX2M?", answered(), "Then please cancel it")[0][1]["reference"] == "K7QX2M"


def test_what_is_missing_is_asked_for_and_the_reply_completes_it() -> None:
    asked = text("I want to order more bags")
    assert "the order's number, e.g. KA-1042" in asked
    assert calls("Please order 3 bags", answered(asked), "KA-1042") == [("order_bags", {"order": "KA-1042", "bags": 3})]


def test_messages_sent_in_a_row_are_read_as_one() -> None:
    assert calls("Please look up my booking", "It is K7QX2M") == [("find_booking", {"reference": "K7QX2M"})]


def test_what_only_fills_the_users_place_is_nobodys_words() -> None:
    assert text("May I bring my dog?", answered(), GO_ON) == text("May I bring my dog?")
    assert text(BEGUN_BEFORE, answered("Welcome."), "May I bring my dog?") == text("May I bring my dog?")


def test_an_article_answers_a_question() -> None:
    assert text("Can my dog fly with me?") == ARTICLES[0].text
    assert text("When are you open?") in (ARTICLES[2].text, NOT_FOUND)
    assert text("What are your opening hours?") == ARTICLES[2].text


def test_an_article_beats_a_tool_that_only_fits_with_old_arguments() -> None:
    said = ("Where is booking K7QX2M?", answered(), "What is your cancellation policy when I cancel?")
    assert text(*said) == ARTICLES[1].text


def test_a_long_article_gives_the_paragraphs_that_fit() -> None:
    filler = "\n\n".join(f"Paragraph {number} tells about something else entirely, at great length." for number in range(20))
    responder = OfflineResponder([Article("Wheelchair", f"{filler}\n\nA wheelchair is free at every gate.")])
    answer = ask(responder, request("I need a wheelchair at the gate", tools=[])).content
    assert answer == "A wheelchair is free at every gate."


@pytest.mark.parametrize("message", ["What is the weather on Mars?", "xyzzy plugh", "¿Dónde está mi maleta?"])
def test_what_it_does_not_know_it_says(message: str) -> None:
    assert text(message) == NOT_FOUND


def test_greetings_and_thanks_are_answered_in_kind() -> None:
    assert text("Good morning!") == "Hello! What can I do for you?"
    assert text("Thanks a lot").startswith("You are welcome")


def turn(result: str) -> tuple[str | Message, ...]:
    call = ToolCall("c1", "find_booking", '{"reference": "K7QX2M"}')
    return (
        "Where is booking K7QX2M?",
        Message("assistant", "", tool_calls=[call]),
        Message("tool", result, tool_call_id="c1", tool_name="find_booking"),
    )


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ("Booking K7QX2M is confirmed.", "Booking K7QX2M is confirmed."),
        ("done", "That is done."),
        ("[]", "I found nothing."),
        ("412.5", "The result is 412.5."),
        ("true", "Yes."),
        ('{"chosen":["window"]}', "Thank you, I noted: window."),
        (
            '{"paid_in_full":true,"departure":"2027-05-08T09:05:00","note":null}',
            "Here is what I found:\n\n- Paid in full: yes\n- Departure: 8 May 2027, 09:05\n- Note: none",
        ),
        (
            '{"legs":[{"from":"BER","day":"2027-05-08"}]}',
            "Here is what I found:\n\n- Legs:\n  - From: BER, Day: 8 May 2027",
        ),
        (
            "A person rejected this call, so it did not run. Reason: the fare is gone.",
            "I asked a colleague about this, and it was not approved: the fare is gone.",
        ),
        ("A person answered in the tool's place: Come to desk 4.", "A colleague looked at this: Come to desk 4."),
        ("The tool failed: There is no booking K7QX2M.", "I could not do that: There is no booking K7QX2M."),
    ],
)
def test_a_tools_result_is_told_in_plain_words(result: str, told: str) -> None:
    assert text(*turn(result)) == told


def test_an_internal_failure_is_not_shown_to_the_customer() -> None:
    told = text(*turn("The tool failed: OperationalError: no such table: secrets"))
    assert "secrets" not in told
    assert "person will look" in told


def test_the_same_call_is_not_proposed_twice_in_a_turn() -> None:
    first = ask(OfflineResponder(), request("Where is booking K7QX2M?")).tool_calls[0]
    said = (*turn("found"), answered("It is confirmed."), "Where is booking K7QX2M?")
    assert calls(*said) == [("find_booking", first.parsed())]
    again = [*turn("found"), answered()]
    assert calls(*again) == []


def test_no_tool_is_proposed_when_the_turn_may_not_call_any() -> None:
    asked = request("Where is booking K7QX2M?")
    asked.tool_choice = "none"
    assert ask(OfflineResponder(), asked).tool_calls == []


@pytest.mark.parametrize(
    ("message", "member"),
    [
        ("I was charged twice on my card", "Payments specialist"),
        ("What does the flex fare allow?", "Fare rules specialist"),
    ],
)
def test_a_team_leader_gives_the_task_to_the_member_that_fits(message: str, member: str) -> None:
    members = [
        Team(name="Fare rules specialist", description="Knows what each fare allows.", members=[]),
        Team(name="Payments specialist", description="Finds charges on a card and pays money back.", members=[]),
    ]
    answer = ask(OfflineResponder(ARTICLES), request(message, tools=[*TOOLS, delegate_schema([*members])]))
    assert [call.parsed() for call in answer.tool_calls] == [{"member": member, "task": message}]


def test_names_are_made_of_the_customers_words() -> None:
    said = [
        Message("user", "Hello! My flight to Lisbon was cancelled and I would like a refund, please."),
        answered("I am sorry. Which booking is it?"),
        Message("user", "K7QX2M. The refund should go to my card."),
    ]
    assert generate_name(OfflineResponder(), said) == "Flight cancellation Lisbon K7QX2M"


def test_answers_stream_in_words_and_count_no_tokens() -> None:
    *deltas, answer = OfflineResponder(ARTICLES).stream(request("Can my dog fly?"))
    assert len(deltas) == len(ARTICLES[0].text.split())
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == ARTICLES[0].text
    assert answer == ask(OfflineResponder(ARTICLES), request("Can my dog fly?"))
    assert (answer.usage, answer.model) == (Usage(), "offline-responder")


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-05-08", "2026-05-08"),
        ("8 May", "2026-05-08"),
        ("the 2nd of March", "2027-03-02"),
        ("May 8th, 2027", "2027-05-08"),
        ("8.5.2026", "2026-05-08"),
        ("tomorrow", "2026-04-11"),
        ("30 February 2026", None),
    ],
)
def test_days_are_read_as_people_write_them(written: str, day: str | None) -> None:
    schema = {"properties": {"day": {"type": "string", "format": "date"}}, "required": ["day"]}
    found = find_arguments(schema, [f"On {written} please"], datetime.date(2026, 4, 10))
    assert found.values.get("day") == day
    assert found.missing == ([] if day else ["day"])


def test_short_codes_are_only_taken_in_capitals() -> None:
    schema = {"properties": {"airport": {"enum": ["MAD", "BER"]}}, "required": ["airport"]}
    assert find_arguments(schema, ["I am mad about BER"], datetime.date.today()).values == {"airport": "BER"}


@given(st.lists(st.text(max_size=200), min_size=1, max_size=4), st.text(max_size=200))
def test_whatever_people_and_tools_write_it_answers(said: list[str], result: str) -> None:
    responder = OfflineResponder(ARTICLES)
    assert ask(responder, request(*said)).model
    assert ask(responder, request(*turn(result))).content is not None
    assert responder.id
