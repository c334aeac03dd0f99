"""The offline responder: answers without a network and without a language model.

It proposes a tool whose words and argument patterns match the message, tells what a tool gave back, or gives the knowledge
article that fits. What it does not find it says so, and hands over
to a person: by the tool `hand_over`, where it has it. The same input always gives the same answer.
"""

from __future__ import annotations

import datetime
import json
import re
import time
import uuid
from collections.abc import Iterator, Sequence

from kern.models.base import ModelAnswer, ModelEvent, ModelRequest, TextDelta
from kern.models.offline.articles import Article, Library, fitting_text
from kern.models.offline.names import asks_for_a_name, name_for
from kern.models.offline.people import asks_for_person
from kern.models.offline.results import PERSON_LOOKS, tell
from kern.models.offline.tools import Proposal, call_key, propose
from kern.models.offline.words import says_something
from kern.records.history import BEGUN_BEFORE, GO_ON
from kern.records.message import Message, ToolCall

__all__ = ["Article", "OfflineResponder"]

#: The tool that hands the conversation over to people, which then tells the customer so.
HAND_OVER = "hand_over"
_NOT_FOUND = "I could not find an answer to this, and I do not want to guess."
NOT_FOUND = f"{_NOT_FOUND} {PERSON_LOOKS}"
_PIECE = re.compile(r"\s*\S+\s*|\s+")
_THANKS = re.compile(r"^\W*(?:(?:many )?thanks|thank you|thx|cheers|great|perfect|ok(?:ay)?)\b", re.I)
_GREETING = re.compile(r"^\W*(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|greetings)\b", re.I)
#: Earlier messages of the customer in which arguments are looked for.
_LOOK_BACK = 6


class OfflineResponder:
    """A `Model` without a language model. `articles` are its knowledge; `delay` is in seconds before each word."""

    def __init__(self, articles: Sequence[Article] = (), *, id: str = "offline-responder", delay: float = 0.0) -> None:
        self.id = id
        self.delay = delay
        self._library = Library(articles)

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        """Yield the answer word by word and then whole. Counts no tokens: there is no language model. Never raises."""
        answer = self._answer(request)
        for piece in _PIECE.findall(answer.content):
            if self.delay:
                time.sleep(self.delay)
            yield TextDelta(piece)
        yield answer

    def _answer(self, request: ModelRequest) -> ModelAnswer:
        # A message that only fills the user's place was not said by the customer.
        messages = [message for message in request.messages if message.content not in (BEGUN_BEFORE, GO_ON)]
        if not request.tools and asks_for_a_name(messages):
            return self._say(name_for(messages))
        messages = _before_drafts(messages)
        if results := _newest_results(messages):
            return self._say_or_hand_over("\n\n".join(tell(result.content) for result in results), request)
        message, earlier = _newest_words(messages)
        if _has_hand_over(request) and asks_for_person(message):
            return self._hand_over("asked", "The customer asks for a person.")
        tools = [tool for tool in request.tools if tool.name != HAND_OVER] if request.tool_choice == "auto" else []
        proposal = propose(tools, message, earlier, _answered(messages), datetime.date.today())
        return self._say_or_hand_over(self._choose(message, proposal), request)

    def _say_or_hand_over(self, said: str | ModelAnswer, request: ModelRequest) -> ModelAnswer:
        """Return the answer; one that promises a person keeps the promise by handing over, where that is possible."""
        answer = said if isinstance(said, ModelAnswer) else self._say(said)
        if PERSON_LOOKS not in answer.content or not _has_hand_over(request):
            return answer
        words = answer.content.replace(PERSON_LOOKS, "").strip()
        why = "No answer found." if words == _NOT_FOUND else words
        return self._hand_over("no_answer", why, words)

    def _hand_over(self, because: str, reason: str, words: str = "") -> ModelAnswer:
        arguments = json.dumps({"because": because, "reason": reason})
        call = ToolCall(f"call_{uuid.uuid4().hex[:24]}", HAND_OVER, arguments)
        return ModelAnswer(content=words, tool_calls=[call], model=self.id)

    def _choose(self, message: str, proposal: Proposal | None) -> ModelAnswer:
        """Choose a fitting call, else a fitting article, else a question for missing arguments, else "I do not know"."""
        article = self._library.find(message)
        if proposal and proposal.call and not (proposal.reaches_back and article and "?" in message):
            return ModelAnswer(tool_calls=[proposal.call], model=self.id)
        parts = [fitting_text(article, message)] if article else []
        if proposal and proposal.needs and not (article and "?" in message):
            parts.append(f"I can do this for you when you tell me: {'; '.join(proposal.needs)}.")
        return self._say("\n\n".join(parts) or _small_talk(message) or NOT_FOUND)

    def _say(self, text: str) -> ModelAnswer:
        return ModelAnswer(content=text, model=self.id)


def _has_hand_over(request: ModelRequest) -> bool:
    return request.tool_choice == "auto" and any(tool.name == HAND_OVER for tool in request.tools)


def _before_drafts(messages: list[Message]) -> list[Message]:
    """Return the conversation before answers that a person sent back: without a language model they come out the same again."""
    while len(messages) > 1 and messages[-1].role == "system" and messages[-2].role == "assistant":
        messages = messages[:-2]
    return messages


def _newest_results(messages: Sequence[Message]) -> list[Message]:
    """Return the tool outputs at the end of the conversation, if it ends with some."""
    results: list[Message] = []
    for message in reversed(messages):
        if message.role != "tool":
            break
        results.insert(0, message)
    return results


def _newest_words(messages: Sequence[Message]) -> tuple[str, list[str]]:
    """Return the customer's current request, and their earlier messages, newest first.

    Messages sent in a row are one. An answer that is nothing but a reference belongs to the question before it.
    """
    turns: list[str] = []
    before = ""
    for message in messages:
        if message.role == "user":
            if before == "user":
                turns[-1] += f"\n{message.content}"
            else:
                turns.append(message.content)
        before = message.role if message.role != "system" else before
    turns.reverse()
    if not turns:
        return "", []
    if len(turns) > 1 and not says_something(turns[0]) and re.search(r"\d", turns[0]):
        return f"{turns[0]}\n{turns[1]}", turns[2 : 2 + _LOOK_BACK]
    return turns[0], turns[1 : 1 + _LOOK_BACK]


def _answered(messages: Sequence[Message]) -> set[str]:
    """Return the keys of the calls made since the customer's last message."""
    calls: list[ToolCall] = []
    for message in reversed(messages):
        if message.role == "user":
            break
        calls += message.tool_calls
    return {call_key(call) for call in calls}


def _small_talk(message: str) -> str:
    thanks, greeting = _THANKS.match(message), _GREETING.match(message)
    opening = thanks or greeting
    if says_something(message[opening.end() :] if opening else message):
        return ""
    if thanks:
        return "You are welcome. Write again whenever you need something."
    return "Hello! What can I do for you?" if greeting or not message.strip() else ""
