"""Calls, completion and cost by hour or day, as `sql/analytics/timeline.sql` counts them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from batchlake.analytics.families.currencies import currency_order, only_total
from batchlake.analytics.grouped_query import GroupedQuery, Key, Row, file_text
from batchlake.models.blocks import CurrencyTotal, Every, Moment, Timeline

STEPS: Final[dict[Every, str]] = {
    "hour": "hour",
    "day": "day",
    "week": "date_trunc('week', day)",
    "month": "date_trunc('month', day)",
}
"""The steps of a timeline, and the SQL of when each begins."""

_COUNTS: Final = ("total_calls", "completed", "failed", "in_progress")


def timelines(question: GroupedQuery, every: Every, timezone: str) -> dict[Key, Timeline]:
    """The timeline of each group, in the time zone that the question's engine is in."""
    counts = ", ".join(f"sum({name})::bigint as {name}" for name in _COUNTS)
    answer = question.ask(
        f"select group_key, {STEPS[every]} as start, currency, {counts}, sum(total_cost) as total_cost"
        f" from ({file_text('timeline')}\n) group by group_key, {STEPS[every]}, currency"
    )
    return {key: _timeline(rows, every, timezone) for key, rows in answer.items()}


def _timeline(rows: list[Row], every: Every, timezone: str) -> Timeline:
    timed = [row for row in rows if row["start"] is not None]
    timed.sort(key=lambda row: (_instant(row), currency_order(row["currency"])))
    return Timeline(
        every=every,
        timezone=timezone,
        moments=[_moment(list(same)) for _, same in groupby(timed, key=_instant)],
        missing=sum(row["total_calls"] for row in rows if row["start"] is None),
    )


def _instant(row: Row) -> datetime:
    """When the hour or day begins, in UTC: Python compares two times of one zone by what its clocks show."""
    start: datetime = row["start"]
    return start.astimezone(UTC)


def _moment(rows: Iterable[Row]) -> Moment:
    """One hour or day, of its rows by currency."""
    rows = list(rows)
    counts = {name: sum(row[name] for row in rows) for name in _COUNTS}
    total = counts["total_calls"]
    costs = {row["currency"]: row["total_cost"] for row in rows if row["total_cost"] is not None}
    return Moment(
        start=rows[0]["start"],
        **counts,
        unknown=total - counts["completed"] - counts["failed"] - counts["in_progress"],
        completion_rate=counts["completed"] / total,
        total_cost=only_total(costs),
        costs=[CurrencyTotal(currency=currency, total=amount) for currency, amount in costs.items()],
    )
