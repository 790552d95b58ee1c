"""Every figure of an analytics document by itself, with its title, unit, denominator and definition.

In comes the document, out go figures in the order in which a reader wants them. Each of its numbers is the
value of one figure, or stands beside one as numerator, denominator or the calls without; common responses and
the timeline, which are tables already, are left to who shows them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from batchlake.models.analytics import (
    Analytics,
    AverageSentiment,
    Cost,
    Duration,
    Engagement,
    Measured,
    PatternCounts,
    Rate,
    ResponsePatterns,
    Statistics,
)

Amount = int | float | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number.

    Attributes:
        section: what it tells of, as `Duration`.
        title: what it is called, as `Median duration`.
        path: where in the analytics document it stands, as `duration.median`.
        value: None where there is no data.
        unit: `calls`, `ratio`, `seconds`, `money`, ...
        currency: of money, where the export names one.
        numerator, denominator: what the value is a ratio of; beside a mean or a total, the denominator alone
            says over how many.
        missing: the calls that lack the value.
        metric: its name among the definitions; empty where it has none of its own.
    """

    section: str
    title: str
    path: str
    value: Amount | None
    unit: str
    currency: str | None = None
    numerator: Amount | None = None
    denominator: Amount | None = None
    missing: int | None = None
    metric: str = ""


def figures(of: Analytics) -> list[Figure]:
    """The figures of a selection (not those of its groups)."""
    return [
        *_calls(of.statistics),
        *_success(of),
        *_duration(of.duration),
        *_cost(of.cost),
        *_sentiment(of.average_sentiment),
        *_engagement(of.engagement),
        *_responses(of.response_patterns),
        Figure(
            section="Timeline",
            title="Calls without a time",
            path="timeline.missing",
            value=of.timeline.missing,
            unit="calls",
        ),
    ]


_OUTCOMES: Final = {
    "total_calls": "Calls",
    "completed": "Completed",
    "failed": "Failed",
    "in_progress": "In progress",
    "unknown": "Outcome unknown",
}


def _calls(of: Statistics) -> Iterator[Figure]:
    for name, title in _OUTCOMES.items():
        yield _count("Calls", title, f"statistics.{name}", getattr(of, name), metric=name)
    for status, calls in of.by_status.items():
        title = f"Status {status.replace('_', ' ')}"
        yield _count("Calls", title, f"statistics.by_status.{status}", calls, metric="by_status")


def _success(of: Analytics) -> Iterator[Figure]:
    yield _rate("Success", "Success rate (completed of all)", "rates.completed_of_total",
                of.rates.completed_of_total, metric="success_rate")  # fmt: skip
    yield _rate("Success", "Completed of finished", "rates.completed_of_finished",
                of.rates.completed_of_finished, metric="completed_of_finished")  # fmt: skip
    yield _rate("Success", "Success flag true of known", "rates.success_of_known",
                of.rates.success_of_known, metric="success_of_known")  # fmt: skip


# Title, and which of the block's counts of calls is the denominator.
_DURATIONS: Final = {
    "mean": ("Mean duration", "calls"),
    "median": ("Median duration", "calls"),
    "p90": ("90th percentile of durations", "calls"),
    "p95": ("95th percentile of durations", "calls"),
    "min": ("Shortest", "calls"),
    "max": ("Longest", "calls"),
    "standard_deviation": ("Standard deviation of durations", "calls"),
    "total": ("Total duration", "calls"),
    "mean_of_non_zero": ("Mean duration above 0", "non_zero_calls"),
    "mean_of_completed": ("Mean duration of completed calls", "completed_calls"),
}


def _duration(of: Duration) -> Iterator[Figure]:
    for name, (title, calls) in _DURATIONS.items():
        yield Figure(
            section="Duration",
            title=title,
            path=f"duration.{name}",
            value=getattr(of, name),
            unit="seconds",
            denominator=getattr(of, calls),
            missing=of.missing if calls == "calls" else None,
            metric=f"duration_{name}",
        )


_COSTS: Final = {
    "total": ("Total cost", "calls"),
    "mean": ("Mean cost", "calls"),
    "median": ("Median cost", "calls"),
    "p95": ("95th percentile of costs", "calls"),
    "min": ("Lowest cost", "calls"),
    "max": ("Highest cost", "calls"),
    "per_completed_call": ("Cost per completed call", "completed_calls"),
    "per_minute": ("Cost per minute", "timed_minutes"),
}


