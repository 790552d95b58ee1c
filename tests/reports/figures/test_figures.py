"""The figures of a report are the numbers of its analytics document, all of them and no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from batchlake.analytics.definitions import definitions
from batchlake.lake import Lake
from batchlake.reports.figures.figure import figures
from tests.reports.documents import analytics

# Tables already, or said a second time by another path of the document.
ELSEWHERE = ("common_responses", "timeline.moments", "groups", "success_rate")
REPEATED = (
    "cost.total",
    "engagement.human_words_per_turn.calls",  # the calls but for those missing
    "statistics.average_duration",
    "statistics.calls_without_cost",
    "statistics.calls_without_duration",
    "statistics.total_cost",
)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a document with its path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not items:
        yield path, value
    for key, inner in items:
        yield from leaves(inner, f"{path}.{key}".lstrip("."))


def test_every_figure_is_a_number_of_the_document(lake: Lake) -> None:
    """Found at its path; and every number at a path is a figure, or stands beside one."""
    document = lake.analytics()
    numbers = dict(leaves(document.model_dump()))
    found = figures(document)
    for figure in found:
        assert figure.value == numbers[figure.figure], figure.figure
        assert type(figure.value) is type(numbers[figure.figure])
    told = {figure.figure for figure in found} | set(REPEATED)
    beside = {
        (figure.figure.rpartition(".")[0], value)
        for figure in found
        for value in (figure.numerator, figure.denominator, figure.missing)
    }
    for path, value in numbers.items():
        if path.startswith(ELSEWHERE) or isinstance(value, str | list | dict) or path in told:
            continue
        block, _, name = path.rpartition(".")
        if name in ("currency", "lower", "upper", "reported", "measured"):
            continue
        assert any(
            value == number
            and (block == parent or parent.startswith(f"{block}.") or block.startswith(parent))
            for parent, number in beside
        ), path


def test_what_a_value_is_over_stands_beside_it(lake: Lake) -> None:
    """A ratio is its numerator over its denominator, and a value without calls is None."""
    document = lake.analytics()
    for figure in figures(document):
        if figure.numerator is not None and figure.unit == "ratio":
            assert figure.denominator is not None
            share = figure.numerator / figure.denominator if figure.denominator else None
            assert figure.value == share
        if figure.denominator == 0:
            assert figure.value is None


def test_metrics_have_a_definition(lake: Lake) -> None:
    """A figure's metric is one of those defined, in the unit that it has there."""
    units = {definition.name: definition.unit for definition in definitions()}
    for figure in figures(lake.analytics()):
        if figure.definition:
            unit = units[figure.definition]
            assert figure.unit == unit or (figure.unit, unit) == ("ratio", "0 to 1"), figure.title


def test_no_calls_have_figures_too() -> None:
    """Counts of 0, and None for the rest."""
    for figure in figures(analytics()):
        assert figure.value == (0 if figure.unit == "calls" else None)
