"""A report's workbook holds the figures of its analytics document, as another library reads them."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from batchlake.lake import Lake
from batchlake.reports.contents.call_rows import CALL_COLUMNS
from batchlake.reports.figures.figure import figures
from batchlake.reports.model import Report
from batchlake.reports.workbook.write import write
from tests.effort import at_length
from tests.reports.reports import HOSTILE, calls_of, report_of
from tests.workbooks import parts


def written(lake: Lake, report: Report, **how: Any) -> bytes:
    file = io.BytesIO()
    how.setdefault("calls", calls_of(lake))
    write(report, file, **how)
    return file.getvalue()


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def table(sheet: Worksheet, head: str) -> list[dict[str, Any]]:
    """The rows under the head that begins with a title, by their titles, as far as the next empty row."""
    rows = iter(sheet.iter_rows())
    titles = next([cell.value for cell in row] for row in rows if row[0].value == head)
    found = []
    for row in rows:
        values = [cell.value for cell in row]
        if not any(value is not None for value in values):
            break
        found.append(dict(zip(titles, values, strict=True)))
    return found


def same(found: Any, expected: Any) -> bool:
    """Whether a cell holds a number: money to the last digit, floats as floats."""
    if expected is None:
        return found is None
    if isinstance(expected, Decimal):
        return Decimal(str(found)) == expected
    return type(found) in (int, float) and found == pytest.approx(expected, rel=1e-14)


def test_every_figure_is_on_the_summary(lake: Lake) -> None:
    """In the document's order, with its unit, what it is over and the calls that lack it; None is empty."""
    document = lake.analytics()
    rows = table(opened(written(lake, report_of(lake)))["Summary"], "About")
    expected = figures(document)
    assert len(rows) == len(expected)
    for row, figure in zip(rows, expected, strict=True):
        assert (row["About"], row["Figure"]) == (figure.section, figure.title)
        assert same(row["Value"], figure.value), figure
        assert same(row["Of: numerator"], figure.numerator)
        assert same(row["Of: denominator"], figure.denominator)
        assert same(row["Calls without"], figure.missing)
        assert row["Unit"] == (
            figure.unit if figure.unit != "money" else figure.currency or "currency not named"
        )


def test_responses_are_those_of_the_document(lake: Lake) -> None:
    """The common ones with their counts."""
    document = lake.analytics()
    sheet = opened(written(lake, report_of(lake)))["Responses"]
    rows = table(sheet, "Response")
    assert [row["Response"] for row in rows] == [one.text for one in document.common_responses]
    for row, said in zip(rows, document.common_responses, strict=True):
        assert (row["Utterances"], row["Calls"]) == (said.count, said.calls)
        assert same(row["Share of all utterances"], said.share)


@pytest.mark.parametrize(("timezone", "every"), [("UTC", "day"), ("Asia/Kathmandu", "hour")])
def test_the_timeline_is_that_of_the_document(lake: Lake, timezone: str, every: Any) -> None:
    """Times as clocks showed them in the time zone; money in a column for each currency."""
    document = lake.analytics(timezone=timezone, every=every)
    sheet = opened(written(lake, report_of(lake, timezone=timezone, every=every)))["Timeline"]
    title = f"{every.capitalize()} ({timezone})"
    rows = table(sheet, title)
    assert len(rows) == len(document.timeline.moments) > 1
    for row, moment in zip(rows, document.timeline.moments, strict=True):
        assert row[title] == moment.start.replace(tzinfo=None)
        assert (row["Calls"], row["Completed"], row["Failed"]) == (
            moment.total_calls,
            moment.completed,
            moment.failed,
        )
        assert (row["In progress"], row["Outcome unknown"]) == (moment.in_progress, moment.unknown)
        assert same(row["Completed of all"], moment.completion_rate)
        assert row.get("Label in the chart") == (f"{moment.start:%m-%d %H:%M}" if every == "hour" else None)
        costs = {cost.currency: cost.total for cost in moment.costs}
        for currency in ("EUR", "USD", None):
            assert same(row[f"Cost, {currency or 'currency not named'}"], costs.get(currency))


