"""A report as a workbook: real numbers, times and currencies, filters, and charts of a spreadsheet's own.

In come the report and its calls as they are read; out goes a file. Values that are unknown are empty cells,
shares are shown in percent, times are those of the report's time zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import IO, Any

from batchlake.output.sheets import SHEET_ROWS, Book
from batchlake.reports.model import Report
from batchlake.reports.workbook.calls import calls_sheet
from batchlake.reports.workbook.optional_sheets import audit, comparison, groups, transcripts
from batchlake.reports.workbook.responses import responses
from batchlake.reports.workbook.summary import definitions, summary
from batchlake.reports.workbook.timeline import timeline


def write(
    report: Report, file: IO[bytes], calls: Iterable[Mapping[str, Any]], *, sheet_rows: int = SHEET_ROWS
) -> list[str]:
    """Write the workbook.

    Args:
        report: what to show; a selection without calls has empty tables.
        file: where to; errors of writing pass through.
        calls: rows by the names of `CALL_COLUMNS`, read once, from front to back.
        sheet_rows: that a sheet holds, its head among them.

    Returns:
        What was left out, in sentences; the workbook says so too.
    """
    left_out = _left_out(report, sheet_rows)
    with Book(file, report.provenance.run_finished_at.astimezone(UTC)) as book:
        summary(book, report, left_out)
        calls_sheet(book, report, calls, sheet_rows, left_out)
        responses(book, report.analytics)
        timeline(book, report.analytics)
        if report.analytics.groups:
            groups(book, report.analytics)
        if report.comparison:
            comparison(book, report.comparison)
        if report.audit and report.audit.batches:
            audit(book, report.audit, report.audits_left_out)
        if report.transcripts is not None:
            transcripts(book, report.transcripts)
        definitions(book, report)
    return [*left_out, *book.notes()]


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
