"""The selected calls as rows of a report, for the formats that list each of them.

Input: a selection. Output: rows in order of time and id, made while they are read: any number of calls takes
the same memory. Times are in the engine's time zone. Text is harmless, and phone numbers are masked unless
asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.filters.selection import Selection
from batchlake.reports.cells import columns_of
from batchlake.reports.contents.redaction import masked_number, masked_text
from batchlake.text.escaping import harmless

CALL_COLUMNS: Final = columns_of("calls")
"""The columns of the list of calls; the path is the name in `sql/reports/calls.sql`."""


def call_rows(
    engine: Engine, selection: Selection, *, show_numbers: bool = False
) -> Iterator[dict[str, Any]]:
    """Each call by the paths of `CALL_COLUMNS`, in order of time and id, those without a time last."""
    clean = {column.path: _cleaning(column.unit, show_numbers) for column in CALL_COLUMNS}
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
