"""Charts: every call is in them, their axes say what and in which unit, the page gives the colours."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from batchlake.lake import Lake
from batchlake.models.blocks import CommonResponse, Moment, Timeline
from batchlake.reports.cells import table_of
from batchlake.reports.model import Bin, Distribution
from batchlake.reports.page import charts
from batchlake.reports.page.charts import Chart
from batchlake.reports.page.svg import draw
from batchlake.reports.tables import tables
from batchlake.reports.wording import COLOURS, ReportClock

UTC_CLOCK = ReportClock("UTC")


def timeline(starts: list[datetime], every: Any, timezone: str = "UTC") -> Timeline:
    """A timeline of some calls in each step, more and more of them."""
    moments = [
        Moment(
            start=start,
            total_calls=2 * number + 3,
            completed=number + 1,
            failed=number,
            in_progress=1,
            unknown=1,
            completion_rate=(number + 1) / (2 * number + 3),
            total_cost=None,
            costs=[],
        )
        for number, start in enumerate(starts)
    ]
    return Timeline(every=every, timezone=timezone, moments=moments)


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(str(draw(chart.spec, chart.words)))


def texts(chart: Chart) -> list[str]:
    return [element.text or "" for element in drawn(chart).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(
    ("step", "count", "every", "kind"),
    [
        (timedelta(hours=1), 90, "hour", "hour"),
        (timedelta(hours=7), 60, "hour", "day"),
        (timedelta(days=1), 80, "day", "day"),
        (timedelta(days=3), 150, "day", "week"),
        (timedelta(days=20), 120, "day", "month"),
    ],
)
def test_no_call_is_lost_where_steps_are_put_together(
    step: timedelta, count: int, every: str, kind: str
) -> None:
    """A long timeline is shown in days, weeks or months; its calls by outcome are all of the timeline's."""
    start = datetime(2024, 2, 27, tzinfo=UTC)
    of = timeline([start + number * step for number in range(count)], every)
    chart = charts.calls_over_time(of, UTC_CLOCK)
    assert chart.caption == f"Calls by {kind} (UTC)"
    values = chart.spec["data"]["values"]
    for outcome in ("completed", "failed", "in_progress", "unknown"):
        shown = [
            value["to"] - value["from"] for value in values if value["outcome"] == outcome.replace("_", " ")
        ]
        assert sum(shown) == sum(getattr(moment, outcome) for moment in of.moments)
    assert len({value["start"] for value in values}) <= 101
    completion = charts.completion_over_time(of, UTC_CLOCK).spec["data"]["values"]
    assert sum(value["calls"] for value in completion) == sum(moment.total_calls for moment in of.moments)


def test_days_are_those_of_the_time_zone() -> None:
    """A day that begins the evening before in UTC is drawn at its own date, also as clocks change."""
    clock = ReportClock("America/New_York")
    starts = [
        datetime(2024, 3, 9, 5, tzinfo=UTC),
        datetime(2024, 3, 10, 5, tzinfo=UTC),
        datetime(2024, 3, 11, 4, tzinfo=UTC),
    ]
    chart = charts.calls_over_time(timeline(starts, "day", clock.timezone), clock)
    days = sorted({value["start"][:10] for value in chart.spec["data"]["values"]})
    assert days == ["2024-03-09", "2024-03-10", "2024-03-11"]
    assert "Day, 2024 (America/New_York)" in texts(chart)


