"""How durations and costs spread: the bins of `sql/reports/distributions.sql`, and their figures."""

from __future__ import annotations

from collections import defaultdict

from batchlake.analytics.grouped_query import Row
from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.filters.selection import Selection
from batchlake.models.analytics import Analytics
from batchlake.reports.model import Bin, Distribution


def distributions(
    engine: Engine, selection: Selection, of: Analytics
) -> tuple[Distribution, list[Distribution]]:
    """Of durations, and of costs in each currency, in the order in which `of` has them."""
    bins: dict[tuple[str, str | None], list[Row]] = defaultdict(list)
    query = selection.over(sql_files.load("reports/distributions").text)
    for row in engine.rows(f"{query} order by lower nulls first", selection.params):
        bins[row["unit"], row["currency"]].append(row)
    durations = Distribution(
        unit="seconds",
        calls=of.duration.calls,
        missing=of.duration.missing,
        median=of.duration.median,
        p95=of.duration.p95,
        bins=[
            Bin(
                lower=None if row["lower"] is None else float(row["lower"]),
                upper=None if row["upper"] is None else float(row["upper"]),
                calls=row["calls"],
            )
            for row in bins["seconds", None]
        ],
    )
    costs = [
        Distribution(
            unit="money",
            currency=cost.currency,
            calls=cost.calls,
            missing=of.cost.missing,
            median=cost.median,
            p95=cost.p95,
            bins=[
                Bin(lower=row["lower"], upper=row["upper"], calls=row["calls"])
                for row in bins["money", cost.currency]
            ],
        )
        for cost in of.cost.currencies
    ]
    return durations, costs
