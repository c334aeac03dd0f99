"""A model that counts its tokens, and gives no answer to work that was called off."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from typing import cast

from kern.errors import ModelError
from kern.models.base import Model, ModelAnswer, ModelEvent, ModelRequest, Usage
from kern.threads.cancellation import Cancellation, current


def without_retries(model: Model) -> Model:
    """Return the model without retries of its own, where it has some: all requests wait when one is refused, not it alone."""
    make = getattr(model, "without_retries", None)
    return model if make is None else cast("Model", make())


class Counted:
    """The model with `usage`, the sum of its answers' tokens, and `answers`, their number.

    Made on the thread whose work it is for.
    """

    def __init__(self, model: Model) -> None:
        self.id = model.id
        self.usage = Usage()
        self.answers = 0
        self._model = model
        self._work: Cancellation = current()
        self._lock = threading.Lock()

    def stream(self, request: ModelRequest) -> Generator[ModelEvent, None, None]:
        """Yield the model's events. Raises `ModelError` where the work was called off: nothing may come of its answer."""
        # The request runs on a thread of its own, which learns it at once when the work is called off.
        with self._work.on_cancel(current().cancel):
            for event in self._model.stream(request):
                if self._work.is_cancelled:
                    raise ModelError("the naming was called off", permanent=True, refused=False)
                if isinstance(event, ModelAnswer):
                    with self._lock:
                        self.usage += event.usage
                        self.answers += 1
                yield event


class Answered:
    """The model, whose first answer is there already: a batch gave it. Only what must be asked again is asked of the model."""

    def __init__(self, model: Model, first: ModelAnswer | ModelError) -> None:
        self.id = model.id
        self._model, self._first = model, [first]

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        """Yield the first answer, or raise the error that came in its place; then what the model answers."""
        if not self._first:
            yield from self._model.stream(request)
            return
        first = self._first.pop()
        if isinstance(first, ModelError):
            raise first
        yield first
