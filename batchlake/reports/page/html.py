"""A report written as one HTML file: everything in it, nothing to fetch, nothing that runs.

In comes a `Report`, out goes text. The page needs no script and may run none: its Content-Security-Policy
allows its own style sheet, by its digest, and pictures within the file.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from batchlake._lazy import extra
from batchlake.models.analytics import Engagement
from batchlake.models.audits import Comparison, MetricDefinition
from batchlake.reports.comparison import Amount, Difference
from batchlake.reports.figures import Figure, figures
from batchlake.reports.model import Distribution, Report
from batchlake.reports.page import charts, time_charts, wording
from batchlake.reports.page.charts import Chart
from batchlake.text.values import money_text

if TYPE_CHECKING:
    import jinja2

_TEMPLATES: Final = Path(__file__).parent / "templates"
_FEWEST_IN_A_HISTOGRAM: Final = 3


# How many rows of each table the page holds, so that it stays a page.
_MOST: Final = {"moments": 60, "groups": 40, "observations": 12, "compared": 40, "labels": 12}

# Where the figures come from; other files have other metrics of the same names.
_FILES: Final = tuple(f"sql/analytics/{name}.sql" for name in ("scalars", "cost", "engagement"))


@dataclass(frozen=True, slots=True)
class _Section:
    """A section of the page: its anchor and template, its heading, and what of a report is in it."""

    id: str
    title: str
    holds: Callable[[Report], object]


_SECTIONS: Final = (
    _Section("comparison", "Comparison", lambda of: of.comparison),
    _Section("outcomes", "Outcomes", lambda of: True),
    _Section("timeline", "Over time", lambda of: of.analytics.timeline.moments),
    _Section("groups", "Groups", lambda of: of.analytics.groups),
    _Section("durations", "Durations", lambda of: of.durations.calls),
    _Section("costs", "Costs", lambda of: of.costs),
    _Section("sentiment", "Sentiment", lambda of: of.analytics.average_sentiment.calls),
    _Section("responses", "Responses", lambda of: of.analytics.response_patterns.utterances.total),
    _Section("engagement", "Engagement", lambda of: any(_calls_of(of.analytics.engagement))),
    _Section("batches", "Progress", lambda of: of.batches),
    _Section(
        "audit",
        "Audit against reported figures",
        lambda of: of.audit and (of.audit.compared or of.audit.not_compared),
    ),
    _Section("standing", "Calls that stand out", lambda of: of.standing_out),
    _Section("transcripts", "Transcripts", lambda of: of.transcripts),
    _Section("problems", "Problems of the exports", lambda of: of.problems.total),
)


def html(report: Report, *, classes: bool = True) -> str:
    """The page.

    Args:
        report: what it shows.
        classes: colours of charts as CSS classes; without, as they are, for paper.

    Raises:
        InvalidRequest: the extra `report` isn't installed.
    """
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    by_section: dict[str, list[Figure]] = defaultdict(list)
    for figure in figures(report.analytics):
        by_section[figure.section].append(figure)
    clock = wording.Clock(report.provenance.timezone)
    environment = _environment(classes)
    environment.globals |= {
        "by_words": " and ".join(name.replace("_", " ") for name in report.analytics.by),
        "charts": _charts(report, clock),
        "clock": clock,
        "defined": _defined(report.definitions, by_section),
        "figures": by_section,
        "most": _MOST,
        "report": report,
    }
    return environment.get_template("report.jinja").render(
        sections=[section for section in _SECTIONS if section.holds(report)],
        style=style,
        style_hash=f"sha256-{digest}",
    )


def _environment(classes: bool) -> jinja2.Environment:
    with extra("report", "pages of reports"):
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
        "audited": _audited,
        "counted": _counted,
        "difference": _difference,
        "drawn": lambda chart: draw(chart.spec, chart.words, classes=classes),
        "exact": _exact,
        "key": _key,
        "plain": lambda name: name.replace("_", " "),
        "sentence": _sentence,
        "stamp": wording.stamp,
        "worded": wording.amount_text,
    }
    return environment


def _charts(of: Report, clock: wording.Clock) -> dict[str, Any]:
    """The charts that there is something to draw in, by the names that the templates give them."""
    figures_of = of.analytics
    timeline, scored = figures_of.timeline, figures_of.average_sentiment.calls
    several = len(timeline.moments) > 1
    rated = of.comparison and any(one.unit == "ratio" and one.interval for one in of.comparison.differences)
    return {
        "differences": time_charts.differences(of.comparison.differences)
        if of.comparison and rated
        else None,
        "statuses": charts.statuses(figures_of.statistics) if figures_of.statistics.by_status else None,
        "calls": time_charts.calls_over_time(timeline, clock) if several else None,
        "completion": time_charts.completion_over_time(timeline, clock) if several else None,
        "durations": _spread(of.durations, charts.durations),
        "costs": [_spread(one, charts.costs) for one in of.costs],
        "mainly": charts.mainly(figures_of.average_sentiment.mainly) if scored else None,
        "responses": charts.responses(figures_of.common_responses) if figures_of.common_responses else None,
        "patterns": charts.patterns(figures_of.response_patterns),
        "scores": charts.scores(figures_of.engagement) if figures_of.engagement.score.calls else None,
        "progress": [
            time_charts.progress_over_time(one, clock) if len(one.history) > 1 else None
            for one in of.progress
        ],
    }


def _spread(of: Distribution, chart: Callable[[Distribution], Chart]) -> Chart | None:
    return chart(of) if of.calls >= _FEWEST_IN_A_HISTOGRAM else None


def _defined(
    definitions: Sequence[MetricDefinition], by_section: dict[str, list[Figure]]
) -> dict[str, MetricDefinition]:
    """The metrics that the page shows, by name."""
    shown = {figure.metric for section in by_section.values() for figure in section}
    of_files = [one for file in _FILES for one in definitions if one.file == file]
    return {one.name: one for one in reversed(of_files) if one.name in shown}


def _calls_of(of: Engagement) -> list[int]:
    measured = (of.score, of.talk_ratio_ai, of.response_time, of.interruptions, of.turns)
    return [one.calls for one in measured]


def _exact(value: Amount) -> str:
    """The value itself, for machines and for tests."""
    return money_text(value) if isinstance(value, Decimal) else repr(value)


def _difference(one: Difference | Comparison) -> str:
    """A difference with its sign, in the figure's unit."""
    value = one.difference
    if not value:
        return "0"
    if one.unit == "ratio":
        return wording.points(float(value))
    currency = one.currency if isinstance(one, Difference) else None
    size = wording.amount_text(value if value > 0 else -value, one.unit, currency)
    return f"{'+' if value > 0 else '−'}{size}"


def _audited(figure: str) -> str:
    """An audited figure's name; a common response's is what was said."""
    if figure.startswith("common_responses["):
        return figure.removeprefix("common_responses[").removesuffix("].count") + ", times said"
    return figure.replace("_", " ").replace(".", ", ")


def _key(value: Any) -> str:
    """A dimension's value."""
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _counted(number: int, unit: str) -> str:
    """`calls`, or `call` of one."""
    return unit.removesuffix("s") if number == 1 else unit


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith(".") else ".")
