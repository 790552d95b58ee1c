"""What every metric means, read from the headers of the files of `sql/analytics` that compute it.

What the word patterns mean is read from `patterns.toml`.

A line of a header's outputs that defines a metric is `name (unit): definition`, with ` = numerator /
denominator` behind it where the metric is a ratio or a mean. Lines without a unit name the columns that
identify a row.
"""

from __future__ import annotations

import re
from typing import Final

from batchlake.analytics.patterns import DEFAULT_FILE, OTHER, default_patterns
from batchlake.engine import sql_files
from batchlake.models.audits import MetricDefinition

_METRIC: Final = re.compile(
    r"(?P<name>\w+) \((?P<unit>[^)]+)\): (?P<definition>.+?)"
    r"(?: = (?P<numerator>[^/=]+) / (?P<denominator>[^/=]+))?"
)


def definitions() -> list[MetricDefinition]:
    """Every metric in the order of its file."""
    return [
        MetricDefinition(**match.groupdict(), file=f"sql/{name}.sql")
        for name in sql_files.names("analytics")
        for output in sql_files.load(name).outputs
        if (match := _METRIC.fullmatch(output))
    ]


def pattern_definitions() -> list[MetricDefinition]:
    """Every pattern of batchlake's own file in the order of its rules, `other` last."""
    patterns = default_patterns()
    meanings = {rule.pattern: rule.meaning for rule in reversed(patterns.rules) if rule.meaning}
    return [
        MetricDefinition(
            name=f"response_patterns.{name}",
            definition=_NO_RULE if name == OTHER else f"{meanings[name]}: {_places(name)}",
            numerator="utterances of the pattern",
            denominator="human utterances",
            unit="utterances",
            file=f"batchlake/analytics/{DEFAULT_FILE.name}",
        )
        for name in patterns.names
    ]


_NO_RULE: Final = "what no rule finds, among them words that only acknowledge or thank (ok, right, thank you)"


def _places(name: str) -> str:
    """`rules 3 and 6 of 6; the first that finds its words decides`."""
    rules = default_patterns().rules
    places = [str(place) for place, rule in enumerate(rules, 1) if rule.pattern == name]
    named = f"rule{'s' if len(places) > 1 else ''} {' and '.join(places)}"
    return f"{named} of {len(rules)}; the first that finds its words decides"
