"""A report as GitHub's Markdown: a heading and a table for each of its tables.

The only calls in it are the notable ones; `batchlake calls --format markdown` lists all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any, Final

from batchlake.output.lines import markdown_text
from batchlake.reports.cells import Table, cell_text
from batchlake.reports.model import Report
from batchlake.reports.tables import tables
from batchlake.reports.wording import ReportClock
from batchlake.text.values import text

# What GitHub makes a link, an emphasis or a formula of although it is no markup in plain Markdown.
_ACTING: Final = re.compile(r"(?<=\w)@(?=\w)|:(?=//)|(?<=\bwww)\.|(?<!\w)_|_(?!\w)|[~$#]", re.IGNORECASE)


def write(report: Report, file: IO[bytes]) -> None:
    """Write the report; errors of writing pass through."""
    clock = ReportClock(report.provenance.timezone)
    file.write(f"# {escaped(report.title)}\n\nSelection: {escaped(report.analytics.selection)}\n".encode())
    for table in tables(report):
        for line in _lines(table.filled(), clock):
            file.write(f"{line}\n".encode())


def escaped(value: Any) -> str:
    r"""A value on one line, with everything that Markdown would act on escaped.

    >>> print(escaped("[x](https://a.b) | <b>*1*</b>"))
    \[x](https\://a.b) \| \<b>\*1\*\</b>
    """
    return _ACTING.sub(r"\\\g<0>", markdown_text(text(value)))


def _lines(table: Table, clock: ReportClock) -> Iterator[str]:
    yield f"\n## {escaped(table.title)}"
    for note in table.notes:
        yield f"\n{escaped(note)}"
    if table.rows:
        yield f"\n| {' | '.join(escaped(column.title) for column in table.columns)} |"
        yield f"|{'|'.join('---:' if column.numeric else '---' for column in table.columns)}|"
    for row in table.rows:
        cells = (cell_text(cell, column, clock) for cell, column in zip(row, table.columns, strict=True))
        yield f"| {' | '.join(map(escaped, cells))} |"
