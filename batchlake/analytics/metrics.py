"""The metrics of a selection of calls, in families, grouped by dimensions where asked for.

Input: a selection and `Options`. Output: models. Each family of metrics is a query of its own: responses and
patterns are one pass over the segments, each other family is one over the calls, which hold the facts of
their transcripts. No two runs over the same lake differ in a digit: sums are of whole units or decimals,
never of floating-point numbers in no order.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from batchlake.analytics.families import figures
from batchlake.analytics.families.common_responses import Answers, answers
from batchlake.analytics.families.engagement import distribution, engagement
from batchlake.analytics.families.statistics import statistics_of
from batchlake.analytics.families.timeline import STEPS, timelines
from batchlake.analytics.grouped_query import GroupedQuery, Key, Row, dimensions, side_by_side
from batchlake.analytics.patterns import Patterns, default_patterns, read_patterns
from batchlake.engine.protocols import QueryEngine
from batchlake.engine.quoting import whole_number
from batchlake.errors import AnalyticsUnavailable, InvalidRequest
from batchlake.models.analytics import Analytics
from batchlake.models.blocks import (
    FAMILIES,
    AverageSentiment,
    Cost,
    Duration,
    Engagement,
    Every,
    Group,
    Rates,
    Score,
    Timeline,
)
from batchlake.models.statistics import Statistics
from batchlake.text.suggest import nearest_name

if TYPE_CHECKING:
    from batchlake.filters.selection import Selection


@dataclass(frozen=True, slots=True)
class Options:
    """How to analyse a selection.

    Args:
        top: how many common responses.
        timezone: the IANA time zone in which days and hours begin.
        every: whether the timeline is of hours, days, weeks or months.
        patterns: a TOML file of word patterns instead of batchlake's own.

    Raises:
        InvalidRequest: `top` is below 0, or `every` is no step of a timeline.
    """

    top: int = 10
    timezone: str = "UTC"
    every: Every = "day"
    patterns: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        whole_number("top is how many responses", self.top)
        if self.every not in STEPS:
            raise InvalidRequest(
                f"a timeline is made of hours, days, weeks or months, not {self.every!r}. "
                f"Give one of {', '.join(STEPS)}.",
                every=self.every,
            )


DEFAULTS: Final = Options()

_NO_ANSWERS: Final = Answers()
"""The answers of a group in which no human utterance is held."""


def analyse(
    engine: QueryEngine,
    selection: Selection,
    *,
    by: str | Sequence[str] = (),
    metrics: str | Sequence[str] | None = None,
    top: int = 10,
    timezone: str = "UTC",
    every: Every = "day",
    patterns: str | os.PathLike[str] | None = None,
) -> Analytics:
    """Metrics over the calls selected, and over each group of them where `by` names dimensions.

    Args:
        engine: the lake.
        selection: which calls; one that matches none gives zero counts and no other figures.
        by: one or several of `DIMENSIONS`; the groups come largest first.
        metrics: one or several of `FAMILIES`: only these are computed; None, or `all`, computes all.
        top, timezone, every, patterns: as in `Options`.

    Raises:
        AnalyticsUnavailable: the lake holds no call at all.
        InvalidRequest: `Options` that can't be, an unknown family, dimension or time zone, or unusable
            patterns.
    """
    dimension_names = dimensions(by, engine)
    wanted = families(metrics)
    options = Options(top, timezone, every, patterns)
    groups = _by_group(engine, selection, options, dimension_names, wanted)
    if () not in groups:
        require_calls(engine)
    whole = groups.pop((), _Figured(0, _no_calls(options, wanted))).blocks
    return Analytics(
        selection=selection.description,
        families=list(wanted),
        **whole,
        by=list(dimension_names),
        groups=[
            Group(keys=dict(zip(dimension_names, key, strict=True)), **groups[key].blocks)
            for key in sorted(groups, key=lambda key: (-groups[key].calls, _order(key)))
        ],
    ).in_timezone(timezone)


def families(metrics: str | Sequence[str] | None) -> tuple[str, ...]:
    """The names of families, checked, each once, in their order; all for None, or where `all` is among them.

    Raises:
        InvalidRequest: one isn't in `FAMILIES`, or none is named.
    """
    names = FAMILIES if metrics is None else (metrics,) if isinstance(metrics, str) else tuple(metrics)
    for name in names:
        if name not in FAMILIES and name != "all":
            nearest = nearest_name(name, FAMILIES)
            hint = f" Did you mean `{nearest}`?" if nearest else ""
            raise InvalidRequest(
                f"there is no family of metrics {name!r}.{hint} The families are {', '.join(FAMILIES)}.",
                family=name,
                nearest=[nearest] if nearest else [],
            )
    if not names:
        raise InvalidRequest(f"no metrics were named. The families are {', '.join(FAMILIES)}.")
    return tuple(name for name in FAMILIES if name in names or "all" in names)


def blocks(engine: QueryEngine, selection: Selection, options: Options) -> dict[str, Any]:
    """Every block of figures by its name, over the calls selected as one group."""
    wanted = tuple(FAMILIES)
    found = _by_group(engine, selection, options, (), wanted).get(())
    return found.blocks if found else _no_calls(options, wanted)


@dataclass(frozen=True, slots=True)
class _Figured:
    """The blocks of figures of a group by their names, and how many calls it has."""

    calls: int
    blocks: dict[str, Any]


_FILES: Final = ("engagement", "duration", "sentiment", "cost")
"""Families with a file of their name in `sql/analytics`; the slowest begins first."""


def _by_group(
    engine: QueryEngine, selection: Selection, options: Options, by: tuple[str, ...], wanted: Sequence[str]
) -> dict[Key, _Figured]:
    """The figures of each group that holds a call; of all, under the empty key."""
    patterns = _patterns(options) if "patterns" in wanted else None
    zoned = engine.clone() if options.timezone == "UTC" else engine.in_timezone(options.timezone)
    question = GroupedQuery(zoned, selection, by)
    with side_by_side(zoned) as pool:
        answering = timing = None
        if patterns or "responses" in wanted:
            top = options.top if "responses" in wanted else None
            answering = pool.start(answers, question, top, patterns)
        asking = {name: pool.start(question.ask_file, name) for name in _FILES if name in wanted}
        if "timeline" in wanted:
            timing = pool.start(timelines, question, options.every, options.timezone)
        # Every family needs the counts: which groups there are, and how many of their calls lack a value.
        counting = pool.start(question.ask_file, "counts")
        rows = {name: asking[name].result() for name in asking}
        said = answering.result() if answering else {}
        times = timing.result() if timing else {}
        counted = counting.result()
    return {
        key: _Figured(
            counts["total_calls"],
            _made(wanted, counts, {name: rows[name].get(key, []) for name in rows})
            | ({"common_responses": said.get(key, _NO_ANSWERS).top} if "responses" in wanted else {})
            | (
                {
                    "response_patterns": said.get(key, _NO_ANSWERS).patterns(
                        patterns.names, counts["total_calls"]
                    )
                }
                if patterns
                else {}
            )
            | ({"timeline": times[key]} if timing else {}),
        )
        for key, (counts,) in counted.items()
    }


def _made(wanted: Sequence[str], counts: Row, rows: dict[str, list[Row]]) -> dict[str, Any]:
    """The blocks of a group, from its counts and its rows of `_FILES`."""
    made: dict[str, Any] = {}
    if "calls" in wanted:
        made["statistics"] = statistics_of(counts)
    if "success" in wanted:
        made |= {"success_rate": counts["success_rate"], "rates": figures.rates(counts)}
    if "duration" in wanted:
        made["duration"] = figures.duration(*rows["duration"])
    if "cost" in wanted:
        made["cost"] = figures.cost(rows["cost"], counts["total_calls"])
    if "sentiment" in wanted:
        made["average_sentiment"] = figures.average_sentiment(*rows["sentiment"])
    if "engagement" in wanted:
        made["engagement"] = engagement(*rows["engagement"])
    return made


def require_calls(engine: QueryEngine) -> None:
    """Check that the lake holds a call.

    Raises:
        AnalyticsUnavailable: it holds none.
    """
    if not engine.exists_any("select 1 from calls"):
        raise AnalyticsUnavailable("this lake", "it holds no call yet")


def _no_calls(options: Options, wanted: Sequence[str]) -> dict[str, Any]:
    """The blocks over no call: zero counts, and None for the rest."""
    everything: dict[str, Any] = {
        "statistics": Statistics(),
        "success_rate": None,
        "average_sentiment": AverageSentiment(),
        "common_responses": [],
        "rates": Rates(),
        "duration": Duration(),
        "cost": Cost(),
        "engagement": Engagement(score=Score(distribution=distribution())),
        "timeline": Timeline(every=options.every, timezone=options.timezone),
    }
    if "patterns" in wanted:
        everything["response_patterns"] = _NO_ANSWERS.patterns(_patterns(options).names, 0)
    names = {name for family in wanted for name in FAMILIES[family]}
    return {name: block for name, block in everything.items() if name in names}


def _patterns(options: Options) -> Patterns:
    return read_patterns(options.patterns) if options.patterns else default_patterns()


def _order(key: Key) -> list[tuple[bool, Any]]:
    """Keys in order of their values, None last; the values of one dimension are of one type."""
    return [(value is None, 0 if value is None else value) for value in key]
