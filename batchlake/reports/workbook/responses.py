"""The sheet of what people answered."""

from __future__ import annotations

from typing import Final

from batchlake.models.analytics import Analytics
from batchlake.output.sheets import Book
from batchlake.reports.workbook.charts import Chart, Series, bars
from batchlake.reports.workbook.tables import Column, table_sheet, unit_format, write_table
from batchlake.text.terminal import cut

_CHARTED: Final = 20
"""Responses in the chart."""

_LABEL_WIDTH: Final = 40


def responses(book: Book, of: Analytics) -> None:
    """The common responses, and under them what all of them mean."""
    columns = [
        Column("Response", 60),
        Column("Utterances", 12, unit_format("calls")),
        Column("Calls", 12, unit_format("calls")),
        Column("Share of all utterances", 14, unit_format("ratio")),
        Column("Label in the chart", 12),
    ]
    said = of.common_responses
    place = table_sheet(
        book,
        "Responses",
        columns,
        ([one.text, one.count, one.calls, one.share, cut(one.text, _LABEL_WIDTH)] for one in said),
        () if said else ("No response is held: no transcript has come with the calls.",),
    )
    place.sheet.worksheet.set_column(4, 4, None, None, {"hidden": True})
    patterns = of.response_patterns
    meanings = write_table(
        place.sheet,
        place.last + 2,
        [
            Column("What utterances mean, by word patterns", 60),
            Column("Utterances", 12, unit_format("calls")),
            Column("Calls that begin so", 12, unit_format("calls")),
            Column("Share of all utterances", 14, unit_format("ratio")),
        ],
        (
            [name, count.count, patterns.first_utterances.patterns[name].count, count.share]
            for name, count in patterns.utterances.patterns.items()
        ),
    )
    if not said:
        return
    shown = min(len(said), _CHARTED)
    commonest = Chart(
        title="Most common responses",
        categories=4,
        category_title="Response",
        value_title="Utterances",
        series=[Series("Utterances", 1)],
        rows=(place.head + 1, place.head + shown),
        description=f"Bars: how often each of the {shown} most common responses was said, as in the table.",
    )
    height = 120 + 22 * shown
    bars(book, place, commonest, place.head + 1, 6, height=height)
    meaning = Chart(
        title="What responses mean",
        categories=0,
        category_title="Word pattern",
        value_title="Utterances",
        series=[Series("Utterances", 1)],
        rows=(meanings.head + 1, meanings.last),
        description="Bars: utterances of each word pattern, as in the table.",
    )
    bars(book, place, meaning, place.head + height // 20 + 3, 6)