def test_calls_are_rows_of_real_values(lake: Lake) -> None:
    """Each call as in the lake: numbers are numbers, times are times in the report's zone, NULL is empty."""
    sheet = opened(written(lake, report_of(lake, timezone="Asia/Tokyo")))["Calls"]
    rows = table(sheet, "Call")
    expected = sorted(lake.calls().to_dicts(), key=lambda call: call["call_id"])
    assert [row["Call"] for row in rows] == ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"]
    for row, call in zip(rows, expected, strict=True):
        assert same(row["Duration (seconds)"], call["duration_seconds"])
        assert same(row["Cost"], call["cost"])
        assert row["Currency"] == call["currency"]
        assert same(row["Utterances"], call["segment_count"])
        moment = row["Time (Asia/Tokyo)"]
        assert (moment is None) == (call["call_time"] is None)
        if moment is not None:
            hours = (moment - call["call_time"].replace(tzinfo=None)).total_seconds() / 3600
            assert isinstance(moment, datetime)
            assert hours == 9
    assert [cell.number_format for cell in sheet["I"][1:]][4:6] == [
        r"[$USD]\ #,##0.00????",
        r"[$EUR]\ #,##0.00????",
    ]
    assert sheet["D2"].number_format == r"yyyy\-mm\-dd\ hh:mm:ss"
    assert len(sheet[1]) == len(CALL_COLUMNS)


def test_groups_comparison_and_audit_have_their_sheets(lake: Lake) -> None:
    """Where they are asked for, or there are reported figures; with the figures of their documents."""
    report = report_of(lake, "b1", by=("agent_id",), compare="b2")
    book = opened(written(lake, report))
    assert book.sheetnames == [
        *(
            "Summary",
            "Calls",
            "Responses",
            "Timeline",
            "Groups",
            "Comparison",
            "Audit",
            "Batches",
            "Progress",
        ),
        *("Distributions", "Notable calls", "Definitions", "Made from"),
    ]
    groups = table(book["Groups"], "agent_id")
    assert [(row["agent_id"], row["Calls"]) for row in groups] == [
        (group.keys["agent_id"], group.statistics.total_calls) for group in report.analytics.groups
    ]
    assert report.comparison is not None
    differences = table(book["Comparison"], "Figure")
    for row, one in zip(differences, report.comparison.differences, strict=True):
        assert row["In words"] == one.sentence
        assert same(row["Difference"], one.difference)
        assert same(row["95 % interval from"], one.interval and one.interval.lower)
    assert report.audit is not None
    audited = table(book["Audit"], "Batch")
    expected = [one for batch in report.audit.batches for one in batch.figures]
    for row, audit in zip(audited, expected, strict=True):
        assert same(row["Reported"], audit.reported)
        assert same(row["Recomputed"], audit.recomputed)
        assert row["Verdict"] == ("agrees" if audit.agrees else "differs")
    plain = opened(written(lake, report_of(lake, "b2"), calls=calls_of(lake, "b2")))
    assert "Groups" not in plain.sheetnames
    assert "Comparison" not in plain.sheetnames


def test_heads_stay_filters_work_and_charts_name_their_axes(lake: Lake) -> None:
    """Frozen heads and a filter over each table; native charts with titles, units and a text."""
    content = written(lake, report_of(lake))
    book = opened(content)
    for sheet in book:
        assert sheet.freeze_panes is not None
        assert sheet.auto_filter.ref is not None
    assert {sheet.title: len(sheet._charts) for sheet in book if sheet._charts} == {
        "Summary": 1,
        "Responses": 2,
        "Timeline": 2,
    }
    files = {name: data.decode() for name, data in parts(content).items()}
    charts = [name for name in files if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]
    titles = [re.findall(r"<a:t>([^<]+)</a:t>", files[name]) for name in sorted(charts)]
    drawings = "".join(text for name, text in files.items() if name.startswith("xl/drawings/drawing"))
    assert titles[0] == ["Calls by outcome", "Outcome", "Calls"]
    assert all(len(words) == 3 for words in titles)
    assert len(re.findall(r'descr="(?:Bars|Lines?): [^"]+as in the table\."', drawings)) == 5


