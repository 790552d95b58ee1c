"""Charts of a spreadsheet's own, over the cells of a table: they change with the cells.

Every chart names its axes with their units, and has a text for those who can't see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from batchlake.output.sheets import DATE_FORMAT, Book
from batchlake.reports.workbook.tables import Storage

COLOURS: Final = {
    "completed": "#3A7D44",
    "failed": "#B3372F",
    "in_progress": "#C98A1B",
    "unknown": "#7F7F7F",
    "total_calls": "#2F6DA8",
}
"""Of what is counted."""

_FONT: Final = {"size": 10, "bold": False}
_GRID: Final = {"visible": True, "line": {"color": "#D9D9D9", "width": 0.75}}


@dataclass(frozen=True, slots=True)
class Series:
    """One column of a table in a chart."""

    title: str
    column: int
    colour: str = COLOURS["total_calls"]


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows.

    Attributes:
        title: above it.
        categories: the table's column whose values stand along its axis.
        category_title, value_title: of the axes, with their units.
        series: the columns of values.
        rows: the first and last row, from 0.
        description: for those who can't see it.
        number_format: of the values; that of the cells where it is empty.
        largest: value that can be; None leaves the axis to the values.
        point_colours: of single bars, in their order.
    """

    title: str
    categories: int
    category_title: str
    value_title: str
    series: Sequence[Series]
    rows: tuple[int, int]
    description: str
    number_format: str = ""
    largest: float | None = None
    point_colours: Sequence[str] = ()


def bars(book: Book, place: Storage, chart: Chart, row: int, column: int, *, height: int = 280) -> None:
    """Horizontal bars with their values beside them, the first row at the top."""
    made = book.workbook.add_chart({"type": "bar"})
    for series in chart.series:
        made.add_series(
            {
                **_cells(place, chart, series),
                "fill": {"color": series.colour},
                "points": [{"fill": {"color": colour}} for colour in chart.point_colours] or None,
                "data_labels": {"value": True},
                "gap": 40,
            }
        )
    made.set_x_axis({**_axis(chart.value_title), "major_gridlines": _GRID, "min": 0, **_numbers(chart)})
    # The upright axis is turned round: the other one crosses it at its end to stay below.
    made.set_y_axis({**_axis(chart.category_title), "reverse": True, "crossing": "max"})
    _insert(made, place, chart, row, column, height)


def lines(book: Book, place: Storage, chart: Chart, row: int, column: int, *, every_day: bool) -> None:
    """Up to three lines over time; days keep their distances on the axis, hours have a place each."""
    made = book.workbook.add_chart({"type": "line"})
    # Told apart by more than colours.
    for series, shape in zip(chart.series, ("circle", "square", "triangle"), strict=False):
        colour = {"color": series.colour}
        marker = {"type": shape, "size": 5, "fill": colour, "border": colour}
        made.add_series({**_cells(place, chart, series), "line": {**colour, "width": 2}, "marker": marker})
    kind = {"date_axis": True, "num_format": DATE_FORMAT} if every_day else {"text_axis": True}
    made.set_x_axis({**_axis(chart.category_title), **kind})
    made.set_y_axis({**_axis(chart.value_title), "major_gridlines": _GRID, "min": 0, **_numbers(chart)})
    _insert(made, place, chart, row, column, 340)


def _cells(place: Storage, chart: Chart, series: Series) -> dict[str, Any]:
    name, (first, last) = place.sheet.worksheet.get_name(), chart.rows
    return {
        "name": series.title,
        "categories": [name, first, chart.categories, last, chart.categories],
        "values": [name, first, series.column, last, series.column],
    }


def _axis(title: str) -> dict[str, Any]:
    return {"name": title, "name_font": _FONT, "num_font": {"size": 9}}


def _numbers(chart: Chart) -> dict[str, Any]:
    shown: dict[str, Any] = {"num_format": chart.number_format} if chart.number_format else {}
    return shown if chart.largest is None else {**shown, "max": chart.largest}


def _insert(made: Any, place: Storage, chart: Chart, row: int, column: int, height: int) -> None:
    made.set_title({"name": chart.title, "name_font": {"size": 12}, "overlay": False})
    made.set_legend({"none": True} if len(chart.series) == 1 else {"position": "bottom"})
    made.set_size({"width": 620, "height": height})
    # The labels of the responses stand in a hidden column.
    made.show_hidden_data()
    place.sheet.worksheet.insert_chart(row, column, made, {"description": chart.description})
