"""The desk's agents on the application's rows, each with its model, and the default model."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from kern.agent import Agent
from kern.models.base import Model
from kern.models.offline import OfflineResponder
from kern.models.openai import OpenAIResponses
from kern.team import Team
from sessions_app.desk.loading import current, load_from
from sessions_app.desk.specs import UnknownAgentError
from sessions_app.store import DjangoDb

if TYPE_CHECKING:
    from kern.session import SessionKind

OPENAI = "https://api.openai.com/v1"


def agent_for(agent_id: str) -> Agent | Team:
    """Return the agent or team of that id, working on our rows and with our model where it names none.

    Raises `UnknownAgentError` when the desk has none of that id.
    """
    return _bound(_worker(agent_id))


def kind_of(agent_id: str) -> SessionKind:
    """Return `team` if that id is a team's, else `agent`, also for an unknown id."""
    return "team" if any(worker.id == agent_id and isinstance(worker, Team) for worker in current().workers) else "agent"


def _worker(agent_id: str) -> Agent | Team:
    for worker in current().workers:
        if worker.id == agent_id:
            return worker
    text = _("The desk has no agent “%(agent)s”: add it to KERN_DESK or move the session to another queue.")
    raise UnknownAgentError(text % {"agent": agent_id})


def _bound(worker: Agent | Team) -> Agent | Team:
    return worker.bound(db=DjangoDb(), model=default_model(), deadline=turn_seconds(), lease=lease_seconds())


def turn_seconds() -> float:
    """Return the time limit (seconds) of one turn."""
    return float(settings.KERN_TURN_SECONDS)


def lease_seconds() -> float:
    """Return the time (seconds) without a heartbeat after which another worker takes the run."""
    return float(settings.KERN_LEASE_SECONDS)


def is_offline() -> bool:
    """Return whether no language model is configured, so that the offline responder answers."""
    return not settings.OPENAI_API_KEY and settings.OPENAI_BASE_URL in (None, "", OPENAI)


def default_model() -> Model:
    """Return the model of agents that name none."""
    return _offline(settings.KERN_DESK) if is_offline() else _online(settings.KERN_MODEL, *_server())


def naming_model(agent_id: str = "") -> Model:
    """Return the model that names sessions: the agent's `session_summary_manager`'s (rule L11), else KERN_NAMING_MODEL.

    Offline, an agent that brings its own model names with it.
    """
    worker = next((worker for worker in current().workers if agent_id and worker.id == agent_id), None)
    manager = worker.session_summary_manager if worker else None
    if manager and manager.model:
        return manager.model
    if is_offline():
        return (worker.model if worker else None) or default_model()
    return _online(settings.KERN_NAMING_MODEL or settings.KERN_MODEL, *_server())


def offline_model() -> Model:
    """Return the responder that needs no language model."""
    return _offline(settings.KERN_DESK)


def _server() -> tuple[str, str | None]:
    # Servers other than OpenAI often want no key, the SDK always wants one.
    return settings.OPENAI_API_KEY or "none", settings.OPENAI_BASE_URL


@functools.lru_cache(maxsize=8)
def _online(model_id: str, api_key: str, base_url: str | None) -> Model:
    return OpenAIResponses(id=model_id, api_key=api_key, base_url=base_url)


@functools.lru_cache(maxsize=8)
def _offline(path: str) -> Model:
    return OfflineResponder(load_from(path).knowledge)
