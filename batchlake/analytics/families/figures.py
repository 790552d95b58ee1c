"""Rates, durations, costs and sentiment of calls, from the rows that SQL computes.

Input: rows of `counts.sql`, `duration.sql`, `cost.sql` and `sentiment.sql`. Output: models. A group without
calls has no row: its models are the empty ones, zero counts and None for every other figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from batchlake.analytics.families.currencies import currency_order, only_total
from batchlake.analytics.families.statistics import block
from batchlake.analytics.grouped_query import Row
from batchlake.models.blocks import (
    AverageSentiment,
    Cost,
    CurrencyCost,
    Duration,
    Mainly,
    Rates,
)
from batchlake.models.rates import Rate


def rates(counts: Row) -> Rates:
    """Success over all calls, over the finished ones, and over those whose success the platform reports."""
    total = counts["total_calls"]
    return Rates(
        completed_of_total=rate(counts, "success_rate", "completed", "total_calls", total),
        completed_of_finished=rate(counts, "completed_of_finished", "completed", "finished", total),
        success_of_known=rate(counts, "success_of_known", "succeeded", "success_known", total),
    )


def duration(row: Row) -> Duration:
    """Lengths in seconds."""
    return block(Duration, row, prefix="duration_")


def average_sentiment(row: Row) -> AverageSentiment:
    """Mean scores, what calls mainly are, and labels, the most frequent first."""
    total = row["sentiment_calls"] + row["sentiment_missing"]
    mainly = {
        name: rate(row, f"mainly_{name}_share", f"mainly_{name}", "sentiment_calls", total)
        for name in Mainly.model_fields
    }
    return block(
        AverageSentiment,
        row,
        prefix="sentiment_",
        mainly=Mainly(**mainly),
        labels=most_frequent_first(row["sentiment_labels"] or {}),
    )


def cost(rows: Sequence[Row], total_calls: int) -> Cost:
    """Costs by currency, of `total_calls` calls; the currency that the export doesn't name comes last."""
    blocks = [block(CurrencyCost, row, prefix="cost_", currency=row["currency"]) for row in rows]
    blocks.sort(key=lambda one: currency_order(one.currency))
    calls = sum(one.calls for one in blocks)
    return Cost(
        total=only_total({row["currency"]: row["cost_total"] for row in rows}),
        calls=calls,
        missing=total_calls - calls,
        currencies=blocks,
    )


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
