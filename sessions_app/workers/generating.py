"""Generate a name: ask the model at the pace that all share, and tell what it used. Reads and writes no row."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from kern.errors import KernError
from kern.models.base import Model, Usage
from kern.naming import NamingConstraints, generate_name
from kern.naming.counting import Counted
from kern.naming.pace import Calls, always
from kern.records.message import Message
from sessions_app.infrastructure.costs import cost_of_run
from sessions_app.infrastructure.shared_pace import pace_of
from sessions_app.store.sessions import NameCost

#: Tries for one name, where a failure can pass.
TRIES = 5
MICRO = 1_000_000


@dataclass(frozen=True)
class Generated:
    """A generated name, or why there is none; what all tries used."""

    name: str
    error: KernError | None
    cost: NameCost

    @property
    def dollars(self) -> Decimal:
        """The cost in dollars."""
        return Decimal(self.cost.microdollars) / MICRO


def generate(
    model: Model,
    messages: Sequence[Message],
    constraints: NamingConstraints,
    share: Decimal = Decimal(1),
    is_wanted: Callable[[], bool] = always,
) -> Generated:
    """Generate a name of the first messages. Waits for its place in the model's pace; failures are part of the outcome.

    `share` is the part of the usual price that is paid. Raises `CalledOffError` where `is_wanted` says no before the model is
    asked.
    """
    counted = Counted(model)
    name, failure = "", None
    try:
        ask = partial(generate_name, counted, messages, constraints=constraints)
        name = _calls(model.id).call(ask, lambda: counted.usage, is_wanted)
    except KernError as error:
        failure = error
    return Generated(name, failure, cost_of(model.id, counted.usage, share))


def cost_of(model_id: str, usage: Usage, share: Decimal = Decimal(1)) -> NameCost:
    """Return what the usage costs, as a name's record keeps it."""
    used = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "cached_tokens": usage.cached_tokens}
    dollars = cost_of_run(model_id, used) or Decimal(0)
    return NameCost(model_id, usage.input_tokens + usage.output_tokens, int(dollars * share * MICRO))


@functools.lru_cache(maxsize=32)
def _calls(model_id: str) -> Calls:
    return Calls(pace_of(model_id), TRIES)
