"""Which words of a model's answer are the name (rule L11)."""

from __future__ import annotations

import pytest

from kern.errors import NamingError
from kern.naming import generate_name
from kern.naming.answers import clean
from kern.records.message import Message
from kern.testing import ScriptedModel


@pytest.mark.parametrize(
    "answer",
    [
        '{"title": "Flight change"}',
        '{"title": "Flight change", "emoji": "✈", "confidence": 0.9}',
        '```json\n{"title": "Flight change"}\n```',
        '```json\n{\n  "title": "Flight change"\n}',
        '``` {"session_name": "Flight change"} ```',
        'json\n{"name": "Flight change"}',
        'json {"Conversation-Title": "Flight change"}',
        '{"result": {"titles": ["Flight change", "Other"]}}',
        '[{"topic": "Flight change"}]',
        '["Flight change", "Rebooking"]',
        '{"titel": "Flight change"}',
        '{"标题": "Flight change"}',
        '{"whatever": "Flight change", "language": "en"}',
        "{'title': 'Flight change'}",
        '{"title": "Flight change"',
        '{"title": "Flight change", "reason": "they want',
        '{"title": "**Flight change**."}',
        'Here is the JSON:\n```json\n{"title": "Flight change"}\n```\nAnything else?',
        'Sure! {"title": "Flight change"}',
        '<think>{"title": "No"}</think>{"title": "Flight change"}',
        "<|channel|>analysis<|message|>A title.<|end|><|start|>assistant<|channel|>final<|message|>Flight change",
        "```\nFlight change\n```",
        "```text\nFlight change\n```",
        "Sure! Here is a title: Flight change",
        "Sure! Here's a title for your conversation:\n\nFlight change",
        "Sure, here is a short title: **Flight change**",
        'Certainly! How about "Flight change"?',
        "Of course!\nFlight change",
        "Certainly! Flight change",
        'I would suggest "Flight change" as a title.',
        'A good title for this conversation would be "Flight change".',
        "The title could be: Flight change",
        '"Flight change" is a fitting title.',
        "Title: Flight change",
        "**Title:** Flight change",
        "Session name: Flight change",
        "Suggested title - Flight change",
        "Subject: Flight change",
        "Titel: Flight change",
        "Titre : Flight change",
        "标题：Flight change",
        "Gerne! Hier ist ein Titel: „Flight change“",
        "Voici un titre : « Flight change »",
        "¡Claro! Aquí tienes un título: Flight change",
        "好的，以下是标题：Flight change",
        "<title>Flight change</title>",
        "1. Flight change\n2. Rebooking\n3. Travel",
        "Title suggestion: Flight change",
        "Possible title: Flight change",
        "Option 1: Flight change",
        "Final answer: Flight change",
        "title=Flight change",
        "Sure - Flight change",
        "The best name for this conversation would be Flight change",
        "Ein passender Titel wäre „Flight change“.",
        "Der Titel lautet: Flight change",
        "Titelvorschlag: Flight change",
        "Name der Unterhaltung: Flight change",
        "Selbstverständlich! Titel: Flight change",
        "Un buen título sería: Flight change",
        "Un buen título sería «Flight change»",
        "Título sugerido: Flight change",
        "Nombre de la sesión: Flight change",
        "Por supuesto, el título es: Flight change",
        "タイトル案：「Flight change」",
        "タイトルは「Flight change」です。",
        "セッション名：Flight change",
        "承知しました。『Flight change』",
    ],
)
def test_the_name_is_found_in_what_stands_around_it(answer: str) -> None:
    assert clean(answer) == "Flight change"


@pytest.mark.parametrize(
    "answer",
    [
        "Name change on ticket",
        "Title deed lost",
        "I can't log in",
        "Sorry for the delay",
        "Here comes my luggage",
        "[Bug] Login fails",
        "Order {12} lost",
        "[1] and [2] swapped",
        "JSON export fails",
        "Great Barrier Reef trip",
        "OK button does nothing",
        "Null pointer in checkout",
        "Sure Start voucher",
        "Thinking about a refund",
        "Refund: order 7",
        "Lost 'Oslo' bag",
        "Output voltage wrong",
        "The name on ticket is wrong",
        "Name of passenger misspelt",
        "New session cookie lost",
        "Unknown charge on card",
        "Answer to complaint",
        "Subject access request",
    ],
)
def test_a_name_that_looks_like_something_else_stays(answer: str) -> None:
    assert clean(answer) == answer


@pytest.mark.parametrize(
    "answer",
    [
        "Sure! Here is a title",
        "Sure!",
        "Here is a title for the conversation:",
        "Here's the title you asked for.",
        "json",
        "```json",
        "```json\n{",
        "{}",
        "[]",
        '{"title": ""}',
        '{"title": null}',
        '{"title": 7}',
        '{"title": "Flight cha',
        '{"error": "I cannot do that"}',
        '{"title": "I\'m sorry, I can\'t help with that."}',
        "null",
        "None",
        "Title:",
        "Untitled",
        "...",
        "I'm sorry, I can't help with that.",
        "I’m sorry, but I cannot assist with this request.",
        "I don't have the ability to browse external links.",
        "I cannot generate a title without more context.",
        "As an AI language model, I have no opinion.",
        "Unfortunately, I'm unable to access that.",
        "There is not enough information to name this conversation.",
        "Es tut mir leid, dabei kann ich nicht helfen.",
        "Désolé, je ne peux pas.",
        "Lo siento, no puedo ayudar con eso.",
        "抱歉，我无法生成标题。",
        "<think>A title.</think>",
        "New conversation",
        "Untitled chat",
        "No title available",
        "(no name)",
        "Unknown",
        "Hello! How can I help you today?",
        "I don't know.",
        "Neue Unterhaltung",
        "無題",
    ],
)
def test_nothing_usable_is_never_a_name(answer: str) -> None:
    assert clean(answer) == ""
    with pytest.raises(NamingError, match="nothing that could be a name"):
        generate_name(ScriptedModel([answer]), [Message("user", "Hello")])
