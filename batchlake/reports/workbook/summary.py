"""The first sheet, with every figure of the report, and the last, with what each means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from batchlake.output.sheets import Book
from batchlake.reports.comparison import Amount
from batchlake.reports.figures import Figure, figures
from batchlake.reports.model import Report
from batchlake.reports.workbook.charts import COLOURS, Chart, Series, bars
from batchlake.reports.workbook.tables import (
    ANY_NUMBER,
    Cell,
    Column,
    money_format,
    table_sheet,
    unit_format,
)


def summary(book: Book, report: Report, left_out: Iterable[str]) -> None:
    """Every figure, what it is over, and what the report was made from."""
    columns = [
        Column("About", 20),
        Column("Figure", 34),
        Column("Value", 18, ANY_NUMBER),
        Column("Unit", 18),
        Column("Numerator", 12, ANY_NUMBER),
        Column("Denominator", 13, ANY_NUMBER),
        Column("Calls without", 12, ANY_NUMBER),
        Column("Definition (see Definitions)", 27),
    ]
    found = figures(report.analytics)
    above = [report.title, f"Selection: {report.analytics.selection}", *left_out]
    above.append("An empty value is no data. A denominator beside what is no share says how many it is over.")
    place = table_sheet(book, "Summary", columns, map(_figure_row, found), above)
    row = place.last + 2
    for name, value in _made_from(report):
        place.sheet.write(row, 0, name, bold=True)
        place.sheet.write(row, 1, value, align="left")
        row += 1
    outcomes = [name for name in COLOURS if name != "total_calls"]
    paths = [figure.path for figure in found]
    first, last = (place.head + 1 + paths.index(f"statistics.{name}") for name in (outcomes[0], outcomes[-1]))
    chart = Chart(
        title="Calls by outcome",
        categories=1,
        category_title="Outcome",
        value_title="Calls",
        series=[Series("Calls", 2)],
        rows=(first, last),
        description="Bars: calls completed, failed, in progress and of unknown outcome, as in the table.",
        point_colours=[COLOURS[name] for name in outcomes],
    )
    bars(book, place, chart, place.head + 1, len(columns) + 1)


def _figure_row(figure: Figure) -> list[Any]:
    shown = money_format(figure.currency) if figure.unit == "money" else unit_format(figure.unit)
    return [
        figure.section,
        figure.title,
        Cell(figure.value, shown),
        figure.currency or "currency not named" if figure.unit == "money" else figure.unit,
        *map(_count_cell, (figure.numerator, figure.denominator, figure.missing)),
        figure.metric,
    ]


def _count_cell(count: Amount | None) -> Cell:
    return Cell(count, unit_format("calls" if isinstance(count, int) else "minutes"))


def _made_from(report: Report) -> Iterator[tuple[str, Any]]:
    made = report.provenance
    yield "Lake", made.lake
    yield "Run", made.run_id
    yield "Run finished at", made.run_finished_at
    yield "Time zone", made.timezone
    yield "Calls in the lake", made.calls_held
    yield "Calls selected", made.calls_selected
    for left in made.left_out:
        yield "Left out", f"{left.count:,} {left.unit}: {left.why}"
    yield "Made by", f"batchlake {made.batchlake_version}"


def definitions(book: Book, report: Report) -> None:
    """What each metric means, and what it is divided by."""
    columns = [
        Column("Metric", 28),
        Column("Unit", 20),
        Column("Definition", 80, wraps=True),
        Column("Numerator", 28, wraps=True),
        Column("Denominator", 28, wraps=True),
        Column("Computed by", 30),
    ]
    rows = (
        [one.name, one.unit, one.definition, one.numerator, one.denominator, one.file]
        for one in report.definitions
    )
    table_sheet(book, "Definitions", columns, rows)
