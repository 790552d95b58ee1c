"""The groups of an `Analytics` as rows: the keys, then the figures of one value each.

Input: groups. Output: dictionaries. Costs in several currencies leave `total_cost` None and are listed
in `costs`; a family that wasn't asked for has no columns.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from batchlake.text.cells import Column

if TYPE_CHECKING:
    import pyarrow as pa

    from batchlake.models.blocks import Group, OfFamilies


FIGURES: Final = (
    Column("calls", "count"),
    Column("success", "rate"),
    Column("avg_call", "seconds"),
    Column("cost", "money"),
    Column("per_completed", "price"),
    Column("per_minute", "price"),
    Column("completed", "count"),
    Column("failed", "count"),
    Column("median", "seconds"),
    Column("p95", "seconds"),
    Column("positive", "score"),
    Column("negative", "score"),
    Column("engagement", "score"),
    Column("turns", "score"),
)
"""The figures of a group by rank."""

_SHOWN_ROWS: Final = 10
_SHOWN_WIDTH: Final = 120


def list_rows(found: OfFamilies, family: str) -> list[dict[str, Any]]:
    """The rows of a family that is a list: common responses, patterns, or the steps of the timeline."""
    if family == "responses":
        return [one.model_dump() for one in found.common_responses]
    if family == "timeline":
        return [one.model_dump() for one in found.timeline.moments]
    of = found.response_patterns
    first = of.first_utterances.patterns
    return [
        {
            "pattern": name,
            "utterances": one.count,
            "share": one.share,
            "first_utterances": first[name].count if name in first else None,
            "share_of_first": first[name].share if name in first else None,
        }
        for name, one in of.utterances.patterns.items()
    ]


def figures_row(of: OfFamilies) -> dict[str, Any]:
    """The figures of one value each."""
    row: dict[str, Any] = {}
    if of.statistics is not None:
        row |= {
            "calls": of.statistics.total_calls,
            "completed": of.statistics.completed,
            "failed": of.statistics.failed,
            "in_progress": of.statistics.in_progress,
            "unknown": of.statistics.unknown,
        }
    if of.rates is not None:
        row["success_rate"] = of.success_rate
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


def figure_values(of: OfFamilies) -> dict[str, Any]:
    """The figures by the names of their columns."""
    costs = of.cost.currencies if of.cost else []
    values: dict[str, Any] = {
        "success": of.success_rate,
        "cost": [(one.total, one.currency) for one in costs] or None,
        "per_completed": [
            (one.per_completed_call, one.currency) for one in costs if one.per_completed_call is not None
        ]
        or None,
        "per_minute": [(one.per_minute, one.currency) for one in costs if one.per_minute is not None] or None,
    }
    if of.statistics:
        values |= {
            "calls": of.statistics.total_calls,
            "completed": of.statistics.completed,
            "failed": of.statistics.failed,
        }
    if of.duration:
        values |= {"avg_call": of.duration.mean, "median": of.duration.median, "p95": of.duration.p95}
    if of.average_sentiment:
        values |= {"positive": of.average_sentiment.positive, "negative": of.average_sentiment.negative}
    if of.engagement:
        values |= {"engagement": of.engagement.score.mean, "turns": of.engagement.turns.mean}
    return values


def shown(by: list[str], groups: list[Group], whole: OfFamilies) -> list[str]:
    """The first ten groups as a table, and how to have all; without `by` the whole."""
    from batchlake.text.cells import Style
    from batchlake.text.looks import Clock
    from batchlake.text.ranked import Layout, RankedTable

    values = [figure_values(one) for one in (groups[:_SHOWN_ROWS] if by else [whole])]
    figures = [one for one in FIGURES if any(row.get(one.name) is not None for row in values)]
    keys = [
        [None if value is None else str(value) for value in group.keys.values()]
        for group in groups[:_SHOWN_ROWS]
    ] or [[]]
    rows = [(*key, *(row.get(one.name) for one in figures)) for key, row in zip(keys, values, strict=False)]
    columns = [*(Column(name, "text") for name in by), *figures]
    table = RankedTable(columns, Layout(_SHOWN_WIDTH, Style(Clock(), whole=True), chosen=False))
    more = f"the first {_SHOWN_ROWS} of {len(groups)} groups; " if len(groups) > _SHOWN_ROWS else ""
    ways = f"{more}.pl(), .df(), .to_dicts() give rows, .model_dump() everything"
    return [*table.lines(rows), ways]


def arrow_table(rows: list[dict[str, Any]], timezone: str = "UTC") -> pa.Table:
    """The rows as an Arrow table; money is decimal of six digits, a time of a group of the zone."""
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
        if any(isinstance(value, datetime) for value in values):
            kind = pa.timestamp("us", timezone)
        columns[name] = pa.array(values, type=kind)
    return pa.table(columns)


_DOUBLES = frozenset(
    "success_rate sentiment_positive sentiment_neutral sentiment_negative engagement turns "
    "talk_ratio_ai".split()
)
