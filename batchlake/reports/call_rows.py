"""The selected calls as rows of a report, for the formats that list each of them.

Input: a selection. Output: rows in order of time and id, made while they are read: any number of calls takes
the same memory. Times are in the engine's time zone. Text is harmless, and phone numbers are masked unless
asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.filters.selection import Selection
from batchlake.reports.redaction import masked_number, masked_text
from batchlake.text.escaping import harmless


class CallColumn(NamedTuple):
    """One column of the list of calls: its name in `sql/reports/calls.sql`, its heading and its unit.

    Beside the units of `cells.Column` an `id` names something and a `flag` is a bool; any value may be None.
    """

    name: str
    title: str
    unit: str


CALL_COLUMNS: Final = (
    CallColumn("call_id", "Call", "id"),
    CallColumn("source", "Source", "id"),
    CallColumn("batch_id", "Batch", "id"),
    CallColumn("call_time", "Time", "time"),
    CallColumn("status", "Status", "text"),
    CallColumn("outcome", "Outcome", "text"),
    CallColumn("success", "Success", "flag"),
    CallColumn("duration_seconds", "Duration (seconds)", "seconds"),
    CallColumn("cost", "Cost", "amount"),
    CallColumn("currency", "Currency", "text"),
    CallColumn("direction", "Direction", "text"),
    CallColumn("from_number", "From", "phone"),
    CallColumn("to_number", "To", "phone"),
    CallColumn("agent_id", "Agent id", "id"),
    CallColumn("agent_name", "Agent", "text"),
    CallColumn("sentiment_positive", "Positive (0 to 1)", "0 to 1"),
    CallColumn("sentiment_neutral", "Neutral (0 to 1)", "0 to 1"),
    CallColumn("sentiment_negative", "Negative (0 to 1)", "0 to 1"),
    CallColumn("sentiment_label", "Sentiment", "text"),
    CallColumn("engagement", "Engagement (0 to 1)", "0 to 1"),
    CallColumn("segment_count", "Utterances", "calls"),
    CallColumn("ended_by", "Ended by", "text"),
    CallColumn("outcome_label", "Outcome, the platform's word", "text"),
    CallColumn("is_test", "Test call", "flag"),
    CallColumn("summary", "Summary", "prose"),
)


def call_rows(
    engine: Engine, selection: Selection, *, show_numbers: bool = False
) -> Iterator[dict[str, Any]]:
    """Each call by the names of `CALL_COLUMNS`, in order of time and id, those without a time last."""
    clean = {column.name: _cleaning(column.unit, show_numbers) for column in CALL_COLUMNS}
    texts = {name: made for name, made in clean.items() if made is not None}
    query = sql_files.load("reports/calls").text
    ordered = f"{selection.over(query)} order by call_time nulls last, call_id, source"
    for row in engine.iterate(ordered, selection.params):
        for name, made in texts.items():
            if row[name] is not None:
                row[name] = made(row[name])
        yield row


def _cleaning(unit: str, show_numbers: bool) -> Callable[[str], str] | None:
    """What is done to the texts of a column; None for what isn't text."""
    if unit == "phone":
        return harmless if show_numbers else lambda number: harmless(masked_number(number))
    if unit in ("text", "prose"):
        return partial(prose, show_numbers=show_numbers)
    return harmless if unit == "id" else None


def prose(text: str, *, show_numbers: bool) -> str:
    """What people said or wrote, harmless, and without their phone numbers unless they may be shown."""
    return harmless(text if show_numbers else masked_text(text))
