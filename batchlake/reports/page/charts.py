"""The charts of a page: `templates/charts.json`, filled with the numbers of the tables that stand with them.

Input: parts of a report and their tables. Output: `Chart`s; what they show in words is read off the tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from batchlake.models.audits import Progress
from batchlake.models.blocks import Engagement, Timeline
from batchlake.models.comparison import Difference
from batchlake.reports.cells import Table, cell_text
from batchlake.reports.model import Distribution, Report
from batchlake.reports.page.svg import filled
from batchlake.reports.tables import distribution_table
from batchlake.reports.wording import COLOURS, NO_CURRENCY, ReportClock, amount_text
from batchlake.text.looks import PRICE
from batchlake.text.statuses import OUTCOME_BY_STATUS

_LONGEST_LABEL: Final = 28
_MOST_WORDS: Final = 12
_MOST_STEPS: Final = 100
_MOST_OBSERVATIONS: Final = 200
_FEWEST_IN_A_HISTOGRAM: Final = 3
_OUTCOMES: Final = ("completed", "failed", "in_progress", "unknown")
_LENGTHS: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
_FORMATS: Final = {"hour": "%-d %b %H:%M", "day": "%-d %b", "week": "%-d %b", "month": "%b %Y"}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its caption, what it shows in words, its specification (Vega-Lite), and the table it shows."""

    caption: str
    words: str
    spec: dict[str, Any]
    table: Table | None = None


def charts(of: Report, tables: Mapping[str, list[Table]], clock: ReportClock) -> dict[str, Any]:
    """The charts that have something to draw (None for the others), by their names in the templates."""
    analytics, sections = of.analytics, {table.title: table for table in tables["figures"]}
    times = analytics.timeline if len(analytics.timeline.moments) > 1 else None
    rates = (
        [one for one in of.comparison.differences if one.unit == "ratio" and one.interval]
        if of.comparison
        else []
    )
    return {
        "differences": differences(rates) if rates else None,
        "statuses": statuses(sections["Calls"]) if analytics.statistics.by_status else None,
        "calls": calls_over_time(times, clock) if times else None,
        "completion": completion_over_time(times, clock) if times else None,
        "durations": _spread(of.durations),
        "costs": [_spread(one) for one in of.costs],
        "mainly": mainly(sections["Sentiment"]) if analytics.average_sentiment.calls else None,
        "responses": responses(tables["responses"][0]) if analytics.common_responses else None,
        "patterns": patterns(sections["Responses"], sections["First responses"])
        if "Responses" in sections
        else None,
        "scores": scores(analytics.engagement, sections["Engagement"])
        if analytics.engagement.score.calls
        else None,
        "progress": [
            progress_over_time(one, table, clock) if len(one.history) > 1 else None
            for one, table in zip(of.progress, tables["progress"], strict=True)
        ],
    }


def statuses(table: Table) -> Chart:
    """Calls by status, painted by the outcome that each belongs to."""
    found = _of_metrics(table, "by_status")
    rows = sorted(
        ([row[0].removeprefix("Status "), *row[1:]] for row in found.rows), key=lambda row: -row[1].value
    )
    found = replace(found, rows=rows)
    colours = [COLOURS[OUTCOME_BY_STATUS[name.replace(" ", "_")]] for name in found.column("Figure")]
    words = _words("Bar chart of calls by status", found, "Value")
    return Chart("Calls by status", words, _bars(found, found.column("Value"), colours, "Calls"))


def mainly(table: Table) -> Chart:
    """Calls by their highest sentiment score."""
    names = ("positive", "neutral", "negative", "undecided")
    found = _of_metrics(table, *(f"mainly_{name}_share" for name in names))
    found = replace(found, rows=[[name, *row[1:]] for name, row in zip(names, found.rows, strict=True)])
    colours = [COLOURS.get(name, COLOURS["unknown"]) for name in names]
    words = _words("Bar chart of calls by sentiment", found, "Value")
    calls = [over.numerator for over in found.column("Of")]
    return Chart("Calls by their highest sentiment score", words, _bars(found, calls, colours, "Calls"))


