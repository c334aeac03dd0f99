"""Loading the desk: what is wrong with one is a clear line, and its rows are made once."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from kern.models.openai import OpenAIResponses
from kern.testing import ScriptedModel
from sessions_app import desk as desks
from sessions_app.apps import check_desk
from sessions_app.models import Queue, TicketSystem
from tests import desk as shop

HEAD = """
import sys
from kern.agent import Agent
from kern.models.offline import Article
from kern.models.openai import OpenAIResponses
from kern.session import SessionSummaryManager
from kern.team import Team
from kern.testing import ScriptedModel
from sessions_app.desk import Desk, QueueSpec, TicketSystemSpec

def queue(slug="a", agent=None, **more):
    return QueueSpec(slug, "A", agent or Agent(name="Ann"), **more)

def tickets(url="https://desk.example/{id}", **more):
    return [TicketSystemSpec("t", "T", url, **more)]
"""

Load = Callable[[str], desks.Desk]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, request: pytest.FixtureRequest) -> Load:
    """Load a desk from a file with this text, as a user's own desk."""
    monkeypatch.syspath_prepend(tmp_path)

    def load_text(text: str) -> desks.Desk:
        name = f"desk_{abs(hash(request.node.name))}"
        (tmp_path / f"{name}.py").write_text(HEAD + text)
        settings.KERN_DESK = f"{name}:desk"
        return desks.load()

    return load_text


def test_a_users_desk_is_one_file(load: Load) -> None:
    loaded = load("desk = Desk('Mine', [QueueSpec('a', 'A', Agent(name='Ann'))])")
    assert loaded.name == "Mine"
    assert desks.current() is loaded
    assert desks.agent_for("ann").name == "Ann"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "has no desk"),
        ("desk = 5", "desk is a int, not a sessions_app.desk.Desk"),
        ("import no_such_thing", "imports no_such_thing, which is not installed"),
        ("1 / 0", "failed with ZeroDivisionError: division by zero"),
        ("desk = Desk('Mine', [QueueSpec('a', 'A')])", "failed with TypeError"),
        ("desk = Desk('Mine', [])", "the desk has no queue"),
        ("desk = Desk('Mine', [QueueSpec('a', 'A', Agent())])", "an Agent has no name"),
        ("desk = Desk('Mine', [QueueSpec('a', 'A', 'Ann')])", "queues[0].agent must be an Agent or a Team, not 'Ann'"),
        (
            "a = Agent(name='Ann')\ndesk = Desk('Mine', [QueueSpec('a', 'A', a), QueueSpec('a', 'B', a)])",
            "two queues have the slug 'a'",
        ),
        ("desk = Desk('Mine', [QueueSpec('a', 'A', Agent(name='Ann'))], [Agent(name='ANN')])", "two agents have the id 'ann'"),
    ],
)
def test_what_is_wrong_with_a_desk_is_one_line(load: Load, text: str, line: str) -> None:
    with pytest.raises(desks.DeskError) as told:
        load(text)
    assert line in str(told.value)
    assert "\n" not in str(told.value)
    assert str(told.value).startswith("KERN_DESK=")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Desk('Mine', queue())", "queues must be a list, not a QueueSpec"),
        ("Desk('Mine', ['orders'])", "queues[0] must be a QueueSpec, not 'orders'"),
        ("Desk(None, [queue()])", "name must be text, not None"),
        ("Desk('Mine', [queue(naming_delay='soon')])", "queues[0].naming_delay must be a whole number, not 'soon'"),
        ("Desk('Mine', [queue(welcome=None)])", "queues[0].welcome must be text, not None"),
        ("Desk('Mine', [queue()], agents=[Team(name='Crew')])", "agents[0] must be an Agent, not a Team"),
        ("Desk('Mine', [queue()], knowledge=['text'])", "knowledge[0] must be an Article, not 'text'"),
        ("Desk('Mine', [queue()], knowledge=[Article('a', 5)])", "knowledge[0].text must be text, not 5"),
        ("Desk('Mine', [queue()], knowledge=[Article('a', 'b', 'bag')])", "knowledge[0].keywords must be a list, not 'bag'"),
        ("Desk('Mine', [queue()], ticket_systems=['zendesk'])", "ticket_systems[0] must be a TicketSystemSpec, not 'zendesk'"),
    ],
)
def test_a_desk_made_of_other_things_says_where(load: Load, text: str, line: str) -> None:
    with pytest.raises(desks.DeskError) as told:
        load(f"desk = {text}")
    assert line in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("slug", ["my orders", "bücher", "", "a" * 51, "a/b"])
