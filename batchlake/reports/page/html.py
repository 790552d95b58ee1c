"""A report written as one HTML file (extra `report`): all in it, nothing to fetch, nothing that runs.

Input: a `Report`. Output: text. The page needs no script and may run none: its Content-Security-Policy allows
its own style sheet, by its digest, and pictures within the file.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from batchlake.models.audits import MetricDefinition
from batchlake.models.comparison import SelectionComparison
from batchlake.reports import wording
from batchlake.reports.cells import Amount, Column, Table, decimals_of
from batchlake.reports.model import Report
from batchlake.reports.page import charts
from batchlake.reports.tables import tables
from batchlake.text.values import money_text

if TYPE_CHECKING:
    import jinja2

_TEMPLATES: Final = Path(__file__).parent / "templates"

_MOST: Final = {"timeline": 60, "groups": 40, "progress": 12, "audit": 40, "figures": 40}
"""How many rows of each kind of table the page holds, so that it stays a page."""

# Where the figures come from; other files have other metrics of the same names.
_FILES: Final = tuple(
    f"sql/analytics/{name}.sql" for name in ("counts", "duration", "sentiment", "cost", "engagement")
)


def html(report: Report, *, classes: bool = True) -> str:
    """The page.

    Args:
        report: what it shows.
        classes: colours of charts as CSS classes; without, as they are, for paper.
    """
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    by_kind: dict[str, list[Table]] = defaultdict(list)
    for table in tables(report):
        compared = report.comparison if table.kind == "comparison" else None
        by_kind[table.kind].append(_side_by_side(compared, table) if compared else table)
    clock = wording.ReportClock(report.provenance.timezone)
    environment = _environment(classes)
    environment.globals |= {
        "by_words": " and ".join(name.replace("_", " ") for name in report.analytics.by),
        "charts": charts.charts(report, by_kind, clock),
        "clock": clock,
        "defined": _defined(report.definitions, by_kind["figures"]),
        "figures": {table.title: table for table in by_kind["figures"]},
        "report": report,
        "tables": by_kind,
    }
    return environment.get_template("report.jinja").render(
        style=style,
        style_hash=f"sha256-{digest}",
    )


def _environment(classes: bool) -> jinja2.Environment:
    import jinja2

    from batchlake.reports.page.svg import draw

    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "unit_for": wording.unit_for,
        "decimals": decimals_of,
        "drawn": lambda chart: draw(chart.spec, chart.words, classes=classes),
        "exact": lambda value: money_text(value) if isinstance(value, Decimal) else repr(value),
        "on_page": _on_page,
        "plain": lambda name: name.replace("_", " "),
        "sentence": wording.sentence,
        "stamp": lambda moment: moment.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "worded": wording.amount_text,
    }
    environment.tests |= {"amount": lambda cell: isinstance(cell, Amount),
                          "moment": lambda cell: isinstance(cell, datetime)}  # fmt: skip
    return environment


def _side_by_side(of: SelectionComparison, table: Table) -> Table:
    """The comparison of what either selection has a value of, with the reasons why anything is lacking."""
    rows = [
        [row[0], wording.sentence(one.reason) if one.reason else None, *row[1:]]
        for one, row in zip(of.differences, table.rows, strict=True)
        if one.this.value is not None or one.other.value is not None
    ]
    reason = Column("Reason", "prose", page="below")
    return replace(table, columns=[table.columns[0], reason, *table.columns[1:]], rows=rows)


def _on_page(table: Table) -> dict[str, Any]:
    """A table as the page shows it: heads, and rows of cells, each with what stands below it."""
    shown = table.filled()
    columns = shown.columns
    most = _MOST.get(table.kind, len(shown.rows))
    # Of a history the end is shown, of all else the beginning.
    listed = shown.rows[-most:] if table.kind == "progress" else shown.rows[:most]
    rows = []
    for row in listed:
        cells: list[dict[str, Any]] = []
        for column, cell in zip(columns, row, strict=True):
            if column.page == "column":
                cells.append({"column": column, "value": cell, "below": []})
            elif column.page == "below" and cell not in (None, ""):
                cells[-1]["below"].append((column, cell))
        metric = next(
            (cell for column, cell in zip(columns, row, strict=True) if column.unit == "metric"), None
        )
        rows.append({"metric": metric, "cells": cells})
    heads = [column for column in columns if column.page == "column"]
    return {"heads": heads, "rows": rows, "left_out": len(shown.rows) - len(listed)}


def _defined(definitions: list[MetricDefinition], of: list[Table]) -> dict[str, MetricDefinition]:
    """The metrics that the page shows, by name."""
    shown = {metric for table in of for metric in table.column("Definition")}
    of_files = [one for file in _FILES for one in definitions if one.file == file]
    return {one.name: one for one in reversed(of_files) if one.name in shown}
