"""A model that counts the tokens of its answers."""

from __future__ import annotations

from collections.abc import Iterator

from kern.models.base import Model, ModelAnswer, ModelEvent, ModelRequest, Usage


class MeteredModel:
    """A model with the sum of what its answers used, and their number."""

    def __init__(self, model: Model) -> None:
        self.model, self.usage, self.answers = model, Usage(), 0

    @property
    def id(self) -> str:
        return self.model.id

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        for event in self.model.stream(request):
            if isinstance(event, ModelAnswer):
                self.usage, self.answers = self.usage + event.usage, self.answers + 1
            yield event