def test_a_queue_whose_address_would_lead_nowhere_is_refused(load: Load, slug: str) -> None:
    with pytest.raises(desks.DeskError, match=f"queue {slug!r}: slug: "):
        load(f"desk = Desk('Mine', [queue({slug!r})])")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "[queue(ai_mode='auto')]",
            "queue 'a': ai_mode: Value 'auto' is not a valid choice. Choose from autopilot, draft, off",
        ),
        ("[QueueSpec('a', '', Agent(name='Ann'))]", "queue 'a': name: This field cannot be blank."),
        ("[queue(naming_delay=10**12)]", "queue 'a': naming: delay: Ensure this value is less than or equal to 604800"),
        ("[queue(naming_delay=-1)]", "queue 'a': naming: delay: Ensure this value is greater"),
        ("[queue(naming_after=40_000)]", "queue 'a': naming: after_messages: Ensure this value is less than"),
        (
            "[queue()], ticket_systems=tickets('javascript:{id}')",
            "ticket system 't': url_template: Write a web address with {id}",
        ),
        ("[queue()], ticket_systems=tickets(pattern='(')", "ticket system 't': pattern: This is no regular expression"),
    ],
)
def test_what_no_admin_could_save_no_desk_can_bring(load: Load, text: str, line: str) -> None:
    with pytest.raises(desks.DeskError) as told:
        load(f"desk = Desk('Mine', {text})")
    assert line in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("agent", "line"),
    [
        ("Agent('gpt-5.2', name='Ann')", "Ann: 'gpt-5.2' is no model; write model=OpenAIResponses"),
        ("Agent(OpenAIResponses, name='Ann')", "is no model"),
        ("Team(name='Crew', members=[Agent('gpt-5.2', name='Bo')])", "Bo: 'gpt-5.2' is no model"),
        ("Agent(name='Ann', session_summary_manager='gpt')", "Ann: write session_summary_manager=SessionSummaryManager"),
        ("Agent(name='Ann', session_summary_manager=SessionSummaryManager('gpt'))", "Ann: write session_summary_manager="),
        ("Agent(name='Ann', instructions=5)", "instructions is text, a list of lines or a function, not 5"),
        ("Agent(name='Ann', description=None)", "description is text, not None"),
        ("Agent(name='客服')", "客服 has no id"),
        ("Agent(name='Ann' * 40)", "a name or an id of more than 100 characters"),
    ],
)
def test_an_agent_that_could_never_answer_is_refused(load: Load, agent: str, line: str) -> None:
    with pytest.raises(desks.DeskError) as told:
        load(f"desk = Desk('Mine', [queue(agent={agent})])")
    assert line in str(told.value)


@pytest.mark.parametrize(
    "agent", ["Agent(name='Ann', tools=[find])", "Team(name='Crew', members=[Agent(name='Ann', tools=[find])])"]
)
def test_a_tool_that_no_model_could_be_shown_is_refused(load: Load, agent: str) -> None:
    with pytest.raises(desks.DeskError, match=r"Ann: tool 'find' cannot be shown to a model: .*'Nope' is not defined") as told:
        load(f"def find(a: 'Nope') -> str:\n    return a\n\ndesk = Desk('Mine', [queue(agent={agent})])")
    assert "\n" not in str(told.value)


def test_a_desk_that_wants_to_end_the_program_is_one_line(load: Load) -> None:
    with pytest.raises(desks.DeskError, match="failed with SystemExit: bye"):
        load("sys.exit('bye')")


def test_an_agent_that_caches_sessions_is_refused(load: Load) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(desks.DeskError, match="cache_session"):
            load("desk = Desk('Mine', [QueueSpec('a', 'A', Agent(name='Ann', cache_session=True))])")


@pytest.mark.parametrize("path", ["no_such_module:desk", "tests.no_such_module:desk", "tests.desk", "tests.desk:nothing"])
def test_a_desk_that_is_not_there_is_one_line(settings: Settings, path: str) -> None:
    settings.KERN_DESK = path
    with pytest.raises(desks.DeskError, match=f"KERN_DESK={path}"):
        desks.load()


def test_checking_the_program_tells_what_is_wrong_with_the_desk(settings: Settings) -> None:
    settings.KERN_DESK = "no_such_module:desk"
    assert ["there is no module no_such_module" in error.msg for error in check_desk()] == [True]
    settings.KERN_DESK = "tests.desk:desk"
    assert check_desk() == []


def test_rows_are_made_once_and_keep_what_admins_changed(rows: None) -> None:
    Queue.objects.filter(slug="orders").update(name="Bestellungen", agent_id="somebody-else", link_days=99)
    TicketSystem.objects.filter(slug="bugs").update(url_template="https://new.example/{id}")
    Queue.objects.filter(slug="parcels").delete()
    desks.sync()
    orders = Queue.objects.get(slug="orders")
    assert (orders.name, orders.agent_id, orders.link_days) == ("Bestellungen", "clerk", 99)
    assert TicketSystem.objects.get(slug="bugs").url_template == "https://new.example/{id}"
    assert Queue.objects.get(slug="parcels").agent_id == "shop-team"
    assert desks.kind_of("shop-team") == "team"


def test_an_unknown_agent_is_told_by_name(rows: None) -> None:
    with pytest.raises(desks.UnknownAgentError, match="nobody"):
        desks.agent_for("nobody")


def test_without_a_key_or_a_server_of_its_own_the_desk_is_offline(settings: Settings) -> None:
    settings.OPENAI_API_KEY = None
    assert desks.is_offline()
    assert desks.default_model().id == "offline-responder"
    settings.OPENAI_BASE_URL = "http://127.0.0.1:1/v1"
    settings.KERN_MODEL, settings.KERN_NAMING_MODEL = "big", "small"
    assert not desks.is_offline()
    assert isinstance(desks.default_model(), OpenAIResponses)
    assert (desks.default_model().id, desks.naming_model().id) == ("big", "small")


def test_an_agents_own_models_stay_its_own(load: Load, settings: Settings) -> None:
    settings.OPENAI_API_KEY, settings.KERN_MODEL = "a-key", "big"
    load(
        "small = SessionSummaryManager(model=ScriptedModel([], id='small'))\n"
        "ann = Agent(ScriptedModel([], id='own'), name='Ann', session_summary_manager=small)\n"
        "desk = Desk('Mine', [QueueSpec('a', 'A', ann), QueueSpec('b', 'B', Agent(name='Bo'))])"
    )
    assert desks.agent_for("ann").required_model.id == "own"
    assert desks.agent_for("bo").required_model.id == "big"
    assert desks.naming_model("ann").id == "small"
    assert isinstance(desks.current().queues[0].agent.model, ScriptedModel)


def test_members_of_a_team_work_on_the_same_rows(rows: None) -> None:
    team = desks.agent_for("shop-team")
    assert type(team.members[0].db) is type(team.db)
    assert shop.desk.queues[1].agent.members[0].model is shop.actor
