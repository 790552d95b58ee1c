"""The sheet of calls, completion and cost over time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from batchlake.models.analytics import Analytics, Moment, Timeline
from batchlake.output.sheets import DATE_FORMAT, Book
from batchlake.reports.workbook.charts import COLOURS, Chart, Series, lines
from batchlake.reports.workbook.tables import Column, money_format, table_sheet, unit_format

_HOUR_FORMAT: Final = r"yyyy\-mm\-dd\ hh:mm"
_COUNTS: Final = {
    "total_calls": "Calls",
    "completed": "Completed",
    "failed": "Failed",
    "in_progress": "In progress",
    "unknown": "Outcome unknown",
}


def timeline(book: Book, of: Analytics) -> None:
    """Calls, completion and cost by hour or day, in the report's time zone."""
    times = of.timeline
    currencies = [block.currency for block in of.cost.currencies]
    day = times.every == "day"
    columns = [
        Column(_axis_title(times), 18, DATE_FORMAT if day else _HOUR_FORMAT),
        *(Column(title, 12, unit_format("calls")) for title in _COUNTS.values()),
        Column("Completed of all", 12, unit_format("ratio")),
        *(Column(f"Cost, {one or 'currency not named'}", 16, money_format(one)) for one in currencies),
        # A chart's axis shows days as such, and hours as the numbers that a spreadsheet makes of them.
        *([] if day else [Column("Label in the chart", 12)]),
    ]
    above = [f"{times.missing:,} calls have no time and aren't counted here."] if times.missing else []
    rows = (
        [*_moment_row(moment, currencies), *([] if day else [f"{moment.start:%m-%d %H:%M}"])]
        for moment in times.moments
    )
    place = table_sheet(book, "Timeline", columns, rows, above)
    if not times.moments:
        return
    if not day:
        place.sheet.worksheet.set_column(len(columns) - 1, len(columns) - 1, None, None, {"hidden": True})
    counted = Chart(
        title="Calls over time",
        categories=0 if day else len(columns) - 1,
        category_title=_axis_title(times),
        value_title="Calls",
        series=[
            Series(_COUNTS[name], 1 + list(_COUNTS).index(name), COLOURS[name])
            for name in ("total_calls", "completed", "failed")
        ],
        rows=(place.head + 1, place.last),
        description="Lines: all calls, completed and failed ones over time, as in the table.",
    )
    rate = replace(
        counted,
        title="Completed of all calls over time",
        value_title="Completed of all (percent)",
        series=[Series("Completed of all", 1 + len(_COUNTS), COLOURS["completed"])],
        description="Line: the share of calls that were completed over time, as in the table.",
        number_format="0%",
        largest=1,
    )
    lines(book, place, counted, place.head + 1, len(columns) + 1, every_day=day)
    lines(book, place, rate, place.head + 19, len(columns) + 1, every_day=day)


def _axis_title(of: Timeline) -> str:
    return f"{of.every.capitalize()} ({of.timezone})"


def _moment_row(moment: Moment, currencies: list[str | None]) -> list[Any]:
    costs = {cost.currency: cost.total for cost in moment.costs}
    return [
        # As clocks in the time zone showed it.
        moment.start.replace(tzinfo=None),
        *(getattr(moment, name) for name in _COUNTS),
        moment.completion_rate,
        *(costs.get(currency) for currency in currencies),
    ]
