"""The charts of a report, each described for Vega-Lite, with the words that say what it shows.

In come parts of a report, out go `Chart`s. A chart repeats numbers that stand in a table beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from batchlake.models.analytics import CommonResponse, Engagement, Mainly, ResponsePatterns, Statistics
from batchlake.reports.model import Distribution
from batchlake.reports.page.svg import COLOURS
from batchlake.reports.page.wording import amount_text, duration, share
from batchlake.schema import OUTCOME_BY_STATUS

_HEIGHT: Final = 220
_ROW: Final = 30
_LONGEST_LABEL: Final = 28


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its caption, what it shows in words, and its specification."""

    caption: str
    words: str
    spec: dict[str, Any]


def statuses(of: Statistics) -> Chart:
    """Calls by status, painted by the outcome that each belongs to."""
    bars = [
        (status.replace("_", " "), calls, COLOURS[OUTCOME_BY_STATUS[status]])
        for status, calls in sorted(of.by_status.items(), key=lambda item: -item[1])
    ]
    return Chart(
        caption="Calls by status",
        words=f"Bar chart of calls by status: {_listed((name, str(calls)) for name, calls, _ in bars)}.",
        spec=_bars([(name, float(calls), f"{calls:,}", colour) for name, calls, colour in bars], "calls"),
    )


def mainly(of: Mainly) -> Chart:
    """Calls by their highest sentiment score."""
    colours = {"undecided": COLOURS["unknown"]}
    rows = [(name, getattr(of, name)) for name in Mainly.model_fields]
    bars = [
        (name, float(rate.numerator), f"{rate.numerator:,}", colours.get(name) or COLOURS[name])
        for name, rate in rows
    ]
    return Chart(
        caption="Calls by their highest sentiment score",
        words=f"Bar chart of calls by sentiment: {_listed((name, text) for name, _, text, _ in bars)}.",
        spec=_bars(bars, "calls"),
    )


def responses(of: Sequence[CommonResponse]) -> Chart:
    """The most common responses."""
    bars = [(one.text, float(one.count), f"{one.count:,}", COLOURS["accent"]) for one in of]
    return Chart(
        caption="How often people said it",
        words=f"Bar chart of the {len(of)} most common responses; the table beside it has the same numbers.",
        spec=_bars(bars, "utterances", labels=225),
    )


def patterns(of: ResponsePatterns) -> Chart:
    """What utterances mean: all of them, and the first of each call."""
    kinds = {"all utterances": of.utterances, "first of a call": of.first_utterances}
    values = [
        {"pattern": name, "kind": kind, "share": (count.share or 0) * 100}
        for kind, counts in kinds.items()
        for name, count in counts.patterns.items()
    ]
    names = list(of.utterances.patterns)
    colours = dict(zip(kinds, (COLOURS["accent"], COLOURS["neutral"]), strict=True))
    return Chart(
        caption="What responses mean, by word patterns",
        words="Bar chart of the share of each response pattern among "
        + " and among ".join(
            f"{kind} ({_listed((name, share(count.share or 0)) for name, count in counts.patterns.items())})"
            for kind, counts in kinds.items()
        )
        + ".",
        spec={
            "height": 44 * max(len(names), 1),
            "data": {"values": values},
            "mark": {"type": "bar", "cornerRadiusEnd": 2},
            "encoding": {
                "y": {
                    "field": "pattern",
                    "type": "nominal",
                    "sort": names,
                    "title": None,
                    "axis": {**_NAMES, **room(names, 130)},
                },
                "yOffset": {"field": "kind", "type": "nominal", "sort": list(kinds)},
                "x": {
                    "field": "share",
                    "type": "quantitative",
                    "title": "Share of utterances (%)",
                    "scale": {"domainMax": 100},
                    "axis": {"grid": True, "tickCount": 5},
                },
                "color": legend("kind", colours),
            },
        },
    )


