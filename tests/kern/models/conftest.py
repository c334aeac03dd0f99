"""A server per test, and a model that asks it without ever sleeping."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from kern.models.openai import OpenAIResponses
from tests.responses_server import ResponsesServer

ModelFactory = Callable[..., OpenAIResponses]


@pytest.fixture
def server() -> Iterator[ResponsesServer]:
    with ResponsesServer() as running:
        yield running


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the model would have waited before its retries."""
    return []


@pytest.fixture
def make_model(server: ResponsesServer, waits: list[float]) -> Iterator[ModelFactory]:
    made: list[OpenAIResponses] = []

    def make(id: str = "gpt-5.2", **options: object) -> OpenAIResponses:
        given = {"api_key": "key", "base_url": server.base_url, "wait": waits.append, **options}
        made.append(OpenAIResponses(id, **given))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for model in made:
        model.close()


@pytest.fixture
def model(make_model: ModelFactory) -> OpenAIResponses:
    return make_model()
