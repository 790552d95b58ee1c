"""The sections of a report that are figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from batchlake.models.analytics import Analytics, Group, Moment
from batchlake.reports.comparison import Difference, SelectionComparison
from batchlake.reports.figures import Figure, figures
from batchlake.reports.markdown.syntax import escaped, numbers, paragraph, section, table, texts
from batchlake.reports.model import Bin, Distribution, Report
from batchlake.reports.wording import NO_CURRENCY, over, shown


def headlines(report: Report) -> Iterator[str]:
    """The figures that come first."""
    yield from section("At a glance")
    yield from table(
        [*texts("Figure"), *numbers("Value", "Of", "Calls without")],
        (
            [
                one.title,
                shown(one.value, one.unit, one.currency),
                over(one.numerator, one.denominator),
                one.missing,
            ]
            for one in report.headlines
        ),
    )


def comparison(of: SelectionComparison) -> Iterator[str]:
    """Two selections side by side, in numbers and in words."""
    yield from section("Comparison")
    yield from paragraph(f"This: {escaped(of.this)}  ")
    yield f"Other: {escaped(of.other)}"
    yield from table(
        [*texts("Figure"), *numbers("This", "Other"), *texts("In words")],
        map(_difference_row, of.differences),
    )
    yield from paragraph(escaped(" ".join(of.notes)))


def _difference_row(of: Difference) -> list[str]:
    sides = [
        f"{shown(side.value, of.unit, of.currency)}"
        + (f" ({over(side.numerator, side.denominator)})" if side.numerator is not None else "")
        for side in (of.this, of.other)
    ]
    return [of.title, *sides, of.sentence.removeprefix(f"{of.title}: ")]


def all_figures(of: Analytics) -> Iterator[str]:
    """Every figure, a table for each section."""
    for name, found in groupby(figures(of), key=lambda figure: figure.section):
        yield from section(name)
        yield from table(
            [*texts("Figure"), *numbers("Value", "Of", "Calls without")],
            map(_figure_row, found),
        )


def _figure_row(of: Figure) -> list[Any]:
    return [of.title, shown(of.value, of.unit, of.currency), over(of.numerator, of.denominator), of.missing]


def distributions(report: Report) -> Iterator[str]:
    """How durations and costs spread."""
    for of in (report.durations, *report.costs):
        if of.bins:
            named = "durations" if of.unit == "seconds" else f"costs, {of.currency or NO_CURRENCY}"
            yield from section(f"Distribution of {named}")
            yield from table([*numbers("From", "Below", "Calls")], (_bin_row(one, of) for one in of.bins))


def _bin_row(one: Bin, of: Distribution) -> list[Any]:
    ends = (shown(end, of.unit, of.currency) if end is not None else "" for end in (one.lower, one.upper))
    return [*ends, one.calls]


def responses(of: Analytics) -> Iterator[str]:
    """What people answered most."""
    yield from section("Common responses")
    if not of.common_responses:
        yield from paragraph("No response is held: no transcript has come with the calls.")
        return
    yield from table(
        [*texts("Response"), *numbers("Utterances", "Calls", "Share")],
        ([one.text, one.count, one.calls, shown(one.share, "ratio")] for one in of.common_responses),
    )


def timeline(of: Analytics) -> Iterator[str]:
    """Calls, completion and cost by hour or day."""
    times = of.timeline
    currencies = [block.currency for block in of.cost.currencies]
    yield from section(f"Calls over time, by {times.every}")
    if not times.moments:
        yield from paragraph("No call has a time.")
        return
    yield from table(
        [
            *texts(f"{times.every.capitalize()} ({times.timezone})"),
            *numbers("Calls", "Completed", "Failed", "In progress", "Unknown"),
            *numbers("Completed of all"),
            *numbers(*(f"Cost, {currency or NO_CURRENCY}" for currency in currencies)),
        ],
        (_moment_row(moment, currencies, day=times.every == "day") for moment in times.moments),
    )


def _moment_row(of: Moment, currencies: Sequence[str | None], *, day: bool) -> list[Any]:
    costs = {cost.currency: cost.total for cost in of.costs}
    return [
        # Hours with their offset: one of them comes twice where clocks are turned back.
        of.start.date() if day else of.start.isoformat(sep=" ", timespec="minutes"),
        *(of.total_calls, of.completed, of.failed, of.in_progress, of.unknown),
        shown(of.completion_rate, "ratio"),
        *(shown(costs.get(currency), "money", currency) for currency in currencies),
    ]


def groups(of: Analytics) -> Iterator[str]:
    """The main figures of each group."""
    yield from section(f"By {', '.join(of.by)}")
    yield from table(
        [
            *texts(*of.by),
            *numbers("Calls", "Completed", "Failed", "Completed of all"),
            *numbers("Mean duration", "Cost"),
        ],
        (_group_row(group, of.by) for group in of.groups),
    )


def _group_row(of: Group, by: Sequence[str]) -> list[Any]:
    counted = of.statistics
    return [
        *("unknown" if of.keys[name] is None else of.keys[name] for name in by),
        *(counted.total_calls, counted.completed, counted.failed),
        shown(of.rates.completed_of_total.rate, "ratio"),
        shown(of.duration.mean, "seconds"),
        ", ".join(shown(block.total, "money", block.currency) for block in of.cost.currencies)
        or shown(None, "money"),
    ]
