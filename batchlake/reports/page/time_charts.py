"""The charts with time along their side, and the chart of differences with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from batchlake.models.analytics import Timeline
from batchlake.models.audits import Progress
from batchlake.reports.comparison import Difference
from batchlake.reports.page.charts import Chart, legend, room, whole_numbers
from batchlake.reports.page.svg import COLOURS
from batchlake.reports.page.wording import Clock, share

_OUTCOMES: Final = ("completed", "failed", "in_progress", "unknown")
_MOST_STEPS: Final = 100
_MOST_OBSERVATIONS: Final = 200


@dataclass(frozen=True, slots=True)
class _Step:
    """Calls of one hour, day, week or month: when it begins and ends on the wall, and counts by outcome."""

    start: datetime
    end: datetime
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def calls_over_time(of: Timeline, clock: Clock) -> Chart:
    """Calls by outcome over time, in steps as long as there is room for."""
    every, steps = _steps(of, clock)
    shown = [outcome for outcome in _OUTCOMES if any(step.counts[outcome] for step in steps)]
    values = []
    for step in steps:
        below = 0
        for outcome in shown:
            if step.counts[outcome]:
                values.append(
                    {
                        **_edges(step),
                        "from": below,
                        "to": below + step.counts[outcome],
                        "outcome": outcome.replace("_", " "),
                    }
                )
            below += step.counts[outcome]
    return Chart(
        caption=f"Calls by {every} ({clock.timezone})",
        words=f"Stacked bar chart of calls by {every} and outcome; {_busiest(steps, every, clock)}.",
        spec={
            "height": 230,
            "data": {"values": values},
            "mark": "rect",
            "encoding": {
                **_time_axis(every, steps, clock),
                "y": {
                    "field": "to",
                    "type": "quantitative",
                    "title": "Calls",
                    "axis": whole_numbers(max(step.total for step in steps)),
                },
                "y2": {"field": "from"},
                "color": legend(
                    "outcome", {outcome.replace("_", " "): COLOURS[outcome] for outcome in shown}
                ),
            },
        },
    )


def completion_over_time(of: Timeline, clock: Clock) -> Chart:
    """The share of calls that were completed over time, larger points where there were more calls."""
    every, steps = _steps(of, clock)
    rates = [100 * step.counts["completed"] / step.total for step in steps]
    values = [
        {
            "at": _wall(step.start + (step.end - step.start) / 2),
            "rate": rate,
            "calls": step.total,
        }
        for step, rate in zip(steps, rates, strict=True)
    ]
    x = {**_time_axis(every, steps, clock)["x"], "field": "at"}
    y = {
        "field": "rate",
        "type": "quantitative",
        "title": "Completed of all calls (%)",
        "scale": {"domain": [0, 100]},
        "axis": {"tickCount": 5},
    }
    return Chart(
        caption=f"Completion by {every} ({clock.timezone})",
        words=f"Line chart of the completion rate by {every}, from {min(rates):.0f} to {max(rates):.0f} %.",
        spec={
            "height": 230,
            "data": {"values": values},
            "encoding": {"x": x, "y": y},
            "layer": [
                {"mark": {"type": "line", "color": COLOURS["completed"], "strokeWidth": 1.5}},
                {
                    "mark": {"type": "circle", "color": COLOURS["completed"]},
                    "encoding": {
                        "size": {
                            "field": "calls",
                            "type": "quantitative",
                            "legend": None,
                            "scale": {"range": [20, 160], "zero": True},
                        }
                    },
                },
            ],
        },
    )


def progress_over_time(of: Progress, clock: Clock) -> Chart:
    """Calls done as each export saw them, under the batch's size."""
    history = of.history
    every = max(1, -(-len(history) // _MOST_OBSERVATIONS))
    seen = [*history[:-1:every], history[-1]]
    values = [
        {"at": _wall(clock.local(one.observed_at)), "calls": getattr(one, name), "kind": name}
        for name in ("done", "total")
        for one in seen
    ]
    span = seen[-1].observed_at - seen[0].observed_at
    colours = {"done": COLOURS["completed"], "total": COLOURS["neutral"]}
    return Chart(
        caption=f"Calls done of all, as observed ({clock.timezone})",
        words=f"Line chart of calls done, from {seen[0].done:,} of {seen[0].total:,} "
        f"to {seen[-1].done:,} of {seen[-1].total:,}.",
        spec={
            "height": 210,
            "data": {"values": values},
            "mark": {"type": "line", "interpolate": "step-after", "point": {"size": 28}, "strokeWidth": 2},
            "encoding": {
                "x": {
                    "field": "at",
                    "type": "temporal",
                    "scale": {"type": "utc"},
                    "title": f"Time ({clock.timezone})",
                    "axis": {"tickCount": 4, "format": _format(span)},
                },
                "y": {
                    "field": "calls",
                    "type": "quantitative",
                    "title": "Calls",
                    "scale": {"domainMin": 0},
                    "axis": whole_numbers(max(one.total for one in seen)),
                },
                "color": legend("kind", colours),
            },
        },
    )


def differences(of: Sequence[Difference]) -> Chart:
    """The differences of rates with their intervals; what crosses the line in the middle can be chance."""
    rows = [one for one in of if one.unit == "ratio" and one.interval is not None]
    values = [
        {
            "figure": one.title,
            "points": 100 * float(one.difference or 0),
            "lower": 100 * one.interval.lower,
            "upper": 100 * one.interval.upper,
        }
        for one in rows
        if one.interval is not None
    ]
    names = room((one.title for one in rows), 170)
    y = {
        "field": "figure",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"domain": False, "ticks": False, "labelColor": COLOURS["ink"], **names},
    }
    x = {
        "type": "quantitative",
        "title": "Difference (percentage points), 95 % interval",
        "axis": {"grid": True, "tickCount": 5, "labelFlush": False},
    }
    said = " ".join(one.sentence for one in rows)
    return Chart(
        caption="Differences of rates, this selection less the other",
        words=f"Differences in percentage points with 95 % intervals. {said}",
        spec={
            "height": 38 * max(len(values), 1) + 40,
            "data": {"values": values},
            "encoding": {"y": y},
            "layer": [
                {
                    "data": {"values": [{}]},
                    "mark": {"type": "rule", "color": COLOURS["ink"]},
                    "encoding": {"x": {"datum": 0, "type": "quantitative"}, "y": None},
                },
                {
                    "mark": {"type": "rule", "color": COLOURS["accent"], "strokeWidth": 2.5},
                    "encoding": {"x": {**x, "field": "lower"}, "x2": {"field": "upper"}},
                },
                {
                    "mark": {"type": "circle", "color": COLOURS["accent"], "size": 90, "opacity": 1},
                    "encoding": {"x": {**x, "field": "points"}},
                },
            ],
        },
    )


def _steps(of: Timeline, clock: Clock) -> tuple[str, list[_Step]]:
    """The timeline in the shortest steps of which the whole of it takes no more than there is room for."""
    kinds = ("hour", "day", "week", "month")
    first, last = (clock.local(of.moments[place].start).replace(tzinfo=None) for place in (0, -1))
    lengths = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
    for kind in kinds[kinds.index(of.every) :]:
        if kind == "month" or (last - first) / lengths[kind] <= _MOST_STEPS:
            break
    steps = []
    for start, same in groupby(of.moments, lambda moment: _beginning(clock.local(moment.start), kind)):
        together = list(same)
        counts = {outcome: sum(getattr(one, outcome) for one in together) for outcome in _OUTCOMES}
        end = start + lengths[kind] if kind != "month" else (start + timedelta(days=32)).replace(day=1)
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


def _edges(step: _Step) -> dict[str, str]:
    gap = (step.end - step.start) / 20
    return {"start": _wall(step.start + gap), "end": _wall(step.end - gap)}


def _time_axis(every: str, steps: Sequence[_Step], clock: Clock) -> dict[str, Any]:
    formats = {"hour": "%-d %b %H:%M", "day": "%-d %b", "week": "%-d %b", "month": "%b %Y"}
    years = dict.fromkeys(f"{step.start.year}" for step in (steps[0], steps[-1]))
    return {
        "x": {
            "field": "start",
            "type": "temporal",
            "scale": {"type": "utc"},
            "title": f"{every.capitalize()}, {' to '.join(years)} ({clock.timezone})",
            "axis": {
                "tickCount": 4,
                "format": formats[every],
                "labelOverlap": "greedy",
                "labelSeparation": 24,
            },
        },
        "x2": {"field": "end"},
    }


def _format(span: timedelta) -> str:
    return "%H:%M" if span < timedelta(days=1) else "%-d %b %H:%M" if span < timedelta(days=5) else "%-d %b"


def _wall(there: datetime) -> str:
    """A time on the wall as Vega reads it: in UTC, so that the machine's own zone doesn't matter."""
    return f"{there.replace(tzinfo=None).isoformat()}Z"


def _busiest(steps: Sequence[_Step], every: str, clock: Clock) -> str:
    most = max(steps, key=lambda step: step.total)
    rate = share(most.counts["completed"] / most.total)
    when = f"{most.start:%-d %b %Y %H:%M}" if every == "hour" else f"{most.start:%-d %b %Y}"
    return f"most in the {every} from {when}: {most.total:,}, of which {rate} completed"