def scores(of: Engagement) -> Chart:
    """Calls by fifth of the engagement score."""
    bands = of.score.distribution
    named = [(f"{band.lower:.1f} to {band.upper:.1f}", str(band.calls)) for band in bands]
    return Chart(
        caption="Calls by engagement score",
        words=f"Histogram of engagement scores in five bands: {_listed(named)}.",
        spec=_histogram(
            [(band.lower, band.upper, band.calls) for band in bands],
            "Engagement score (0 to 1)",
            ticks={"tickCount": 5, "format": ".1f"},
            marks=[] if of.score.mean is None else [(of.score.mean, f"mean {of.score.mean:.2f}", False)],
        ),
    )


def durations(of: Distribution) -> Chart:
    """The histogram of lengths, with median and 95th percentile."""
    highest = float(of.bins[-1].lower or 0)
    unit, scale = ("seconds", 1) if highest <= 240 else ("minutes", 60)
    if highest > 4 * 3600:
        unit, scale = "hours", 3600
    return _spread(of, f"Duration ({unit})", scale, "Durations")


def costs(of: Distribution) -> Chart:
    """The histogram of costs, with median and 95th percentile."""
    currency = of.currency or "currency not named"
    return _spread(of, f"Cost ({currency})", 1, f"Costs, {currency}")


def _spread(of: Distribution, axis: str, scale: int, title: str) -> Chart:
    edges = ((one.lower, one.upper) for one in of.bins)
    width = next((float(up) - float(low) for low, up in edges if low is not None and up is not None), 1.0)
    bins = []
    for one in of.bins:
        lower = float(one.lower) if one.lower is not None else float(one.upper or 0) - width
        upper = float(one.upper) if one.upper is not None else lower + width
        bins.append((lower / scale, upper / scale, one.calls))
    first, last = of.bins[0], of.bins[-1]
    beyond, is_open = "", []
    if first.lower is None:
        beyond += f" The first bar is all {first.calls:,} calls below {_edge(first.upper, of)}."
        is_open.append("; the first bar is open to the left")
    if last.upper is None:
        beyond += f" The last bar is all {last.calls:,} calls from {_edge(last.lower, of)} on."
        is_open.append("; the last bar is open to the right")
    marks = [
        (float(value) / scale, f"{name} {_edge(value, of)}", dashed)
        for name, value, dashed in (("median", of.median, False), ("p95", of.p95, True))
        if value is not None
    ]
    said = " and ".join(text for _, text, _ in marks)
    return Chart(
        caption=f"{title}{''.join(is_open)}",
        words=f"Histogram of {of.calls:,} calls with {said}.{beyond}",
        spec=_histogram(bins, axis, ticks={"tickCount": 6}, marks=marks),
    )


def _edge(value: Any, of: Distribution) -> str:
    return duration(float(value)) if of.unit == "seconds" else amount_text(value, "money", of.currency)


_NAMES: Final = {"domain": False, "ticks": False, "labelFontSize": 13, "labelColor": COLOURS["ink"]}


def _bars(bars: Sequence[tuple[str, float, str, str]], unit: str, labels: int = 130) -> dict[str, Any]:
    """Horizontal bars in the order given: name, value, the value as text, and colour."""
    values = [
        {"row": number, "name": _short(name), "value": value, "text": text, "colour": colour}
        for number, (name, value, text, colour) in enumerate(bars)
    ]
    names = {str(number): _short(name) for number, (name, _, _, _) in enumerate(bars)}
    y = {
        "field": "row",
        "type": "ordinal",
        "title": None,
        "axis": {**_NAMES, **room(names.values(), labels), "labelExpr": _lookup(names)},
        "scale": {"paddingInner": 0.32, "paddingOuter": 0.2},
    }
    most = max([1.0, *(value for _, value, _, _ in bars)])
    x = {
        "field": "value",
        "type": "quantitative",
        "title": unit.capitalize(),
        "axis": {"grid": True, **whole_numbers(most)},
        "scale": {"domainMin": 0, "domainMax": most * 1.1},
    }
    return {
        "height": _ROW * max(len(bars), 1) + 40,
        "data": {"values": values},
        "encoding": {"y": y, "x": x},
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2},
                "encoding": {"color": {"field": "colour", "type": "nominal", "scale": None}},
            },
            {"mark": {"type": "text", "align": "left", "dx": 5}, "encoding": {"text": {"field": "text"}}},
        ],
    }


