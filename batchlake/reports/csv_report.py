"""A report as CSV: one row for each figure, with its unit and what it is over.

The calls are no part of it: `batchlake calls --format csv` lists them. Texts that a spreadsheet would run
have an apostrophe before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Final

from batchlake.models.analytics import Analytics, BatchAnalytics, Moment
from batchlake.models.audits import Comparison
from batchlake.output.lines import csv_lines
from batchlake.reports.comparison import Difference
from batchlake.reports.figures import figures
from batchlake.reports.model import Provenance, Report

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
day, a batch). `value` is empty where there is no data, a ratio is from 0 to 1, and a mean or a total is over
`denominator`."""


_Line = dict[str, Any]
"""Values by the names of `COLUMNS`; those not given are empty."""

_COUNTS: Final = {
    "Calls": "total_calls",
    "Completed": "completed",
    "Failed": "failed",
    "In progress": "in_progress",
    "Outcome unknown": "unknown",
}
_SHARED: Final = ("statistics", *BatchAnalytics.model_fields)
"""What a group has like the whole."""


def write(report: Report, file: IO[bytes]) -> None:
    """Write the report's figures; errors of writing pass through."""
    rows = (tuple(line.get(name) for name in COLUMNS) for line in _lines(report))
    for line in csv_lines(COLUMNS, rows, excel_safe=True):
        file.write(line.encode())


def _lines(report: Report) -> Iterator[_Line]:
    yield from _analytics_lines(report.analytics)
    for group in report.analytics.groups:
        name = ", ".join(f"{key}={'' if value is None else value}" for key, value in group.keys.items())
        whole = Analytics(selection=name, **{block: getattr(group, block) for block in _SHARED})
        for line in _analytics_lines(whole):
            yield {"group": name, **line}
    for difference in report.comparison.differences if report.comparison else ():
        yield from _difference_lines(difference)
    for batch in report.audit.batches if report.audit else ():
        for audited in batch.figures:
            yield from _audit_lines(batch.batch_id, audited)
    yield from _made_from(report.provenance)


def _analytics_lines(of: Analytics) -> Iterator[_Line]:
    for figure in figures(of):
        yield {
            "section": figure.section,
            "figure": figure.title,
            "value": figure.value,
            "unit": figure.unit,
            "currency": figure.currency,
            "numerator": figure.numerator,
            "denominator": figure.denominator,
            "missing": figure.missing,
        }
    for said in of.common_responses:
        about = {"section": "Common responses", "item": said.text}
        yield {**about, "figure": "Utterances", "value": said.count, "unit": "utterances"}
        yield {**about, "figure": "Calls", "value": said.calls, "unit": "calls"}
        yield {**about, "figure": "Share of all utterances", "value": said.share, "unit": "ratio"}
    for moment in of.timeline.moments:
        yield from _moment_lines(moment)


def _moment_lines(of: Moment) -> Iterator[_Line]:
    about = {"section": "Timeline", "item": of.start.isoformat()}
    for title, name in _COUNTS.items():
        yield {**about, "figure": title, "value": getattr(of, name), "unit": "calls"}
    yield {
        **about,
        "figure": "Completed of all",
        "value": of.completion_rate,
        "unit": "ratio",
        "numerator": of.completed,
        "denominator": of.total_calls,
    }
    for cost in of.costs:
        total = {"figure": "Total cost", "value": cost.total, "unit": "money", "currency": cost.currency}
        yield {**about, **total}


def _difference_lines(of: Difference) -> Iterator[_Line]:
    about = {"section": "Comparison", "item": of.title, "unit": of.unit, "currency": of.currency}
    for name, side in (("This", of.this), ("Other", of.other)):
        yield {**about, "figure": name, **side.model_dump()}
    yield {**about, "figure": "Difference", "value": of.difference}
    if of.interval:
        yield {**about, "figure": "95 % interval from", "value": of.interval.lower}
        yield {**about, "figure": "95 % interval to", "value": of.interval.upper}


def _audit_lines(batch_id: str, of: Comparison) -> Iterator[_Line]:
    about = {"section": f"Audit of {of.figure}", "item": batch_id, "unit": of.unit}
    yield {**about, "figure": "Reported", "value": of.reported}
    yield {**about, "figure": "Recomputed", "value": of.recomputed}
    yield {**about, "figure": "Difference", "value": of.difference}


def _made_from(made: Provenance) -> Iterator[_Line]:
    texts = {
        "Selection": made.selection,
        "Lake": made.lake,
        "Run": made.run_id,
        "Run finished at": made.run_finished_at,
        "Time zone": made.timezone,
        "batchlake": made.batchlake_version,
    }
    for name, text in texts.items():
        yield {"section": "Made from", "item": text, "figure": name}
    for name, calls in (("Calls in the lake", made.calls_held), ("Calls selected", made.calls_selected)):
        yield {"section": "Made from", "figure": name, "value": calls, "unit": "calls"}
    for left in made.left_out:
        yield {"section": "Left out", "item": left.why, "figure": "Left out", "value": left.count,
               "unit": left.unit}  # fmt: skip
