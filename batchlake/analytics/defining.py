"""What every metric means, read from the headers of the files of `sql/analytics` that compute it.

A line of a header's outputs that tells of a metric is `name (unit): definition`, with ` = numerator /
denominator` behind it where the metric is a ratio or a mean. Lines without a unit tell of the columns that
rows are told apart by.
"""

from __future__ import annotations

import re
from typing import Final

from batchlake import sqlfiles
from batchlake.responses import MetricDefinition

_METRIC: Final = re.compile(
    r"(?P<name>\w+) \((?P<unit>[^)]+)\): (?P<definition>.+?)"
    r"(?: = (?P<numerator>[^/=]+) / (?P<denominator>[^/=]+))?"
)


def definitions() -> list[MetricDefinition]:
    """Every metric in the order of its file."""
    return [
        MetricDefinition(**match.groupdict(), file=f"sql/{name}.sql")
        for name in sqlfiles.names("analytics")
        for output in sqlfiles.load(name).outputs
        if (match := _METRIC.fullmatch(output))
    ]


def definitions_table() -> str:
    """The definitions as a Markdown table."""
    lines = ["| metric | unit | definition | numerator / denominator | file |", "|---|---|---|---|---|"]
    lines += [
        f"| `{metric.name}` | {metric.unit} | {metric.definition} | {_ratio(metric)} | `{metric.file}` |"
        for metric in definitions()
    ]
    return "\n".join(lines) + "\n"


def _ratio(metric: MetricDefinition) -> str:
    return f"{metric.numerator} / {metric.denominator}" if metric.numerator else ""
