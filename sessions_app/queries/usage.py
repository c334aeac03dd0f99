"""Usage and cost of a session, summed over its runs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from sessions_app.infrastructure import clock
from sessions_app.infrastructure.costs import cost_of_run
from sessions_app.infrastructure.one_statement import Steps
from sessions_app.models import Requirement, Run, Session


@dataclass
class Usage:
    """Sums over all runs. `cost` is `None` where no price is known; times are in seconds."""

    runs: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    model_time: float = 0.0
    waited: float = 0.0
    cost: Decimal | None = None


def usage_of(session: Session) -> Steps[Usage]:
    """Return the session's sums, in one step."""
    # A requirement that ended without a decision stopped waiting then; a pending one still waits.
    asked = Requirement.objects.filter(Q(decided_at__isnull=False) | Q(status=Requirement.Status.PENDING), session=session)
    runs, times = yield [
        Run.objects.filter(session=session).values_list("parent", "model", "metrics"),
        asked.values_list("created_at", "decided_at"),
    ]
    usage = Usage()
    for parent, model, metrics in runs:
        usage.runs += parent is None
        usage.tokens_in += int(metrics.get("input_tokens") or 0)
        usage.tokens_out += int(metrics.get("output_tokens") or 0)
        usage.model_time += float(metrics.get("model_duration") or 0)
        price = cost_of_run(model, metrics)
        if price is not None:
            usage.cost = (usage.cost or Decimal()) + price
    usage.waited = sum(((end or clock.now()) - begin).total_seconds() for begin, end in times)
    return usage
