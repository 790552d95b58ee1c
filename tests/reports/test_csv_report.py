"""A report as CSV has a row for each figure of its document, and nothing that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

from batchlake.lake import Lake
from batchlake.reports.csv_report import COLUMNS, write
from batchlake.reports.figures.figure import figures
from batchlake.reports.model import Report
from tests.reports.reports import report_of


def rows(report: Report) -> list[dict[str, str]]:
    """The rows, as Python's own reader sees them."""
    file = io.BytesIO()
    write(report, file)
    reader = csv.DictReader(io.StringIO(file.getvalue().decode(), newline=""))
    found = list(reader)
    assert tuple(reader.fieldnames or ()) == COLUMNS
    assert all(None not in row and None not in row.values() for row in found)
    return found


def same(found: str, expected: Any) -> bool:
    """Whether a cell holds exactly a number; an empty one holds None."""
    if expected is None:
        return found == ""
    return (Decimal(found) if isinstance(expected, Decimal) else float(found)) == expected


def check(found: list[dict[str, str]], lake: Lake, group: str, filter: Any) -> None:
    """The rows of a group are the figures of the document over its calls."""
    document = lake.analytics(filter)
    mine = [row for row in found if row["group"] == group]
    plain = [row for row in mine if not row["item"] and row["section"] != "Made from"]
    expected = figures(document)
    assert len(plain) == len(expected)
    for row, figure in zip(plain, expected, strict=True):
        assert (row["section"], row["figure"], row["unit"]) == (figure.section, figure.title, figure.unit)
        assert row["currency"] == (figure.currency or "")
        for name in ("value", "numerator", "denominator", "missing"):
            assert same(row[name], getattr(figure, name)), (figure, name)
    said = {(row["item"], row["figure"]): row for row in mine if row["section"] == "Common responses"}
    assert len(said) == 3 * len(document.common_responses)
    for response in document.common_responses:
        assert same(said[response.text, "Utterances"]["value"], response.count)
        assert same(said[response.text, "Calls"]["value"], response.calls)
        assert same(said[response.text, "Share of all utterances"]["value"], response.share)
    times = {
        (row["item"], row["figure"], row["currency"]): row
        for row in mine
        if row["section"].startswith("Calls by ")
    }
    for moment in document.timeline.moments:
        start = moment.start.isoformat()
        assert same(times[start, "Calls", ""]["value"], moment.total_calls)
        assert same(times[start, "Failed", ""]["value"], moment.failed)
        assert same(times[start, "Completed of all", ""]["value"], moment.completion_rate)
        for cost in moment.costs:
            title = f"Cost, {cost.currency or 'currency not named'}"
            assert same(times[start, title, cost.currency or ""]["value"], cost.total)


def test_every_figure_is_a_row(lake: Lake) -> None:
    """Of the whole and of each group, to the last digit, with what it is over."""
    found = rows(report_of(lake, by=("agent_id",), every="day"))
    check(found, lake, "", None)
    check(found, lake, "agent_id=ann", {"agent_id": "ann"})
    assert {row["group"] for row in found} == {"", "agent_id=ann", "agent_id="}


def test_a_comparison_and_the_audit_are_rows_too(lake: Lake) -> None:
    """Both sides, the difference, and the interval where there is one; reported against recomputed."""
    report = report_of(lake, "b1", compare="b'3\"")
    found = rows(report)
    assert report.comparison is not None
    for one in report.comparison.differences:
        cells = {
            row["figure"]: row["value"]
            for row in found
            if (row["section"], row["item"]) == ("Comparison", one.title)
        }
        assert same(cells["This"], one.this.value)
        assert same(cells["Other"], one.other.value)
        assert same(cells["Difference"], one.difference)
        assert ("95 % interval from" in cells) == (one.interval is not None)
    assert report.audit is not None
    for batch in report.audit.batches:
        rows_of_it = [row for row in found if row["section"] == f"Audit of {batch.batch_id}"]
        assert len(rows_of_it) == 3 * len(batch.figures) > 0
        for name in ("Reported", "Recomputed", "Difference"):
            values = [row["value"] for row in rows_of_it if row["figure"] == name]
            for value, audit in zip(values, batch.figures, strict=True):
                assert same(value, getattr(audit, name.lower())), audit.figure
    made = {row["figure"]: row["item"] or row["value"] for row in found if row["section"] == "Made from"}
    assert made["Run"] == report.provenance.run_id
    assert made["Calls selected"] == "4"


def test_nothing_is_run(hostile: Lake) -> None:
    """Each text that begins as a formula does has an apostrophe before it; no number is masked or shown."""
    found = rows(report_of(hostile, by=("agent_name",)))
    for row in found:
        for name, cell in row.items():
            if name not in ("value", "numerator", "denominator", "missing"):
                assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))
                assert not set(cell) & set("\t\r\n\x1b\u202e")
            assert "555" not in cell
    assert any(row["item"] == "'@SUM(A1:A9)" for row in found)
    assert any(row["item"].endswith("(100,000 characters)") for row in found)
