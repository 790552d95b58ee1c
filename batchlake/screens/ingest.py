"""What an ingest did, as people read it: how much was read, what is new, what needs somebody."""

from __future__ import annotations

from collections.abc import Iterator

from batchlake.ingest.report import IngestReport
from batchlake.screens.page import Page, columns
from batchlake.text import looks

_FIRST_LINES = 2


def ingest_screen(report: IngestReport, page: Page) -> Iterator[str]:
    """The lines of the screen."""
    if nothing_read(report):
        return
    if not report.exports_read and not report.problems:
        held = report.exports_skipped
        yield f"Nothing new: {'the one export is' if held == 1 else f'all {held:,} exports are'} held."
        return
    exports = looks.counted(report.exports_read, "export")
    skipped = f", {report.exports_skipped:,} were held already" if report.exports_skipped else ""
    yield f"{exports} ({looks.size(report.bytes_read)}) read in {report.seconds:.1f} s{skipped}."
    yield from columns(
        [
            ("", "new", "updated", "unchanged"),
            (
                "calls",
                looks.count(report.calls_new),
                looks.count(report.calls_updated),
                looks.count(report.calls_unchanged),
            ),
            ("batches", looks.count(report.batches_new), looks.count(report.batches_updated), ""),
        ],
        (False, True, True, True),
    )
    if report.problems:
        yield from (page.red(line) for line in _filled(problems_line(report), page.width))
    # What wasn't understood is said by the report, in its own words.
    for line in str(report).splitlines()[_FIRST_LINES:]:
        if not line.startswith(("Problems:", "Run ", "Dry run")):
            yield from _filled(line, page.width)
    if report.dry_run:
        yield "Dry run: nothing was written."
    elif report.run_id:
        yield f"Run {report.run_id[-6:]} is committed to {report.lake}."


def nothing_read(report: IngestReport) -> bool:
    """Whether there was no file to read at all."""
    return not (report.exports_read or report.exports_skipped or report.problems)


def problems_line(report: IngestReport) -> str:
    """`5 problems: cut_off 1, not_a_time 4. See batchlake problems.`"""
    codes = ", ".join(f"{code} {count:,}" for code, count in sorted(report.problems_by_code.items()))
    return f"{looks.counted(report.problems, 'problem')}: {codes}. See batchlake problems."


def _filled(text: str, width: int) -> list[str]:
    from batchlake.output.pager import fill

    return fill(text, width)
