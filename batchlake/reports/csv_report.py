"""A report as CSV: one row for each number, with its unit and what it is over.

What lists calls, problems or definitions is no part of it: `batchlake calls --format csv` and its siblings
list those. Texts that a spreadsheet would run have an apostrophe before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any, Final

from batchlake.output.lines import csv_lines
from batchlake.reports.cells import AMOUNTS, Amount, Table
from batchlake.reports.model import Report
from batchlake.reports.tables import analytics_tables, group_analytics, tables

COLUMNS: Final = (
    "group",
    "section",
    "item",
    "figure",
    "value",
    "unit",
    "currency",
    "numerator",
    "denominator",
    "missing",
)
"""`group` is the group of calls, empty for all of them; `item` what of a section it is about (a response, a
day, an audited figure). `value` is empty where there is no data, a ratio is from 0 to 1, and a mean or a
total is over `denominator`."""

# Said by others already (a headline is a figure, a group has its own rows, what was billed is the sum of the
# audits' costs), or no figures.
_LEFT_OUT: Final = {
    "headlines",
    "groups",
    "billed",
    "notable_calls",
    "problems",
    "transcripts",
    "definitions",
}


def write(report: Report, file: IO[bytes]) -> None:
    """Write the report's figures; errors of writing pass through."""
    rows = (tuple(line.get(name) for name in COLUMNS) for line in _report_lines(report))
    for line in csv_lines(COLUMNS, rows, excel_safe=True):
        file.write(line.encode())


def _report_lines(report: Report) -> Iterator[dict[str, Any]]:
    for table in tables(report):
        if table.kind not in _LEFT_OUT:
            yield from _lines(table)
    for group in report.analytics.groups:
        of = group_analytics(group)
        for table in analytics_tables(of):
            for line in _lines(table):
                yield {"group": of.selection, **line}


def _lines(table: Table) -> Iterator[dict[str, Any]]:
    """A line for each number; where a row is one figure, it is named by the row and not by the column."""
    single, is_text = table.kind in ("figures", "made_from"), table.kind == "made_from"
    for row in table.rows:
        name = _label(row[0])
        line: dict[str, Any] = {}
        for cell, column in zip(row[1:], table.columns[1:], strict=True):
            if column.unit == "over":
                line |= {"numerator": cell.numerator, "denominator": cell.denominator} if cell else {}
            elif column.unit == "missing":
                line["missing"] = cell
            elif isinstance(cell, Amount) or (column.numeric and column.unit not in AMOUNTS) or is_text:
                if line:
                    yield line
                amount = cell if isinstance(cell, Amount) else Amount(cell, column.unit)
                named = {"figure": name} if single else {"item": name, "figure": column.title}
                line = {"section": table.title, **named, **amount._asdict()}
        if line:
            yield line


def _label(cell: Any) -> Any:
    value = cell.value if isinstance(cell, Amount) else cell
    return value.isoformat() if isinstance(value, datetime) else value
