"""Costs of model calls, where the price is public."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any


def cost_of_run(model: str, metrics: Mapping[str, Any]) -> Decimal | None:
    """Return the dollars for the run's tokens; `None` where no price of that model is known or nothing was used."""
    used = [int(metrics.get(name) or 0) for name in ("input_tokens", "output_tokens", "cached_tokens")]
    return _price(model, *used) if model and any(used) else None


@lru_cache(maxsize=4096)
def _price(model: str, tokens_in: int, tokens_out: int, cached: int) -> Decimal | None:
    # Imported late: it loads a table of prices that most processes never need.
    from genai_prices import Usage, calc_price

    try:
        usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out, cache_read_tokens=min(tokens_in, cached))
        return calc_price(usage, model_ref=model).total_price
    except (LookupError, ValueError):
        return None