def _cost(of: Cost) -> Iterator[Figure]:
    yield _count("Cost", "Calls with a cost", "cost.calls", of.calls, missing=of.missing)
    for place, block in enumerate(of.currencies):
        section = f"Cost, {block.currency or 'currency not named'}"
        for name, (title, over) in _COSTS.items():
            yield Figure(
                section=section,
                title=title,
                path=f"cost.currencies.{place}.{name}",
                value=getattr(block, name),
                unit="money",
                currency=block.currency,
                denominator=getattr(block, over),
                metric=f"cost_{name}",
            )
        path = f"cost.currencies.{place}.timed_calls"
        yield _count(
            section, "Calls with cost and duration", path, block.timed_calls, metric="cost_timed_calls"
        )


def _sentiment(of: AverageSentiment) -> Iterator[Figure]:
    for name in ("positive", "neutral", "negative"):
        yield Figure(
            section="Sentiment",
            title=f"Mean {name} score",
            path=f"average_sentiment.{name}",
            value=getattr(of, name),
            unit="0 to 1",
            denominator=of.calls,
            missing=of.missing,
            metric=f"sentiment_{name}",
        )
    for name in ("positive", "neutral", "negative", "undecided"):
        title = "No score above the others" if name == "undecided" else f"Mainly {name}"
        path, metric = f"average_sentiment.mainly.{name}", f"mainly_{name}_share"
        yield _rate("Sentiment", title, path, getattr(of.mainly, name), metric=metric)
    for label, calls in of.labels.items():
        path = f"average_sentiment.labels.{label}"
        yield _count("Sentiment", f"Label {label}", path, calls, metric="sentiment_labels")
    yield _count("Sentiment", "Without a label", "average_sentiment.unlabelled", of.unlabelled,
                 metric="sentiment_unlabelled")  # fmt: skip


# Title, unit and metric of each mean.
_MEASURED: Final = {
    "talk_ratio_ai": ("Talk by the agent", "ratio", "talk_ratio_ai"),
    "talk_ratio_human": ("Talk by the person", "ratio", "talk_ratio_human"),
    "response_time": ("Mean response time", "seconds", "response_time_mean"),
    "interruptions": ("Interruptions a call", "interruptions a call", "interruptions_mean"),
    "turns": ("Turns a call", "turns a call", "turns_mean"),
}


def _engagement(of: Engagement) -> Iterator[Figure]:
    yield Figure(
        section="Engagement",
        title="Mean engagement score",
        path="engagement.score.mean",
        value=of.score.mean,
        unit="0 to 1",
        denominator=of.score.calls,
        missing=of.score.missing,
        metric="score_mean",
    )
    for place, band in enumerate(of.score.distribution):
        path = f"engagement.score.distribution.{place}.calls"
        title = f"Score from {band.lower:g} to {band.upper:g}"
        yield _count("Engagement", title, path, band.calls, metric="score_bands")
    for name, (title, unit, metric) in _MEASURED.items():
        measured: Measured = getattr(of, name)
        yield Figure(
            section="Engagement",
            title=title,
            path=f"engagement.{name}.mean",
            value=measured.mean,
            unit=unit,
            denominator=measured.calls,
            missing=measured.missing,
            metric=metric,
        )
    words = of.human_words_per_turn
    yield Figure(
        section="Engagement",
        title="The person's words a turn",
        path="engagement.human_words_per_turn.mean",
        value=words.mean,
        unit="words a turn",
        numerator=words.words,
        denominator=words.turns,
        missing=words.missing,
        metric="words_mean",
    )


def _responses(of: ResponsePatterns) -> Iterator[Figure]:
    kinds: tuple[tuple[str, str, PatternCounts, int | None], ...] = (
        ("Responses", "utterances", of.utterances, None),
        ("First responses", "first_utterances", of.first_utterances, of.missing),
    )
    for section, name, counts, missing in kinds:
        for pattern, count in counts.patterns.items():
            yield Figure(
                section=section,
                title=pattern.replace("_", " ").capitalize(),
                path=f"response_patterns.{name}.patterns.{pattern}.share",
                value=count.share,
                unit="ratio",
                numerator=count.count,
                denominator=counts.total,
                missing=missing,
            )


def _rate(section: str, title: str, path: str, rate: Rate, *, metric: str) -> Figure:
    return Figure(
        section=section,
        title=title,
        path=f"{path}.rate",
        value=rate.rate,
        unit="ratio",
        numerator=rate.numerator,
        denominator=rate.denominator,
        missing=rate.missing,
        metric=metric,
    )


def _count(
    section: str, title: str, path: str, calls: int, *, missing: int | None = None, metric: str = ""
) -> Figure:
    return Figure(
        section=section, title=title, path=path, value=calls, unit="calls", missing=missing, metric=metric
    )