def test_hostile_text_is_text(hostile: Lake) -> None:
    """No formula, no link, no macro, nothing outside; every text can be read, cut where a cell ends."""
    report = report_of(hostile, by=("agent_id",), include_transcripts=True)
    content = written(hostile, report)
    for name, data in parts(content).items():
        assert not re.search(r"hyperlink|externalLink|vba|macro|oleObject|connections", name)
        text = data.decode()
        if name.startswith("xl/worksheets/"):
            assert not re.search(r"<f[ >]|<hyperlink|<oleObject", text)
        assert "\u202e" not in text
        assert "\x1b" not in text
    book = opened(content)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None
                if isinstance(cell.value, str):
                    assert len(cell.value) <= 32_767
    summaries = [row["Summary"] for row in table(book["Calls"], "Call")]
    assert len(summaries) == len(HOSTILE)
    assert '=HYPERLINK("http://evil.example","x")' in summaries
    assert "<script>alert(1)</script>" in summaries
    assert any("⟨U+202E⟩gnp.exe" in text for text in summaries)
    assert any(text.endswith("(100,000 characters)") for text in summaries)
    leaks = [cell for sheet in book for row in sheet.iter_rows() for cell in row if "555" in str(cell.value)]
    assert leaks == []


def test_only_a_currency_comes_into_a_format(hostile: Lake) -> None:
    """What else stands in a currency's place is text in its own column."""
    sheet = opened(written(hostile, report_of(hostile)))["Calls"]
    formats = {cell.number_format for row in sheet.iter_rows(min_row=2) for cell in row}
    assert {one for one in formats if "#,##0.00??" in one} == {"#,##0.00????", r"[$USD]\ #,##0.00????"}


@pytest.mark.usefixtures("time_zones")
def test_the_same_lake_makes_the_same_bytes(lake: Lake) -> None:
    """Whenever and wherever: the file's own times are the run's, or none."""
    report = report_of(lake)
    content = written(lake, report)
    assert content == written(lake, report_of(lake))
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 31, 0, 0, 0)}
        properties = file.read("docProps/core.xml").decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", properties)) == {
        f"{report.provenance.run_finished_at:%Y-%m-%dT%H:%M:%SZ}"
    }


def test_more_calls_than_a_sheet_holds_are_announced(lake: Lake) -> None:
    """On the sheet's last row, on the summary and to the caller; the figures are of all of them."""
    report, file = report_of(lake), io.BytesIO()
    (note,) = write(report, file, calls_of(lake), sheet_rows=8)
    assert note.startswith("The sheet Calls lists the first 6 of 8 calls: a sheet holds 8 rows.")
    book = opened(file.getvalue())
    assert book["Calls"].max_row == 8
    assert book["Calls"]["A8"].value == note
    assert note in [cell.value for cell in book["Summary"]["A"]]
    assert table(book["Summary"], "About")[0]["Value"] == 8
    assert write(report, io.BytesIO(), calls_of(lake), sheet_rows=9) == []


def test_no_calls_are_a_workbook_too(lake: Lake) -> None:
    """Empty tables under their heads, no chart of nothing, and it says why."""
    chosen = {"call_id": "none"}
    content = written(lake, report_of(lake, filter=chosen), calls=calls_of(lake, filter=chosen))
    book = opened(content)
    assert book["Calls"].max_row == 1
    assert table(book["Summary"], "About")[0]["Value"] == 0
    assert book["Responses"]["A1"].value.startswith("No response is held")
    assert not book["Timeline"]._charts


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@at_length
def test_libreoffice_shows_the_figures(lake: Lake, tmp_path: Path) -> None:
    """It opens the file, and shows shares in percent, money with its currency, and no error."""
    path = tmp_path / "report.xlsx"
    path.write_bytes(written(lake, report_of(lake)))
    # Every sheet, cells as they show.
    every_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,-1"
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
         "--convert-to", every_sheet, "--outdir", str(tmp_path), str(path)],
        check=True,
        capture_output=True,
        timeout=120,
    )  # fmt: skip
    text = (tmp_path / "report-Summary.csv").read_text(encoding="utf-8")
    shown = {(row[0], row[1]): row[3].strip() for row in csv.reader(io.StringIO(text)) if len(row) > 3}
    document = lake.analytics()
    assert shown["Success", "Success rate"] == f"{document.success_rate:.1%}"
    assert shown["Cost, EUR", "Total cost"] == "EUR 1.00"
    assert shown["Calls", "Calls"] == "8"
    assert shown["Engagement", "Mean engagement score"] == ""
    assert "Err:" not in text
