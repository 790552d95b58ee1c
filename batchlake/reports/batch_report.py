"""What `lake.report` hands out: a report as a document, that can be written in any format.

Input: an engine over one version of a lake and what is asked. Output: a `BatchReport`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from batchlake.engine.arguments import checked_methods
from batchlake.engine.engine import Engine
from batchlake.filters.model import Filter
from batchlake.filters.selection import Selection
from batchlake.output.target import check_target, refused, replacing
from batchlake.reports.build import ReportOptions, build
from batchlake.reports.contents.call_rows import call_rows
from batchlake.reports.contents.subject import subject_of
from batchlake.reports.model import Report
from batchlake.reports.write import format_of, write
from batchlake.store.ledger import Version


@checked_methods
@dataclass(frozen=True, slots=True, repr=False)
class BatchReport:
    """A report of one state of a lake.

    Attributes:
        document: everything that it says.
        engine, selection, show_numbers: where its calls are read when a format lists them.
    """

    document: Report
    engine: Engine
    selection: Selection
    show_numbers: bool

    def __repr__(self) -> str:
        return f"<BatchReport: {self.selection.description}>"

    def write(self, path: str | os.PathLike[str], output_format: str | None = None) -> list[str]:
        """Write it to a file, which holds what it held until the report is whole.

        Its suffix tells the format where none is given.

        Returns:
            What was left out for want of room, in sentences.

        Raises:
            InvalidRequest: there is no such format, the extra that writes it isn't installed, or the file
                can't be written.
        """
        file = Path(path)
        name = output_format or format_of(file)
        check_target(file)
        written = io.BytesIO()
        left_out = self.write_to(written, name)
        with refused(file), replacing(file) as target:
            target.write(written.getbuffer())
        return left_out

    def write_to(self, file: IO[bytes], output_format: str) -> list[str]:
        """Write it to an open binary file; the rest as `write`."""
        calls = call_rows(self.engine, self.selection, show_numbers=self.show_numbers)
        return write(self.document, calls, output_format, file)


def report(
    engine: Engine,
    lake: str,
    version: Version,
    batch_ids: Sequence[str],
    filter: Filter | Mapping[str, Any] | None,
    options: ReportOptions,
) -> BatchReport:
    """The report of the calls of these batches (none: of all) that match a filter.

    Args:
        engine: over the lake at `version`.
        lake: what the lake is called.
        version: the run whose state is read.
        batch_ids: which batches.
        filter: which of their calls.
        options: what to make of them.

    Raises:
        InvalidBatchId, InvalidFilter, InvalidRequest: the request is invalid.
        BatchNotFound: names the nearest ids.
        AnalyticsUnavailable: the lake holds no call at all.
    """
    engine = engine.in_timezone(options.timezone)
    subject = subject_of(engine, batch_ids, filter, source=options.source, show_numbers=options.show_numbers)
    document = build(engine, lake, version, subject, options)
    return BatchReport(document, engine, subject.selection, options.show_numbers)
