"""A selection: a filter, and perhaps a batch, as relations `selected_calls` and `selected_segments`.

Input: a filter and the key of a batch. Output: a `Selection` that puts the two relations in front of any
query, such as a file of `sql/analytics`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchlake.filters.operators.describe import describe
from batchlake.filters.operators.operator import Query
from batchlake.filters.operators.words import named

if TYPE_CHECKING:
    from batchlake.filters.model import Filter


@dataclass(frozen=True, slots=True)
class Selection:
    """Which calls a question is about.

    Attributes:
        where: a condition on bare columns of `calls`: true of a call selected, false or NULL of others.
        params: the values of its named parameters `$s1`, `$s2`, ... without the dollar sign; all are used.
        description: the selection as an English sentence.
        segments_where: the conditions that are on columns of `segments` too.
        is_filtered: whether a filter says anything about the calls.
    """

    where: str
    params: dict[str, Any]
    description: str
    segments_where: str
    is_filtered: bool

    def over(self, query: str) -> str:
        """The query with `selected_calls` and `selected_segments` (theirs alone) in front of it.

        Where all conditions are on columns that `segments` has too, it is filtered by them alone: the lake
        keeps no segment without its call, and for one batch the join would cost as much as the rest.

        Args:
            query: one `select` or `with`, which may begin and end with comments, without a semicolon.
        """
        calls, segments = "select * from calls", "select * from segments"
        if self.where != "true":
            calls += f" where {self.where}"
            narrowed = [self.segments_where] if self.segments_where else []
            if self.segments_where != self.where:
                narrowed.append("(source, call_id) in (select source, call_id from selected_calls)")
            segments += f" where {' and '.join(narrowed)}"
        return (
            f"with selected_calls as (\n  {calls}\n),\nselected_segments as (\n  {segments}\n)\n"
            f"select * from (\n{query}\n)"
        )


def select(
    filter: Filter | Mapping[str, Any] | None = None,
    *,
    batch: tuple[str, str] | None = None,
) -> Selection:
    """The selection of the calls that match a filter, of one batch if given as (source, batch id).

    Raises:
        InvalidFilter: with all faults.
    """
    query = Query("s")
    of = ""
    conditions: list[str] = []
    if batch:
        source, batch_id = batch
        conditions = query.equal("source", source) + query.equal("batch_id", batch_id)
        of = f"batch {named(batch_id)} from {named(source)}"
    wanted = None if filter is None else _read(filter)
    if wanted:
        conditions += query.conditions(wanted)
    return Selection(
        where=" and ".join(conditions) or "true",
        params=query.params,
        description=describe(wanted, of),
        segments_where=" and ".join(query.scope),
        is_filtered=wanted is not None,
    )


def _read(filter: Filter | Mapping[str, Any]) -> Filter | None:
    """The filter, None where it is empty."""
    # Importing the operators takes as long as a question to a small lake; most questions have no filter.
    from batchlake.filters.model import ALL
    from batchlake.filters.parse import read_filter

    wanted = read_filter(filter)
    return None if wanted == ALL else wanted
