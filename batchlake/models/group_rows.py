"""The groups of an `Analytics` as rows: the keys, then the figures of one value each.

In come groups, out come dictionaries. Costs in several currencies leave `total_cost` None and are listed
in `costs`; a family that wasn't asked for has no columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batchlake.models.analytics import Analytics, BatchAnalytics, Statistics


def group_rows(found: Analytics) -> list[dict[str, Any]]:
    """A row for each group, largest first; of an analytics without groups one, of the whole."""
    if not found.by:
        return [figures_row(found, found.statistics)]
    return [{**group.keys, **figures_row(group, group.statistics)} for group in found.groups]


def figures_row(of: BatchAnalytics, statistics: Statistics) -> dict[str, Any]:
    """The figures of one value each."""
    row: dict[str, Any] = {
        "calls": statistics.total_calls,
        "completed": statistics.completed,
        "failed": statistics.failed,
        "in_progress": statistics.in_progress,
        "unknown": statistics.unknown,
        "success_rate": of.success_rate,
    }
    if of.duration is not None:
        row |= {
            "average_duration_seconds": of.duration.mean,
            "median_duration_seconds": of.duration.median,
            "p95_duration_seconds": of.duration.p95,
            "total_duration_seconds": of.duration.total,
            "calls_without_duration": of.duration.missing,
        }
    if of.cost is not None:
        several = of.cost.currencies
        only = several[0] if len(several) == 1 else None
        row |= {
            "total_cost": of.cost.total,
            "currency": only.currency if only else None,
            "cost_per_completed_call": only.per_completed_call if only else None,
            "cost_per_minute": only.per_minute if only else None,
            "costs": [
                {
                    "currency": one.currency,
                    "total_cost": one.total,
                    "cost_per_completed_call": one.per_completed_call,
                    "cost_per_minute": one.per_minute,
                }
                for one in several
            ],
            "calls_without_cost": of.cost.missing,
        }
    if of.average_sentiment is not None:
        row |= {
            "sentiment_positive": of.average_sentiment.positive,
            "sentiment_neutral": of.average_sentiment.neutral,
            "sentiment_negative": of.average_sentiment.negative,
        }
    if of.engagement is not None:
        row |= {
            "engagement": of.engagement.score.mean,
            "turns": of.engagement.turns.mean,
            "talk_ratio_ai": of.engagement.talk_ratio_ai.mean,
        }
    return row


def arrow_table(rows: list[dict[str, Any]]) -> Any:
    """The rows as an Arrow table; money is decimal of six digits."""
    import pyarrow as pa

    money = pa.decimal128(38, 6)
    amounts = ("total_cost", "cost_per_completed_call", "cost_per_minute")
    cost = pa.struct([("currency", pa.string()), *((name, money) for name in amounts)])
    fixed = dict.fromkeys(amounts, money) | {"costs": pa.list_(cost), "currency": pa.string()}
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        kind = fixed.get(name)
        if kind is None and (name.endswith("_seconds") or name in _DOUBLES):
            kind = pa.float64()
        columns[name] = pa.array(values, type=kind)
    return pa.table(columns)


_DOUBLES = frozenset(
    "success_rate sentiment_positive sentiment_neutral sentiment_negative engagement turns "
    "talk_ratio_ai".split()
)
