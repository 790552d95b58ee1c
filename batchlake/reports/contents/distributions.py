"""How durations and costs spread: the bins of `sql/reports/distributions.sql`, and their figures."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any, Literal

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.filters.selection import Selection
from batchlake.models.analytics import Analytics
from batchlake.models.blocks import CurrencyCost, Duration
from batchlake.reports.model import Bin, Distribution


def distributions(
    engine: Engine, selection: Selection, of: Analytics
) -> tuple[Distribution, list[Distribution]]:
    """Of durations, and of costs in each currency, in the order in which `of` has them."""
    bins: dict[tuple[str, str | None], list[Bin]] = defaultdict(list)
    query = selection.over(sql_files.load("reports/distributions").text)
    for row in engine.rows(f"{query} order by lower nulls first", selection.params):
        kind = float if row["unit"] == "seconds" else Decimal
        ends: dict[str, Any] = {
            name: None if row[name] is None else kind(row[name]) for name in ("lower", "upper")
        }
        bins[row["unit"], row["currency"]].append(Bin(calls=row["calls"], **ends))

    def spread(
        unit: Literal["seconds", "money"], block: Duration | CurrencyCost, missing: int
    ) -> Distribution:
        currency = None if isinstance(block, Duration) else block.currency
        return Distribution(
            unit=unit,
            currency=currency,
            calls=block.calls,
            missing=missing,
            median=block.median,
            p95=block.p95,
            bins=bins[unit, currency],
        )

    costs = [spread("money", block, of.cost.missing) for block in of.cost.currencies]
    return spread("seconds", of.duration, of.duration.missing), costs