def _histogram(
    bins: Sequence[tuple[float, float, int]],
    axis: str,
    *,
    ticks: dict[str, Any],
    marks: Iterable[tuple[float, str, bool]],
) -> dict[str, Any]:
    """Bars from lower to upper, and lines at values: where, what it says, and whether dashed."""
    begin = min((lower for lower, _, _ in bins), default=0.0)
    end = max((upper for _, upper, _ in bins), default=1.0)
    most = max((calls for _, _, calls in bins), default=1)
    placed = [(value, text, dashed, row) for row, (value, text, dashed) in enumerate(marks)]
    return {
        "height": _HEIGHT,
        "layer": [
            {
                "data": {"values": [{"lower": low, "upper": up, "calls": calls} for low, up, calls in bins]},
                "mark": {"type": "bar", "color": COLOURS["accent"], "binSpacing": 1},
                "encoding": {
                    "x": {
                        "field": "lower",
                        "type": "quantitative",
                        "bin": {"binned": True},
                        "title": axis,
                        "axis": ticks,
                        "scale": {"domain": [begin, end]},
                    },
                    "x2": {"field": "upper"},
                    "y": {
                        "field": "calls",
                        "type": "quantitative",
                        "title": "Calls",
                        "axis": whole_numbers(most),
                        "scale": {"domain": [0, most * 1.22]},  # above the bars there is room for words
                    },
                },
            },
            *(
                layer
                for value, text, dashed, row in placed
                for layer in _line(value, text, dashed, row, left=value > begin + (end - begin) * 0.62)
            ),
        ],
    }


def _line(value: float, text: str, dashed: bool, row: int, *, left: bool) -> list[dict[str, Any]]:
    """A vertical line at a value with its text beside it, in a row of its own from the top."""
    at = {"x": {"datum": value, "type": "quantitative"}}
    rule: dict[str, Any] = {"type": "rule", "color": COLOURS["ink"], "strokeWidth": 1.5}
    if dashed:
        rule["strokeDash"] = [4, 3]
    beside = {"align": "right", "dx": -5} if left else {"align": "left", "dx": 5}
    return [
        {"data": {"values": [{}]}, "mark": rule, "encoding": at},
        {
            "data": {"values": [{}]},
            "mark": {"type": "text", "baseline": "top", "text": text, **beside},
            "encoding": {**at, "y": {"value": 2 + 17 * row}},
        },
    ]


def whole_numbers(most: float) -> dict[str, Any]:
    """An axis of counts up to this one, with no marks between two of them."""
    return {"tickCount": max(1, min(4, int(most))), "format": ",d"}


def legend(field: str, colours: dict[str, str]) -> dict[str, Any]:
    return {
        "field": field,
        "type": "nominal",
        "scale": {"domain": list(colours), "range": list(colours.values())},
    }


def room(names: Iterable[str], most: int) -> dict[str, int]:
    """Room for the names beside an axis; the page's font may be wider than the one measured by."""
    return {"labelLimit": most, "minExtent": min(most, round(7.8 * max(map(len, names), default=0)) + 8)}


def _lookup(names: dict[str, str]) -> str:
    """A Vega expression from an axis' value to its name; values may be equal names."""
    import json

    return f"{json.dumps(names)}[datum.value]"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1].rstrip() + "…"


def _listed(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {text}" for name, text in pairs)
