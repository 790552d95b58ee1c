"""Every metric of a selection of calls, grouped by dimensions where asked for.

Input: a selection and what to make of it. Output: models. Each family of metrics is one question to the
lake: the scalar figures are one pass over the calls, what people answered one over the segments. No two
runs over the same lake differ in a digit: sums are of whole units or decimals, never of floating-point
numbers in no order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from batchlake.analytics import figures
from batchlake.analytics.common_responses import Answers, answers, answers_of_all
from batchlake.analytics.engagement import distribution, engagement
from batchlake.analytics.grouped_query import GroupedQuery, Key, dimensions, side_by_side
from batchlake.analytics.patterns import Patterns, default_patterns, read_patterns
from batchlake.analytics.timeline import Every, timelines
from batchlake.engine.engine import Engine
from batchlake.errors import AnalyticsUnavailable, InvalidRequest
from batchlake.models.analytics import Analytics, Engagement, Group, Score, Statistics, Timeline

if TYPE_CHECKING:
    from batchlake.filters.selection import Selection


@dataclass(frozen=True, slots=True)
class Options:
    """What to make of a selection.

    Args:
        top: how many common responses.
        timezone: the IANA time zone in which days and hours begin.
        every: whether the timeline is of hours or days.
        patterns: a TOML file of word patterns instead of batchlake's own.

    Raises:
        InvalidRequest: `top` is below 0, or `every` is neither `hour` nor `day`.
    """

    top: int = 10
    timezone: str = "UTC"
    every: Every = "day"
    patterns: Path | None = None

    def __post_init__(self) -> None:
        if self.top < 0:
            raise InvalidRequest(f"can't show the top {self.top} responses. Give 0 or more.", top=self.top)
        if self.every not in ("hour", "day"):
            raise InvalidRequest(
                f"a timeline is made of hours or days, not {self.every!r}. Give hour or day.",
                every=self.every,
            )


DEFAULTS: Final = Options()


def analyse(
    engine: Engine,
    selection: Selection,
    *,
    by: str | Sequence[str] = (),
    top: int = 10,
    timezone: str = "UTC",
    every: Every = "day",
    patterns: Path | None = None,
) -> Analytics:
    """Every metric over the calls selected, and over each group of them where `by` names dimensions.

    Args:
        engine: the lake.
        selection: which calls; one that matches none gives zero counts and no other figures.
        by: one or several of `DIMENSIONS`; the groups come largest first.
        top, timezone, every, patterns: as in `Options`.

    Raises:
        AnalyticsUnavailable: the lake holds no call at all.
        InvalidRequest: `Options` that can't be, an unknown dimension or time zone, or unusable patterns.
    """
    dimension_names = dimensions(by)
    options = Options(top, timezone, every, patterns)
    groups = blocks_by_group(engine, selection, options, dimension_names)
    if () not in groups:
        require_calls(engine)
    whole = groups.pop((), _no_calls(options))
    return Analytics(
        selection=selection.description,
        **whole,
        by=list(dimension_names),
        groups=[
            Group(keys=dict(zip(dimension_names, key, strict=True)), **groups[key])
            for key in sorted(groups, key=lambda key: (-groups[key]["statistics"].total_calls, _order(key)))
        ],
    )


def statistics(engine: Engine, selection: Selection) -> Statistics:
    """The statistics alone, over the calls selected."""
    question = GroupedQuery(engine.clone(), selection)
    with side_by_side(question.engine) as pool:
        counting = pool.start(question.ask_file, "scalars")
        adding_up = pool.start(question.ask_file, "cost")
        counted, costs = counting.result(), adding_up.result()
    for scalars in counted.get((), []):
        return figures.statistics(scalars, costs.get((), []))
    return Statistics()


def blocks(engine: Engine, selection: Selection, options: Options) -> dict[str, Any]:
    """Every block of figures by its name, over the calls selected as one group."""
    groups = blocks_by_group(engine, selection, options, ())
    return groups.get((), _no_calls(options))


def blocks_by_group(
    engine: Engine, selection: Selection, options: Options, by: tuple[str, ...]
) -> dict[Key, dict[str, Any]]:
    """Every block of figures by its name, for each group that holds a call; of all, under the empty key."""
    patterns = _patterns(options)
    zoned = engine.clone() if options.timezone == "UTC" else engine.in_timezone(options.timezone)
    question = GroupedQuery(zoned, selection, by, with_whole=bool(by))
    with side_by_side(zoned) as pool:
        # What takes longest begins first.
        answering = pool.start(answers, GroupedQuery(zoned, selection, by), options.top, patterns)
        engaging = pool.start(question.ask_file, "engagement")
        counting = pool.start(question.ask_file, "scalars")
        timing = pool.start(timelines, question, options.every, options.timezone)
        adding_up = pool.start(question.ask_file, "cost")
        said, times, costs = answering.result(), timing.result(), adding_up.result()
        if by and said:
            of_all = pool.start(
                answers_of_all, GroupedQuery(zoned, selection), options.top, list(said.values())
            )
            said[()] = of_all.result()
        engagements, counted = engaging.result(), counting.result()
    groups: dict[Key, dict[str, Any]] = {}
    for key, (scalars,) in counted.items():
        total = scalars["total_calls"]
        answered = said.get(key, Answers())
        groups[key] = {
            "statistics": figures.statistics(scalars, costs.get(key, [])),
            "success_rate": scalars["success_rate"],
            "average_sentiment": figures.average_sentiment(scalars),
            "common_responses": answered.top,
            "rates": figures.rates(scalars),
            "duration": figures.duration(scalars),
            "cost": figures.cost(costs.get(key, []), total),
            "response_patterns": answered.patterns(patterns.names, total),
            "engagement": engagement(engagements[key][0]),
            "timeline": times[key],
        }
    return groups


def require_calls(engine: Engine) -> None:
    """Check that the lake holds a call.

    Raises:
        AnalyticsUnavailable: it holds none.
    """
    if not engine.row("select exists (from calls) as held")["held"]:
        raise AnalyticsUnavailable("this lake", "it holds no call yet")


def _no_calls(options: Options) -> dict[str, Any]:
    """The blocks over no call: zero counts, and None for the rest."""
    return {
        "statistics": Statistics(),
        "response_patterns": Answers().patterns(_patterns(options).names, 0),
        "engagement": Engagement(score=Score(distribution=distribution({}))),
        "timeline": Timeline(every=options.every, timezone=options.timezone),
    }


def _patterns(options: Options) -> Patterns:
    return read_patterns(options.patterns) if options.patterns else default_patterns()


def _order(key: Key) -> list[tuple[bool, Any]]:
    """Keys in order of their values, None last; the values of one dimension are of one type."""
    return [(value is None, 0 if value is None else value) for value in key]
