"""The groups of an `Analytics` as rows: the keys, then the single figures.

Input: groups. Output: dictionaries. Costs in several currencies leave `total_cost` None and are listed
in `costs`; a family that wasn't asked for has no columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
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

_CALLS: Final = (
    ("statistics.total_calls", "calls", "calls"),
    ("statistics.completed", "completed", "completed"),
    ("statistics.failed", "failed", "failed"),
    ("statistics.in_progress", "in_progress", ""),
    ("statistics.unknown", "unknown", ""),
    ("rates.completed_of_total.rate", "success_rate", "success"),
    ("duration.mean", "average_duration_seconds", "avg_call"),
    ("duration.median", "median_duration_seconds", "median"),
    ("duration.p95", "p95_duration_seconds", "p95"),
    ("duration.total", "total_duration_seconds", ""),
    ("duration.missing", "calls_without_duration", ""),
)
"""Single figures: where they are, their column in rows, and their name in `FIGURES` (empty: none)."""

_SCORES: Final = (
    ("average_sentiment.positive", "sentiment_positive", "positive"),
    ("average_sentiment.neutral", "sentiment_neutral", ""),
    ("average_sentiment.negative", "sentiment_negative", "negative"),
    ("engagement.score.mean", "engagement", "engagement"),
    ("engagement.turns.mean", "turns", "turns"),
    ("engagement.talk_ratio_ai.mean", "talk_ratio_ai", ""),
)
"""The same behind the costs."""

OWN_NAMES: Final = {
    "cost": "total_cost",
    "per_completed": "cost_per_completed_call",
    "per_minute": "cost_per_minute",
} | {short: name for _, name, short in (*_CALLS, *_SCORES) if short}
"""The columns of figures in rows, by their names in `FIGURES`."""

_COST_NAMES: Final = ("currency", "cost_per_completed_call", "cost_per_minute")
_DOUBLES: Final = frozenset({"success_rate", *(name for _, name, _ in _SCORES)})

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
    """The single figures, by the names of their columns in rows."""
    row = {name: value for name, _, value in _found(of, _CALLS)}
    if of.cost is not None:
        costs = [
            {
                "currency": one.currency,
                "total_cost": one.total,
                "cost_per_completed_call": one.per_completed_call,
                "cost_per_minute": one.per_minute,
            }
            for one in of.cost.currencies
        ]
        only = costs[0] if len(costs) == 1 else dict.fromkeys(_COST_NAMES)
        row |= {"total_cost": of.cost.total} | {name: only[name] for name in _COST_NAMES}
        row |= {"costs": costs, "calls_without_cost": of.cost.missing}
    return row | {name: value for name, _, value in _found(of, _SCORES)}


def figure_values(of: OfFamilies) -> dict[str, Any]:
    """The figures by their names in `FIGURES`; costs as pairs of an amount and its currency."""
    costs = of.cost.currencies if of.cost else []
    pairs: dict[str, list[tuple[Decimal | None, str | None]]] = {
        "cost": [(one.total, one.currency) for one in costs],
        "per_completed": [(one.per_completed_call, one.currency) for one in costs],
        "per_minute": [(one.per_minute, one.currency) for one in costs],
    }
    amounts: dict[str, Any] = {
        name: [one for one in several if one[0] is not None] or None for name, several in pairs.items()
    }
    return amounts | {short: value for _, short, value in _found(of, (*_CALLS, *_SCORES)) if short}


def _found(of: OfFamilies, figures: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, Any]]:
    """The names of figures and their values, of the families that were asked for."""
    for path, name, short in figures:
        if getattr(of, path.partition(".")[0]) is not None:
            yield name, short, attrgetter(path)(of)


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
