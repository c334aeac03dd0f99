"""What can happen in a session is said in one place, and what is recorded, shown and compared is said there."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest
from django.test import Client
from django.utils.functional import Promise

import sessions_app
from sessions_app.actions import locking, messages, sessions
from sessions_app.changes import payloads
from sessions_app.changes.kinds import OF_REQUIREMENT_STATUS, OF_RUN_END, Audience, Kind, kind_of, kinds_seen_by
from sessions_app.changes.log import record
from sessions_app.errors import StaleError
from sessions_app.infrastructure import broken_rows as broken
from sessions_app.models import Change, Person, Requirement, Run, Session

APP = Path(sessions_app.__file__).parent
MODULES = [path for path in sorted(APP.rglob("*.py")) if not {"migrations", "changes"} & set(path.parts)]


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_has_a_payload_an_audience_and_a_sentence(kind: Kind) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", kind)
    assert len(kind) <= (Change._meta.get_field("kind").max_length or 0)
    assert issubclass(kind.payload, payloads.Payload)
    assert Audience.TEAM in kind.audience
    # Translated when it is read, and it names nothing but who it was and what the payload has.
    assert isinstance(kind.sentence, Promise)
    named = set(re.findall(r"{(\w*)}", str(kind.sentence)))
    assert named <= {"who", *(field.name for field in fields(kind.payload))}


def test_what_the_team_says_among_itself_is_for_no_customer() -> None:
    private = {kind for kind in Kind if kind.noun in ("requirement", "ticket", "policy")}
    private |= {Kind.MESSAGE_NOTE, Kind.RUN_QUESTION_ASKED, Kind.RUN_DRAFT_WANTED, Kind.RUN_ADVISED}
    assert not private & kinds_seen_by(Audience.CUSTOMER)


def test_programs_may_learn_of_all_that_people_must_have_seen() -> None:
    # The API answers a reply that came too late with the kinds of what is newer.
    assert {kind for kind in Kind if kind.is_news} <= kinds_seen_by(Audience.INTEGRATION)


def test_every_end_of_a_requirement_and_of_a_run_has_its_kind() -> None:
    assert set(OF_REQUIREMENT_STATUS) == set(Requirement.Status) - {Requirement.Status.PENDING}
    assert set(OF_RUN_END) == set(Run.Status) - {Run.Status.PENDING, Run.Status.RUNNING, Run.Status.PAUSED}


def test_a_change_is_recorded_with_its_own_payload(session: Session) -> None:
    for payload in (payloads.NOTHING, payloads.OfRun("r"), payloads.TicketLinked("7", "help", 1)):
        with pytest.raises(TypeError, match="recorded with OfTicket, not with"):
            record(session, Kind.TICKET_UNLINKED, payload)
    assert record(session, Kind.TICKET_UNLINKED, payloads.OfTicket("7", "help")).data == {"ticket": "7", "system": "help"}


def test_each_call_that_records_a_change_names_its_kind_and_payload() -> None:
    calls = [call for path in MODULES for call in _recordings(ast.parse(path.read_text()))]
    assert len(calls) > 40
    for kind, payload in calls:
        assert payload == Kind[kind].payload.__name__, kind


def _recordings(module: ast.Module) -> list[tuple[str, str]]:
    """Name of the kind and class of the payload of each call of `record`; a kind that is chosen by a status is left to mypy."""
    found = []
    for function in (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)):
        local = {
            target.id: node.value.func.id
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            kind = call.args[1] if len(call.args) > 1 else None
            if re.search(r"\brecord(_unseen)?$", ast.unparse(call.func)) and isinstance(kind, ast.Attribute):
                given = ast.unparse(call.args[2]).partition("(")[0] if len(call.args) > 2 else "Payload"
                found.append((kind.attr, local.get(given, given)))
    return found


def test_no_module_spells_a_kind() -> None:
    kinds = {kind.value for kind in Kind}
    # The audit log has kinds of its own, of which two are called alike.
    for path in set(MODULES) - {APP / "audit/kinds.py"}:
        spelled = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
        assert not kinds & {text for text in spelled if isinstance(text, str)}, path


def test_what_a_later_version_recorded_is_shown_as_unknown_beside_the_rest(
    client: Client, ana: Person, session: Session, broken_rows: None
) -> None:
    messages.note(session, ana, "Watch this one")
    sessions.resolve(session, ana)
    later = Change.objects.create(session=session, kind="parcel.flown", data={"to": "the moon"})
    assert kind_of(later.kind) is None
    client.force_login(ana)
    page = client.get(f"/open/{session.session_id}/").content.decode()
    assert f'id="broken_change_{later.pk}"' in page
    assert ("change", str(later.pk)) in broken.reported()
    assert "resolved this" in page
    assert "Watch this one" in page


def test_what_a_later_version_recorded_is_news_to_who_has_not_seen_it(session: Session, ana: Person) -> None:
    seen = Change.objects.latest("pk").pk
    Change.objects.create(session=session, kind="parcel.flown")
    with pytest.raises(StaleError):
        locking.must_have_seen(session, ana, seen, locking.NEWS)
