"""Rows of messages are made in one module, whatever their source."""

from __future__ import annotations

import ast
from pathlib import Path

from sessions_app.actions import messages, private_turns, sessions
from sessions_app.models import Person, Queue, Session

APPLICATION = Path(__file__).parents[3] / "sessions_app"
BUILDER = APPLICATION / "store" / "message_rows.py"


def test_no_other_module_makes_a_message() -> None:
    makers = {path for path in APPLICATION.rglob("*.py") if "migrations" not in path.parts and _makes_messages(path)}
    assert makers == {BUILDER}


def test_an_author_whose_name_is_longer_than_its_column_is_cut_for_every_source(orders: Queue, ana: Person) -> None:
    conversation = sessions.start_session(orders, user_id="k" * 200)
    ana.display_name = "A" * 120 + " and more"
    messages.receive(conversation, "Where is it?")
    messages.note(conversation, ana, "Look at the bill.")
    messages.reply(conversation, ana, "On its way.", seen=Session.objects.get(pk=conversation.pk).last_change)
    authors = list(conversation.messages.order_by("pk").values_list("author", flat=True))
    assert authors == ["k" * 120, "A" * 120, "A" * 120]


def test_what_no_database_keeps_is_replaced_for_every_source(session: Session, ana: Person) -> None:
    run = private_turns.ask_agent(session, ana, "half \ud83d")
    messages.receive(session, "zero \x00")
    assert list(run.messages.values_list("content", flat=True)) == ["half ?"]
    assert list(session.messages.filter(run=None).values_list("content", flat=True)) == ["zero \ufffd"]


def _makes_messages(path: Path) -> bool:
    tree = ast.parse(path.read_text())
    rows = {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sessions_app.models")
        for name in node.names
        if name.name == "Message"
    }
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    made = {f"{row}{how}" for row in rows for how in ("", ".objects.create", ".objects.get_or_create")}
    return any(call in made or call.endswith("messages.create") for call in calls)
