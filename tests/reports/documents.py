"""Analytics documents worked out by hand, for tests of what is made of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from batchlake.models.analytics import Analytics

_BLOCKS = (
    "statistics", "average_sentiment", "rates", "duration", "cost", "response_patterns", "engagement",
    "timeline",
)  # fmt: skip


def money(amount: str) -> Decimal:
    return Decimal(amount)


def analytics(selection: str = "all calls", **blocks: Any) -> Analytics:
    """A document whose blocks are given as dictionaries; those not given are of no call."""
    nothing: dict[str, Any] = {name: {} for name in _BLOCKS} | {"common_responses": []}
    return Analytics.model_validate({"selection": selection, **nothing, **blocks})


def rate(numerator: int, denominator: int, missing: int = 0) -> dict[str, Any]:
    """A rate's block."""
    share = numerator / denominator if denominator else None
    return {"rate": share, "numerator": numerator, "denominator": denominator, "missing": missing}


def cost(currency: str | None, calls: int, **amounts: str) -> dict[str, Any]:
    """A currency's block; amounts not given are one."""
    names = ("total", "mean", "median", "p95", "min", "max")
    given = {name: Decimal(amounts.pop(name, "1")) for name in names}
    others = {name: Decimal(amount) for name, amount in amounts.items()}
    return {"currency": currency, "calls": calls, **given, **others}
