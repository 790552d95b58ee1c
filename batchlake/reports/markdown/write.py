"""A report as GitHub's Markdown: headings and tables, section by section.

The calls are no part of it but for those that stand out; `batchlake calls --format markdown` lists them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from batchlake.reports.markdown import lists, numbers
from batchlake.reports.markdown.syntax import escaped, paragraph
from batchlake.reports.model import Report


def write(report: Report, file: IO[bytes]) -> None:
    """Write the report; errors of writing pass through."""
    for line in _lines(report):
        file.write(f"{line}\n".encode())


def _lines(report: Report) -> Iterator[str]:
    analytics = report.analytics
    yield f"# {escaped(report.title)}"
    yield from paragraph(f"Selection: {escaped(analytics.selection)}")
    yield from numbers.headlines(report)
    if report.comparison:
        yield from numbers.comparison(report.comparison)
    yield from numbers.all_figures(analytics)
    yield from numbers.distributions(report)
    yield from numbers.responses(analytics)
    yield from numbers.timeline(analytics)
    if analytics.groups:
        yield from numbers.groups(analytics)
    if report.batches:
        yield from lists.batches(report)
    for batch in report.progress:
        yield from lists.progress(batch)
    for outstanding in report.standing_out:
        yield from lists.notable_calls(outstanding)
    if report.audit and report.audit.batches:
        yield from lists.audit(report.audit, report.audits_left_out)
    if report.problems.total:
        yield from lists.problems(report.problems)
    for call in report.transcripts or ():
        yield from lists.transcript(call)
    yield from lists.definitions(report)
    yield from lists.made_from(report.provenance)
