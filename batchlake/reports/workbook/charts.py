"""Charts of a spreadsheet's own, over the cells of a table: they change with the cells.

Input: `charts.json`, and where the tables are. Output: the charts, to the right of the tables. Each names its
axes with their units, and has a text for those who can't see it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from batchlake.output.sheets import DATE_FORMAT, Book
from batchlake.reports.cells import Table
from batchlake.reports.wording import COLOURS
from batchlake.reports.workbook.sheets import LABEL, Place

_GRID: Final = {"visible": True, "line": {"color": "#D9D9D9", "width": 0.75}}
_ROW_HEIGHT: Final = 20


def add_charts(book: Book, places: Mapping[str, Place], tables: Mapping[str, Sequence[Table]]) -> None:
    """Every chart that there is something to show in; those of a sheet stand below each other."""
    rows: dict[str, int] = defaultdict(int)
    for spec in json.loads(Path(__file__).with_name("charts.json").read_text(encoding="utf-8")):
        place = places[spec["sheet"]]
        sections = [table.title for table in tables[spec["table"]] for _ in table.rows]
        within = [row for row, section in enumerate(sections) if section == spec.get("section", section)]
        within = within[spec.get("skip", 0) :][: spec.get("most")]
        if place.last == place.head or not within:
            continue
        made = _made(book, spec, places[spec["table"]], within[0], within[-1])
        height = 340 if spec["type"] == "line" else max(280, 120 + 22 * len(within))
        made.set_size({"width": 620, "height": height})
        at = place.head + 1 + rows[spec["sheet"]], len(place.titles) + 1
        place.sheet.worksheet.insert_chart(*at, made, {"description": spec["description"]})
        rows[spec["sheet"]] += height // _ROW_HEIGHT + 2


def _made(book: Book, spec: Mapping[str, Any], of: Place, first: int, last: int) -> Any:
    made = book.workbook.add_chart({"type": spec["type"]})
    # Days keep their distances on an axis; hours have a place each, and a column of labels.
    days = of.titles[-1] != LABEL
    names = of.cells(spec.get("categories", of.titles[0] if days else LABEL), first, last)
    # Markers differ too, for those who can't see the colours.
    for (column, name), shape in zip(spec["series"].items(), ("circle", "square", "triangle"), strict=False):
        colour = {"color": COLOURS[name]}
        series = {"name": column, "categories": names, "values": of.cells(column, first, last)}
        if spec["type"] == "bar":
            points = [{"fill": {"color": COLOURS[one]}} for one in spec.get("points", ())] or None
            series |= {"fill": colour, "points": points, "data_labels": {"value": True}, "gap": 40}
        else:
            marker = {"type": shape, "size": 5, "fill": colour, "border": colour}
            series |= {"line": {**colour, "width": 2}, "marker": marker}
        made.add_series(series)
    category, value = (
        {"name": title or of.titles[0], "name_font": {"size": 10, "bold": False}, "num_font": {"size": 9}}
        for title in spec["axes"]
    )
    value |= {"major_gridlines": _GRID, "min": 0, **spec.get("values", {})}
    if spec["type"] == "bar":
        # The upright axis is turned round: the other one crosses it at its end to stay below.
        made.set_x_axis(value)
        made.set_y_axis({**category, "reverse": True, "crossing": "max"})
    else:
        made.set_x_axis({**category, "date_axis": days, "text_axis": not days, "num_format": DATE_FORMAT})
        made.set_y_axis(value)
    made.set_title({"name": spec["title"], "name_font": {"size": 12}, "overlay": False})
    made.set_legend({"none": True} if len(spec["series"]) == 1 else {"position": "bottom"})
    # The labels may stand in a hidden column.
    made.show_hidden_data()
    return made