def responses(table: Table) -> Chart:
    """The most common responses."""
    counts = table.column("Utterances")
    words = _words("Bar chart of the most common responses", table, "Utterances")
    spec = _bars(table, counts, [COLOURS["accent"]] * len(counts), "Utterances", room=225)
    return Chart("How often people said it", words, spec)


def patterns(every: Table, first: Table) -> Chart:
    """What utterances mean: all of them, and the first of each call."""
    kinds = {"all utterances": every, "first of a call": first}
    values = [
        {"name": row[0].lower(), "kind": kind, "share": (row[1].value or 0) * 100}
        for kind, table in kinds.items()
        for row in table.rows
    ]
    names = every.column("Figure")
    spec = filled(
        "pairs", values=values, height=44 * max(len(names), 1), kinds=list(kinds), **_room(names, 130)
    )
    words = "; ".join(_words(f"Bar chart, {kind}", table, "Value") for kind, table in kinds.items())
    return Chart("What responses mean, by word patterns", words, spec)


def scores(of: Engagement, table: Table) -> Chart:
    """Calls by fifth of the engagement score."""
    bins = [(band.lower, band.upper, band.calls) for band in of.score.distribution]
    marks = [] if of.score.mean is None else [(of.score.mean, f"mean {of.score.mean:.2f}", False)]
    axis = {"tickCount": 5, "format": ".1f"}
    spec = _histogram(bins, "Engagement score (0 to 1)", axis, marks)
    words = _words("Histogram of engagement scores", _of_metrics(table, "score_bands"), "Value")
    return Chart("Calls by engagement score", words, spec)


def _spread(of: Distribution) -> Chart | None:
    return spread(of) if of.calls >= _FEWEST_IN_A_HISTOGRAM else None


def spread(of: Distribution) -> Chart:
    """The histogram of durations or costs, with median and 95th percentile."""
    table, currency = distribution_table(of), of.currency or NO_CURRENCY
    title, axis, scale = f"Costs, {currency}", f"Cost ({currency})", 1
    if of.unit == "seconds":
        highest = float(of.bins[-1].lower or 0)
        unit, scale = ("seconds", 1) if highest <= 240 else ("minutes", 60)
        if highest > 4 * 3600:
            unit, scale = "hours", 3600
        title, axis = "Durations", f"Duration ({unit})"
    edges = ((one.lower, one.upper) for one in of.bins)
    width = next((float(up) - float(low) for low, up in edges if low is not None and up is not None), 1.0)
    bins = []
    for one in of.bins:
        lower = float(one.lower) if one.lower is not None else float(one.upper or 0) - width
        upper = float(one.upper) if one.upper is not None else lower + width
        bins.append((lower / scale, upper / scale, one.calls))
    title += "; the first bar is open to the left" if of.bins[0].lower is None else ""
    title += "; the last bar is open to the right" if of.bins[-1].upper is None else ""
    marks = [
        (float(value) / scale, f"{name} {amount_text(value, of.unit, of.currency, PRICE)}", name == "p95")
        for name, value in (("median", of.median), ("p95", of.p95))
        if value is not None
    ]
    said = " and ".join(text for _, text, _ in marks)
    words = _words(f"Histogram of {of.calls:,} calls with {said}", table, "Calls")
    return Chart(title, words, _histogram(bins, axis, {"tickCount": 6}, marks), table)


def calls_over_time(of: Timeline, clock: ReportClock) -> Chart:
    """Calls by outcome over time, in steps as long as there is room for."""
    every, steps = _steps(of, clock)
    shown = [outcome for outcome in _OUTCOMES if any(step.counts[outcome] for step in steps)]
    values = []
    for step in steps:
        gap, below = (step.end - step.start) / 20, 0
        for outcome in shown:
            above = below + step.counts[outcome]
            if above > below:
                edges = {"start": _wall(step.start + gap), "end": _wall(step.end - gap)}
                values.append({**edges, "from": below, "to": above, "outcome": outcome.replace("_", " ")})
            below = above
    most = max(steps, key=lambda step: step.total)
    when = f"{most.start:%-d %b %Y %H:%M}" if every == "hour" else f"{most.start:%-d %b %Y}"
    rate = amount_text(most.counts["completed"] / most.total, "ratio")
    return Chart(
        caption=f"Calls by {every} ({clock.timezone})",
        words=f"Stacked bar chart of calls by {every} and outcome; most in the {every} from {when}: "
        f"{most.total:,}, {rate} of them completed.",
        spec=filled(
            "calls",
            values=values,
            outcomes=[outcome.replace("_", " ") for outcome in shown],
            colours=[COLOURS[outcome] for outcome in shown],
            ticks=_ticks(most.total),
            **_time_axis(every, steps, clock),
        ),
    )


