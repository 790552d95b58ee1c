"""Negative costs, which are credits, in a report: counted, and shown with their sign in every format."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from batchlake.engine.engine import Engine
from batchlake.query import views
from batchlake.reports.build import ReportOptions, build
from batchlake.reports.contents.call_rows import call_rows
from batchlake.reports.contents.subject import subject_of
from batchlake.reports.model import Report
from batchlake.reports.page import charts
from batchlake.reports.write import write
from batchlake.store.ledger import Version
from tests.analytics.tables import NOON, batch, call, fill

COSTS = ["0.50", "-0.25", "1.00", "-1500.00"]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """A batch billed 1.00 whose calls cost 1.50 and give 1500.25 back."""
    calls = [
        call(
            f"c{number}",
            cost=cost,
            currency="EUR",
            duration_seconds=60.0,
            call_time=NOON + timedelta(hours=number),
        )
        for number, cost in enumerate(COSTS)
    ]
    with Engine() as engine:
        fill(engine, calls=calls, batches=[batch(reported_total_cost=Decimal("1.00"))])
        views.create_views(engine)
        yield engine


@pytest.fixture(scope="module")
def report(engine: Engine) -> Report:
    return build(engine, "lake", Version("run", NOON, {}), subject_of(engine, [], None), ReportOptions())


def written(engine: Engine, report: Report, output_format: str) -> bytes:
    file = io.BytesIO()
    write(report, call_rows(engine, subject_of(engine, [], None).selection), output_format, file)
    return file.getvalue()


def test_credits_are_taken_off(report: Report) -> None:
    """By hand: 0.50 - 0.25 + 1.00 - 1500.00, over four minutes; more was billed than the calls cost."""
    (cost,) = report.analytics.cost.currencies
    assert (cost.total, cost.min, cost.per_minute) == (
        Decimal("-1498.75"), Decimal("-1500"), Decimal("-374.6875"),
    )  # fmt: skip
    assert report.batches[0].total_cost == Decimal("-1498.75")
    assert report.audit is not None
    (total,) = report.audit.totals
    assert (total.reported, total.recomputed, total.difference) == (
        Decimal("1.00"), Decimal("-1498.75"), Decimal("-1499.75"),
    )  # fmt: skip
    (costs,) = report.costs
    assert sum(one.calls for one in costs.bins) == 4
    expensive = next(one for one in report.standing_out if one.kind == "most_expensive")
    assert [one.call_id for one in expensive.calls] == ["c2", "c0"]


@pytest.mark.parametrize(
    ("output_format", "texts"),
    [
        ("markdown", ["−1,498.75 EUR", "−1,500.00 EUR"]),
        ("csv", ["-1498.75", "-374.6875"]),
        ("html", ["−1,498.75 EUR", "−374.6875 EUR", "−1,500.00 EUR"]),
        ("json", ['"-1498.75"']),
    ],
)
def test_a_credit_shows_its_sign(
    engine: Engine, report: Report, output_format: str, texts: list[str]
) -> None:
    """In the wording of each format."""
    found = written(engine, report, output_format).decode()
    for text in texts:
        assert text in found, text


def test_a_spreadsheet_holds_negative_numbers(engine: Engine, report: Report) -> None:
    """As numbers, so that its sums are right, in the format of their currency."""
    book = load_workbook(io.BytesIO(written(engine, report, "xlsx")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == -1500]
    assert cells
    assert any(cell.number_format.startswith("[$EUR]") for cell in cells)


def test_a_chart_says_that_its_first_bar_is_open(engine: Engine) -> None:
    """A credit far below all other costs doesn't press them together."""
    calls = [call(f"c{number}", cost=Decimal(number) / 100) for number in range(200)]
    fill(engine, calls=[*calls, call("credit", cost="-900"), call("other", cost="-900")], batches=[batch()])
    options = ReportOptions()
    report = build(engine, "lake", Version("run", NOON, {}), subject_of(engine, [], None), options)
    chart = charts.spread(report.costs[0])
    assert "the first bar is open to the left" in chart.caption
    assert "below 0.00: 2" in chart.words
    bars = chart.spec["layer"][0]["data"]["values"]
    assert (bars[0]["lower"], bars[0]["upper"], bars[0]["calls"]) == (-0.1, 0.0, 2)
    assert json.loads(report.model_dump_json())["costs"][0]["bins"][0]["lower"] is None


def test_what_was_billed_stands_beside_what_the_calls_add_up_to(engine: Engine, report: Report) -> None:
    """A line for each currency, in words and to every digit, in the formats that people read."""
    row = "| EUR | 1,499.75 EUR too high | 1 | 1.00 EUR | −1,498.75 EUR | −1,499.75 EUR |"
    assert row in written(engine, report, "markdown").decode()
    page = written(engine, report, "html").decode()
    assert "Billed, and what the calls add up to" in page
    assert "1,499.75 EUR too high" in page
    sheet = load_workbook(io.BytesIO(written(engine, report, "xlsx")))["Billed"]
    values = [cell for line in sheet.iter_rows(values_only=True) for cell in line]
    assert {"EUR", 1, -1498.75, -1499.75} <= set(values)
