"""Eight servers by name. Each module is one server; its docstring says who reported what it does.

with ResponsesServer(habits=habits.named("vllm")) as server: ...
"""

from __future__ import annotations

from tests.responses_server.habits.azure import Azure
from tests.responses_server.habits.base import Habits, Raw
from tests.responses_server.habits.garbage import Garbage
from tests.responses_server.habits.litellm import LiteLLM
from tests.responses_server.habits.llama_cpp import LlamaCpp
from tests.responses_server.habits.ollama import Ollama
from tests.responses_server.habits.openai import OpenAI
from tests.responses_server.habits.openrouter import OpenRouter
from tests.responses_server.habits.vllm import VLLM

#: Those that mean well.
HONEST: tuple[type[Habits], ...] = (OpenAI, VLLM, Ollama, LlamaCpp, LiteLLM, OpenRouter, Azure)
ALL: tuple[type[Habits], ...] = (*HONEST, Garbage)
NAMES = tuple(kind.name for kind in ALL)


def named(name: str) -> Habits:
    """The habits of that name. Raises `KeyError`."""
    return {kind.name: kind for kind in ALL}[name]()


__all__ = ["ALL", "HONEST", "NAMES", "Garbage", "Habits", "Raw", "named"]
