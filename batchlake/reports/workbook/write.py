"""A report as a workbook: real numbers, times and currencies, filters, and charts of a spreadsheet's own.

Input: the report and its calls as they are read. Output: a file with a sheet for each kind of table. Values
that are unknown are empty cells, shares are shown in percent, times are those of the report's time zone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC
from itertools import islice
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

from batchlake.output.sheets import SHEET_ROWS, Book
from batchlake.reports.cells import Amount, Column, Table
from batchlake.reports.contents.call_rows import CALL_COLUMNS
from batchlake.reports.model import Report
from batchlake.reports.tables import tables
from batchlake.reports.workbook.charts import add_charts
from batchlake.reports.workbook.sheets import LABEL, Place, stacked, table_sheet
from batchlake.text.terminal import cut

_SHEETS: Final = {
    "Summary": "figures",
    "Calls": "calls",
    "Responses": "responses",
    "Timeline": "timeline",
    "Groups": "groups",
    "Comparison": "comparison",
    "Billed": "billed",
    "Audit": "audit",
    "Batches": "batches",
    "Progress": "progress",
    "Distributions": "distributions",
    "Notable calls": "notable_calls",
    "Transcripts": "transcripts",
    "Problems": "problems",
    "Definitions": "definitions",
    "Made from": "made_from",
}
"""What is on which sheet; there is none for what the report lacks."""

_LABEL_WIDTH: Final = 40


def write(
    report: Report, file: IO[bytes], calls: Iterable[Mapping[str, Any]], *, sheet_rows: int = SHEET_ROWS
) -> list[str]:
    """Write the workbook.

    Args:
        report: what to show; a selection without calls has empty tables.
        file: where to; errors of writing pass through.
        calls: rows by the paths of `CALL_COLUMNS`, read once, from front to back.
        sheet_rows: that a sheet holds, its head among them.

    Returns:
        What was left out, in sentences; the workbook says so too.
    """
    left_out, zone = _left_out(report, sheet_rows), ZoneInfo(report.provenance.timezone)
    by_kind: dict[str, list[Table]] = defaultdict(list)
    for table in tables(report):
        by_kind[table.kind].append(table)
    with Book(file, report.provenance.run_finished_at.astimezone(UTC)) as book:
        places: dict[str, Place] = {}
        for name, kind in _SHEETS.items():
            if kind == "calls":
                _calls_sheet(book, report, _call_rows(calls, sheet_rows, left_out), zone)
            elif of_kind := by_kind[kind]:
                columns, rows = stacked([_labelled(one, report) for one in of_kind])
                above = list(dict.fromkeys(note for table in of_kind for note in table.notes))
                if kind == "figures":
                    above = [report.title, f"Selection: {report.analytics.selection}", *left_out, _READING]
                elif kind in ("comparison", "audit", "billed"):
                    above = [name, *above]
                places[kind] = table_sheet(book, name, columns, rows, zone=zone, above=above)
        add_charts(book, places, by_kind)
    return [*left_out, *book.notes()]


_READING: Final = (
    "An empty value is no data. A denominator without a numerator says how many the value is over."
)


def _calls_sheet(book: Book, report: Report, rows: Iterator[list[Any]], zone: ZoneInfo) -> None:
    timezone = report.provenance.timezone
    columns = [
        Column(f"{one.title} ({timezone})" if one.unit == "time" else one.title, one.unit)
        for one in CALL_COLUMNS
    ]
    table_sheet(book, "Calls", columns, rows, zone=zone, fixed=1)


def _call_rows(
    calls: Iterable[Mapping[str, Any]], sheet_rows: int, left_out: list[str]
) -> Iterator[list[Any]]:
    """As many calls as a sheet holds; the last row then says how many aren't on it."""
    for call in islice(calls, sheet_rows - 2) if left_out else calls:
        amount = None if call["cost"] is None else Amount(call["cost"], "money", call["currency"])
        yield [amount if column.path == "cost" else call[column.path] for column in CALL_COLUMNS]
    yield from ([sentence] for sentence in left_out)


def _left_out(report: Report, sheet_rows: int) -> list[str]:
    """A sentence where there are more calls than a sheet holds."""
    calls = report.analytics.statistics.total_calls
    if calls < sheet_rows:
        return []
    # The last row says so.
    listed = sheet_rows - 2
    return [
        f"The sheet Calls lists the first {listed:,} of {calls:,} calls: a sheet holds {sheet_rows:,} rows. "
        "The figures are of all of them; `batchlake calls --format parquet` lists all of them."
    ]


def _labelled(table: Table, report: Report) -> Table:
    """With a hidden column of labels where a chart needs texts that aren't the cells' own."""
    if table.kind == "responses":
        labels = [cut(row[0], _LABEL_WIDTH) for row in table.rows]
    elif table.kind == "timeline" and report.analytics.timeline.every == "hour":
        # An axis shows days as such, and hours as the numbers that a spreadsheet makes of them.
        labels = [f"{row[0]:%m-%d %H:%M}" for row in table.rows]
    else:
        return table
    rows = [[*row, label] for row, label in zip(table.rows, labels, strict=True)]
    return replace(table, columns=[*table.columns, Column(LABEL, "label")], rows=rows)
