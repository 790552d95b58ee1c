"""Rows of the scalar and cost figures made into statistics, rates, durations, costs and sentiment.

Input: rows of `sql/analytics/scalars.sql` and `cost.sql`. Output: models. A group without calls has no row:
its models are the empty ones, zero counts and None for every other figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from batchlake.analytics.grouped_query import Row
from batchlake.models.analytics import (
    AverageSentiment,
    Cost,
    CurrencyCost,
    Duration,
    Mainly,
    Rate,
    Rates,
    Statistics,
)
from batchlake.models.values import Figures
from batchlake.schema import STATUSES

Model = TypeVar("Model", bound=Figures)


def statistics(scalars: Row, costs: Sequence[Row]) -> Statistics:
    """Counts by outcome and status, mean duration in seconds, and the total cost."""
    by_status = scalars["by_status"]
    return block(
        Statistics,
        scalars,
        total_cost=total_cost(costs),
        currencies=currencies(costs),
        by_status={status: by_status[status] for status in STATUSES if status in by_status},
        calls_without_duration=scalars["duration_missing"],
        calls_without_cost=scalars["total_calls"] - sum(row["cost_calls"] for row in costs),
    )


def rates(scalars: Row) -> Rates:
    """Success over all calls, over the finished ones, and over those whose success the platform reports."""
    total = scalars["total_calls"]
    return Rates(
        completed_of_total=rate(scalars, "success_rate", "completed", "total_calls", total),
        completed_of_finished=rate(scalars, "completed_of_finished", "completed", "finished", total),
        success_of_known=rate(scalars, "success_of_known", "succeeded", "success_known", total),
    )


def duration(scalars: Row) -> Duration:
    """Lengths in seconds."""
    return block(Duration, scalars, prefix="duration_")


def average_sentiment(scalars: Row) -> AverageSentiment:
    """Mean scores, what calls mainly are, and labels, the most frequent first."""
    total = scalars["total_calls"]
    mainly = {
        name: rate(scalars, f"mainly_{name}_share", f"mainly_{name}", "sentiment_calls", total)
        for name in Mainly.model_fields
    }
    return block(
        AverageSentiment,
        scalars,
        prefix="sentiment_",
        mainly=Mainly(**mainly),
        labels=most_frequent_first(scalars["sentiment_labels"] or {}),
    )


def cost(rows: Sequence[Row], total_calls: int) -> Cost:
    """Costs by currency, of `total_calls` calls; the currency that the export doesn't name comes last."""
    blocks = [block(CurrencyCost, row, prefix="cost_", currency=row["currency"]) for row in rows]
    blocks.sort(key=lambda one: (one.currency is None, one.currency or ""))
    calls = sum(one.calls for one in blocks)
    return Cost(
        total=total_cost(rows),
        calls=calls,
        missing=total_calls - calls,
        currencies=blocks,
    )


def total_cost(rows: Iterable[Row]) -> Decimal | None:
    """The total cost of the rows of each currency, as `only_total` has it."""
    return only_total({row["currency"]: row["cost_total"] for row in rows})


def currencies(rows: Iterable[Row]) -> list[str | None]:
    """The currencies of the rows by name, the one that the export doesn't name last."""
    return sorted((row["currency"] for row in rows), key=lambda name: (name is None, name or ""))


def only_total(totals: Mapping[str | None, Decimal]) -> Decimal | None:
    """The total where all of it is in one currency; None over several, and over none."""
    return next(iter(totals.values())) if len(totals) == 1 else None


def block(model: type[Model], row: Row, prefix: str = "", **given: object) -> Model:
    """A model whose fields are the row's columns of the same name behind a prefix, but for those given."""
    columns = {name: row[prefix + name] for name in model.model_fields if prefix + name in row}
    return model(**{**columns, **given})


def rate(row: Row, name: str, numerator: str, denominator: str, total_calls: int) -> Rate:
    """A ratio of a row with its two counts of calls."""
    return Rate(
        rate=row[name],
        numerator=row[numerator],
        denominator=row[denominator],
        missing=total_calls - row[denominator],
    )


def most_frequent_first(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts in descending order, equal ones by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
