"""The JSON of calls, written by DuckDB 10,000 at a time: any number of them takes the same memory.

`sql/analytics/call_documents.sql` and `transcript_documents.sql` define the keys and their order; here the
parts that are wanted are concatenated. Input: a selection. Output: the calls' JSON objects as text, in order
of time and id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from batchlake.analytics.grouped_query import file_text
from batchlake.engine.protocols import QueryEngine

if TYPE_CHECKING:
    from batchlake.filters.selection import Selection

PARTS: Final = {
    "facts": "facts",
    "transcript": """',"transcript":' || transcript""",
    "analytics": """',"analytics":' || analytics""",
    "recording": "',' || recording",
    "provenance": "',' || provenance",
}
"""The parts of a call's JSON in their order, each in SQL as it joins the one before (NULL: left out)."""

_CALLS_AT_A_TIME: Final = 10_000

# Calls without a time come last: infinity is later than any.
_TIME: Final = "coalesce(call_time, timestamptz 'infinity')"


def documents_sql(parts: Collection[str]) -> str:
    """A query over `selected_calls` and `selected_segments`.

    It gives each call's JSON of the parts named as `document`, with `call_time`, `call_id` and `extra`.
    """
    members = ", ".join(sql for part, sql in PARTS.items() if part in parts)
    transcripts = f"left join ({file_text('transcript_documents')}\n) using (source, call_id)"
    return f"""
select concat('{{', {members}, '}}') as document, call_time, call_id, extra
from ({file_text("call_documents")}
) {transcripts if "transcript" in parts else ""}
"""


def call_documents(
    engine: QueryEngine, selection: Selection, parts: Collection[str], total_calls: int
) -> Iterator[list[str]]:
    """The JSON of the calls selected, in portions; `total_calls` is how many they are."""
    if not total_calls:
        return
    is_large = total_calls > _CALLS_AT_A_TIME and not engine.is_cluster
    starts = _starts(engine, selection) if is_large else [None]
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        conditions = ["true"]
        bounds: dict[str, str] = {}
        if start:
            conditions.append(_from("start"))
            bounds |= {"start_time": start[0], "start_id": start[1]}
        if end:
            conditions.append(f"not {_from('end')}")
            bounds |= {"end_time": end[0], "end_id": end[1]}
        rows = engine.query(
            _ordered(selection, parts, " and ".join(conditions)), {**selection.params, **bounds}
        )
        yield [document for batch in rows.batches() for (document,) in batch]


def documents_of(engine: QueryEngine, selection: Selection, parts: Collection[str]) -> list[str]:
    """The JSON of the calls selected, all at once."""
    rows = engine.rows(_ordered(selection, parts, "true"), selection.params)
    return [row["document"] for row in rows]


def _ordered(selection: Selection, parts: Collection[str], condition: str) -> str:
    """A query for the documents, in order, of the calls selected for which the condition holds."""
    query = f"""
with
selected_calls as (select * from selected_calls where {condition}),
selected_segments as (select * from selected_segments semi join selected_calls using (source, call_id))
{documents_sql(parts)}
"""
    return f"select document from ({selection.over(query)}) order by call_time nulls last, call_id"


def _from(bound: str) -> str:
    """A condition true of the calls from a bound on; DuckDB can't compare pairs with two bounds."""
    time = f"${bound}_time::timestamptz"
    return f"({_TIME} > {time} or ({_TIME} = {time} and call_id >= ${bound}_id))"


def _starts(engine: QueryEngine, selection: Selection) -> list[tuple[str, str] | None]:
    """Where each portion begins: the time, as text, and the id of its first call."""
    query = f"""
select {_TIME} as call_time, call_id
from selected_calls
qualify (row_number() over (order by {_TIME}, call_id) - 1) % $calls_at_a_time = 0
"""
    rows = engine.rows(
        f"select starts.call_time::varchar as time, call_id from ({selection.over(query)}) as starts"
        " order by starts.call_time, call_id",
        {**selection.params, "calls_at_a_time": _CALLS_AT_A_TIME},
    )
    return [(row["time"], row["call_id"]) for row in rows]
