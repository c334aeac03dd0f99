"""Generate a name: ask the model at the pace that all share, and tell what it used. Reads and writes no row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from functools import partial

from kern.errors import KernError
from kern.models.base import Model, Usage
from kern.models.offline import OfflineResponder
from kern.naming import NamingConstraints, generate_name
from kern.naming.counting import Counted, without_retries
from kern.naming.pace import always
from kern.records.message import Message
from sessions_app.infrastructure.costs import cost_of_run
from sessions_app.infrastructure.shared_pace import TRIES, calls_to
from sessions_app.store.sessions import NameCost

#: Automatic naming: tries at once, and the seconds that it waits for its place.
TRIES_SOON, PATIENCE = 2, 20.0
MICRO = 1_000_000


@dataclass(frozen=True)
class Generated:
    """A generated name, or why there is none; what all tries used, and the number of the model's answers."""

    name: str
    error: KernError | None
    cost: NameCost
    answers: int

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
    *,
    tries: int = TRIES,
    patience: float = math.inf,
) -> Generated:
    """Generate a name of the first messages. Waits for its place in the model's pace; failures are part of the outcome.

    `share` is the part of the usual price that is paid. Where the place is more than `patience` seconds away, the outcome is
    a `ModelBusyError`. Raises `CalledOffError` where `is_wanted` says no before the model is asked.
    """
    counted = Counted(model)
    name, failure = "", None

    ask = partial(generate_name, counted, messages, constraints=constraints)
    try:
        if isinstance(model, OfflineResponder):
            name = ask()
        else:
            name = calls_to(model.id).call(ask, lambda: counted.usage, is_wanted, tries=tries, patience=patience)
    except KernError as error:
        failure = error
    return Generated(name, failure, cost_of(model.id, counted.usage, share), counted.answers)


def generate_soon(model: Model, messages: Sequence[Message], constraints: NamingConstraints) -> Generated:
    """Generate a name for automatic naming, which is tried again later by itself: nothing waits long in a worker's thread."""
    return generate(without_retries(model), messages, constraints, tries=TRIES_SOON, patience=PATIENCE)


def cost_of(model_id: str, usage: Usage, share: Decimal = Decimal(1)) -> NameCost:
    """Return what the usage costs, as a name's record keeps it; 0 dollars where the model's price is not known."""
    used = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "cached_tokens": usage.cached_tokens}
    price = (cost_of_run(model_id, used) or Decimal(0)) * share * MICRO
    return NameCost(model_id, usage.input_tokens + usage.output_tokens, int(price.to_integral_value(ROUND_UP)))
