"""A report in the format asked for.

Input: a report and its calls as they are read. Output: the bytes of a file. The format is named, or
is that of the file's suffix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from batchlake.errors import InvalidRequest
from batchlake.output.formats import REPORT_FORMATS
from batchlake.output.libraries import import_libraries
from batchlake.output.target import format_by_suffix
from batchlake.reports.model import Report


def format_of(file: Path) -> str:
    """The format that a file's suffix asks for, in any case.

    Raises:
        InvalidRequest: it has none, or it stands for no format of a report; lists the suffixes that do.
    """
    name = format_by_suffix(file, REPORT_FORMATS)
    if name is None:
        raise InvalidRequest(
            f"cannot tell the format of {str(file)!r}, which has no suffix. Give one, as .html, or name the "
            f"format: {', '.join(REPORT_FORMATS)}.",
            path=str(file),
        )
    return name


def write(
    report: Report, calls: Iterable[Mapping[str, Any]], output_format: str, file: IO[bytes]
) -> list[str]:
    """Write a report to a binary file.

    Args:
        report: what to write.
        calls: its calls by the paths of `CALL_COLUMNS`, for the formats that list them; else not read.
        output_format: one of `REPORT_FORMATS`.
        file: where to.

    Returns:
        What was left out for want of room, in sentences.

    Raises:
        InvalidRequest: there is no such format, or the extra that writes it isn't installed.
    """
    import_libraries(output_format)
    if output_format == "xlsx":
        from batchlake.reports.workbook import write as workbook

        return workbook.write(report, file, calls)
    if output_format == "html":
        from batchlake.reports.page.html import html

        file.write(html(report).encode())
    elif output_format == "pdf":
        from batchlake.reports.page.pdf import pdf

        file.write(pdf(report))
    elif output_format == "csv":
        from batchlake.reports import csv_report

        csv_report.write(report, file)
    elif output_format == "markdown":
        from batchlake.reports import markdown_report

        markdown_report.write(report, file)
    elif output_format == "json":
        file.write(report.model_dump_json(indent=2).encode() + b"\n")
    else:
        raise InvalidRequest(
            f"a report has no format {output_format!r}. Give one of {', '.join(REPORT_FORMATS)}.",
            format=output_format,
        )
    return []