def completion_over_time(of: Timeline, clock: ReportClock) -> Chart:
    """The share of calls that were completed over time, larger points where there were more calls."""
    every, steps = _steps(of, clock)
    values = [
        {
            "at": _wall(step.start + (step.end - step.start) / 2),
            "rate": 100 * step.counts["completed"] / step.total,
            "calls": step.total,
        }
        for step in steps
    ]
    rates = [100 * step.counts["completed"] / step.total for step in steps]
    return Chart(
        caption=f"Completion by {every} ({clock.timezone})",
        words=f"Line chart of the completion rate by {every}, from {min(rates):.0f} to {max(rates):.0f} %.",
        spec=filled("completion", values=values, **_time_axis(every, steps, clock)),
    )


def progress_over_time(of: Progress, table: Table, clock: ReportClock) -> Chart:
    """Calls done as each export saw them, under the batch's size."""
    every = max(1, -(-len(of.history) // _MOST_OBSERVATIONS))
    seen = [*of.history[:-1:every], of.history[-1]]
    values = [
        {"at": _wall(clock.local(one.observed_at)), "calls": getattr(one, name), "kind": name}
        for name in ("done", "total")
        for one in seen
    ]
    span = seen[-1].observed_at - seen[0].observed_at
    return Chart(
        caption=f"Calls done of all, as observed ({clock.timezone})",
        words=_words("Line chart of calls done", table, "Done", clock),
        spec=filled(
            "progress",
            values=values,
            title=f"Time ({clock.timezone})",
            format="%H:%M"
            if span < timedelta(days=1)
            else _FORMATS["hour" if span < timedelta(days=5) else "day"],
            ticks=_ticks(max(one.total for one in seen)),
        ),
    )


def differences(of: Sequence[Difference]) -> Chart:
    """The differences of rates with their intervals; what crosses the line in the middle can be chance."""
    values = [
        {
            "figure": one.title,
            "points": 100 * float(one.difference or 0),
            "lower": 100 * one.interval.lower,
            "upper": 100 * one.interval.upper,
        }
        for one in of
        if one.interval is not None
    ]
    room = _room([one.title for one in of], 170)
    return Chart(
        caption="Differences of rates, this selection less the other",
        words=f"Differences with 95 % intervals. {' '.join(one.sentence for one in of)}",
        spec=filled("differences", values=values, height=38 * max(len(values), 1) + 40, **room),
    )


def _words(kind: str, table: Table, title: str, clock: ReportClock | None = None) -> str:
    """What a table says in one of its columns, row by row as far as one cares to listen."""
    clock, place = clock or ReportClock("UTC"), [column.title for column in table.columns].index(title)
    said = []
    for row in table.rows[:_MOST_WORDS]:
        cells = [cell_text(cell, column, clock) for cell, column in zip(row, table.columns, strict=True)]
        label = _short(cells[0])
        if table.columns[1].unit == "edge":
            label = f"{cells[0]} to {cells[1]}" if cells[0] and cells[1] else cells[0] or f"below {cells[1]}"
            label += "" if cells[1] else " and more"
        said.append(f"{label}: {cells[place]}")
    more = len(table.rows) - len(said)
    return f"{kind}. {', '.join(said)}{f'; {more:,} more are in the table' if more else ''}."


def _of_metrics(table: Table, *metrics: str) -> Table:
    """The rows of a table of figures that are of these metrics."""
    return replace(table, rows=[row for row in table.rows if row[-1] in metrics])


def _bars(table: Table, counts: Sequence[Any], colours: Sequence[str], unit: str, room: int = 130) -> Any:
    """Horizontal bars in the order of the rows, each named by its row."""
    names = [_short(str(row[0])) for row in table.rows]
    values: list[dict[str, Any]] = [
        {"row": row, "value": float(count), "text": amount_text(count, "calls"), "colour": colour}
        for row, (count, colour) in enumerate(zip(counts, colours, strict=True))
    ]
    most = max([1.0, *(value["value"] for value in values)])
    return filled(
        "bars",
        values=values,
        # A Vega expression from a row to its name: rows may have equal names.
        names=f"{json.dumps(dict(enumerate(names)))}[datum.value]",
        unit=unit,
        height=30 * max(len(values), 1) + 40,
        ticks=_ticks(most),
        end=most * 1.1,
        **_room(names, room),
    )


def _histogram(
    bins: Sequence[tuple[float, float, int]],
    title: str,
    axis: dict[str, Any],
    marks: Iterable[tuple[float, str, bool]],
) -> dict[str, Any]:
    """Bars from lower to upper, and lines at values: where, what it says, and whether dashed."""
    begin = min((lower for lower, _, _ in bins), default=0.0)
    end = max((upper for _, upper, _ in bins), default=1.0)
    most = max((calls for _, _, calls in bins), default=1)
    spec: dict[str, Any] = filled(
        "histogram",
        values=[{"lower": lower, "upper": upper, "calls": calls} for lower, upper, calls in bins],
        title=title,
        axis=axis,
        domain=[begin, end],
        ticks=_ticks(most),
        end=most * 1.22,  # above the bars there is room for words
    )
    for row, (value, text, dashed) in enumerate(marks):
        left = value > begin + (end - begin) * 0.62
        align, away = ("right", -5) if left else ("left", 5)
        dash = [4, 3] if dashed else None
        spec["layer"] += filled(
            "line", value=value, text=text, dash=dash, align=align, dx=away, y=2 + 17 * row
        )
    return spec


@dataclass(frozen=True, slots=True)
class _Step:
    """Calls of one hour, day, week or month: when it begins and ends on the wall, and counts by outcome."""

    start: datetime
    end: datetime
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def _steps(of: Timeline, clock: ReportClock) -> tuple[str, list[_Step]]:
    """The timeline in the shortest steps for which there is room."""
    kinds = (*_LENGTHS, "month")
    first, last = (clock.local(of.moments[place].start).replace(tzinfo=None) for place in (0, -1))
    for kind in kinds[kinds.index(of.every) :]:
        if kind == "month" or (last - first) / _LENGTHS[kind] <= _MOST_STEPS:
            break
    steps = []
    for start, same in groupby(of.moments, lambda moment: _beginning(clock.local(moment.start), kind)):
        together = list(same)
        counts = {outcome: sum(getattr(one, outcome) for one in together) for outcome in _OUTCOMES}
        end = start + _LENGTHS[kind] if kind != "month" else (start + timedelta(days=32)).replace(day=1)
        steps.append(_Step(start, end, counts))
    return kind, steps


def _beginning(there: datetime, kind: str) -> datetime:
    """When the step that a time on the wall falls in begins."""
    there = there.replace(tzinfo=None)
    if kind == "hour":
        return there
    day = there.replace(hour=0, minute=0, second=0, microsecond=0)
    if kind == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if kind == "month" else day


def _time_axis(every: str, steps: Sequence[_Step], clock: ReportClock) -> dict[str, str]:
    years = dict.fromkeys(f"{step.start.year}" for step in (steps[0], steps[-1]))
    return {
        "title": f"{every.capitalize()}, {' to '.join(years)} ({clock.timezone})",
        "format": _FORMATS[every],
    }


def _wall(there: datetime) -> str:
    """A time on the wall as Vega reads it: in UTC, so that the machine's own zone doesn't matter."""
    return f"{there.replace(tzinfo=None).isoformat()}Z"


def _ticks(most: float) -> int:
    """Marks on an axis of counts up to this one: none between two of them."""
    return max(1, min(4, int(most)))


def _room(names: Iterable[str], most: int) -> dict[str, int]:
    """Room for the names at an axis; the page's font may be wider than the one measured by."""
    return {"room": most, "extent": min(most, round(7.8 * max(map(len, names), default=0)) + 8)}


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1].rstrip() + "…"