def test_axes_tell_what_and_in_which_unit(sample: Lake) -> None:
    """Each chart names its axes with units; lengths are in seconds, minutes or hours as they are long."""
    of = sample.report().document
    analytics = of.analytics
    found = {table.title: table for table in tables(of)}
    history = found[f"Progress of {of.progress[0].batch_id}"]
    assert {"Duration (minutes)", "Calls"} <= set(texts(charts.spread(of.durations)))
    assert {"Cost (currency not named)", "Calls"} <= set(texts(charts.spread(of.costs[-1])))
    assert {"Engagement score (0 to 1)", "Calls"} <= set(
        texts(charts.scores(analytics.engagement, found["Engagement"]))
    )
    assert "Share of utterances (%)" in texts(charts.patterns(found["Responses"], found["First responses"]))
    assert "Utterances" in texts(charts.responses(found["Common responses"]))
    assert "Calls" in texts(charts.statuses(found["Calls"]))
    assert "Completed of all calls (%)" in texts(charts.completion_over_time(analytics.timeline, UTC_CLOCK))
    assert {"Time (UTC)", "done", "total"} <= set(
        texts(charts.progress_over_time(of.progress[0], history, UTC_CLOCK))
    )
    long = Distribution(
        unit="seconds",
        calls=9,
        median=30_000.0,
        p95=40_000.0,
        bins=[
            Bin(lower=18_000.0 * n, upper=18_000.0 * (n + 1) if n < 2 else None, calls=3) for n in range(3)
        ],
    )
    chart = charts.spread(long)
    assert "Duration (hours)" in texts(chart)
    assert "open to the right" in chart.caption
    assert "10\u202fh 00\u202fmin and more: 3" in chart.words


def test_median_and_p95_stand_where_they_are() -> None:
    """Both lines are drawn at the exact values and say them."""
    of = Distribution(
        unit="money",
        currency="EUR",
        calls=3,
        median=Decimal("0.15"),
        p95=Decimal("0.604"),
        bins=[Bin(lower=Decimal("0.5") * n, upper=Decimal("0.5") * (n + 1), calls=n) for n in range(3)],
    )
    chart = charts.spread(of)
    lines = [
        layer["encoding"]["x"]["datum"] for layer in chart.spec["layer"] if layer["mark"]["type"] == "rule"
    ]
    assert lines == [0.15, 0.604]
    assert {"median 0.1500 EUR", "p95 0.6040 EUR"} <= set(texts(chart))


def test_a_chart_is_painted_by_the_page_and_drawn_alike_each_time() -> None:
    """Colours are classes, hostile words are text, and an earlier chart changes nothing."""
    hostile = [
        "</text><script>alert(1)</script>",
        '" onload="x',
        "datum.value]}",
        "שלום עולם",
        "&amp;",
        "&amp;",
    ]
    said = [CommonResponse(text=text, count=9 - n, calls=1, share=0.1) for n, text in enumerate(hostile)]
    chart = charts.responses(table_of("responses", "Common responses", said))
    first = draw(chart.spec, 'words "and" <more>')
    draw(charts.calls_over_time(timeline([datetime(2024, 1, 1, tzinfo=UTC)], "day"), UTC_CLOCK).spec, "")
    assert draw(chart.spec, 'words "and" <more>') == first
    root = ET.fromstring(str(first))
    assert root.get("aria-label") == 'words "and" <more>'
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "path", "line", "text", "rect"}
    shown = [element.text for element in root.iter() if element.text in hostile]
    assert len(shown) == len([text for text in hostile if len(text) <= 28])
    painted = {
        value
        for element in root.iter()
        for name, value in element.attrib.items()
        if name in ("fill", "stroke")
    }
    assert painted <= {"none"}
    on_paper = ET.fromstring(str(draw(chart.spec, "", classes=False)))
    colours = {
        value
        for element in on_paper.iter()
        for name, value in element.attrib.items()
        if name in ("fill", "stroke")
    }
    assert colours <= {*COLOURS.values(), "none"}


def test_every_format_has_one_palette() -> None:
    """The style sheet's light colours are those that charts on paper and in spreadsheets are painted with."""
    style = (Path(charts.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"--(\w+): (#\w{6});", style.partition("}")[0]))
    for name, colour in COLOURS.items():
        assert light["line" if name == "grid" else name] == colour


def test_completion_is_a_line_through_its_points() -> None:
    """A stroke joins the points, however few there are."""
    starts = [datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2, 9)]
    svg = drawn(charts.completion_over_time(timeline(starts, "day"), UTC_CLOCK))
    lines = [one for one in svg.iter("{http://www.w3.org/2000/svg}path") if one.get("class") == "s-completed"]
    assert [one.get("d", "").count("L") for one in lines] == [2]
