"""Statistics of calls, from the rows that SQL computes; what a batch has without analytics.

Input: rows of `counts.sql`, or an engine and a selection to ask it of. Output: `Statistics`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from batchlake.analytics.families.currencies import currencies, only_total
from batchlake.analytics.grouped_query import GroupedQuery, Row
from batchlake.engine.protocols import QueryEngine
from batchlake.models.statistics import Statistics
from batchlake.models.values import Figures

if TYPE_CHECKING:
    from batchlake.filters.selection import Selection

Model = TypeVar("Model", bound=Figures)


def statistics(engine: QueryEngine, selection: Selection) -> Statistics:
    """The statistics over the calls selected."""
    for row in GroupedQuery(engine, selection).ask_file("counts").get((), []):
        return statistics_of(row)
    return Statistics()


def statistics_of(counts: Row) -> Statistics:
    """Counts by outcome and status, mean duration in seconds, and the total cost."""
    totals = {one["currency"]: one["total"] for one in counts["total_cost"] or ()}
    return block(
        Statistics,
        counts,
        total_cost=only_total(totals),
        currencies=currencies(totals),
        by_status={status: calls for status, calls in counts["by_status"].items() if calls},
    )


def block(model: type[Model], row: Row, prefix: str = "", **given: object) -> Model:
    """A model whose fields are the row's columns of the same name behind a prefix, but for those given."""
    columns = {name: row[prefix + name] for name in model.model_fields if prefix + name in row}
    return model(**{**columns, **given})
