"""Two selections side by side: what differs, and whether the difference can be chance.

In come the analytics of two selections, out go differences, always this selection - the other. Intervals are
at 95 % and take the calls of a selection for a sample of all calls that could have been made alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from pydantic import Field

from batchlake.models.analytics import Analytics, CurrencyCost, Duration, Rate
from batchlake.models.values import Figures, Money
from batchlake.reports.intervals import Interval, newcombe, welch
from batchlake.text.values import money_text

NOTES: Final = (
    "Intervals are at 95 %: where nothing differs in truth, about one figure in twenty looks as if it did.",
    "They hold for two selections that share no call.",
)

Amount = int | float | Money

_MINUS: Final = "−"
_MOST_PLACES: Final = 6
_SUFFIXES: Final = {"ratio": " points", "seconds": " s"}


class Side(Figures):
    """One selection's figure; a rate is `numerator` / `denominator`, a mean is over `denominator` calls.

    `value` is None where there is nothing to make it of.
    """

    value: Amount | None = None
    numerator: int | None = None
    denominator: int | None = None


class Difference(Figures):
    """One figure of two selections; `difference` is this - other, in `unit` (`currency` where it is money).

    `interval` and `can_be_chance` are None for what none is made of (counts, totals, medians), and where a
    side has too few calls: `reason` then says why. `sentence` says all of it.
    """

    figure: str
    title: str
    unit: str
    currency: str | None = None
    this: Side
    other: Side
    difference: Amount | None = None
    interval: Interval | None = None
    can_be_chance: bool | None = None
    reason: str | None = None
    sentence: str


class SelectionComparison(Figures):
    """Two selections, each described in a sentence, their differences, and how to read those."""

    this: str
    other: str
    differences: list[Difference]
    notes: list[str] = Field(default_factory=lambda: list(NOTES))


def compare_selections(this: Analytics, other: Analytics) -> SelectionComparison:
    """Every figure that can be compared: rates, counts, durations, engagement, costs in each currency."""
    return SelectionComparison(
        this=this.selection,
        other=other.selection,
        differences=[
            *_rates(this, other),
            *_counts(this, other),
            *_durations(this.duration, other.duration),
            _engagement(this, other),
            *_costs(this.cost.currencies, other.cost.currencies),
        ],
    )


def _rates(this: Analytics, other: Analytics) -> Iterator[Difference]:
    kinds: tuple[tuple[str, str, Callable[[Analytics], Rate]], ...] = (
        ("rates.completed_of_total", "Success rate", lambda of: of.rates.completed_of_total),
        ("rates.completed_of_finished", "Completed of finished", lambda of: of.rates.completed_of_finished),
        ("rates.success_of_known", "Success flag", lambda of: of.rates.success_of_known),
        (
            "average_sentiment.mainly.positive",
            "Mainly positive calls",
            lambda of: of.average_sentiment.mainly.positive,
        ),
        (
            "average_sentiment.mainly.negative",
            "Mainly negative calls",
            lambda of: of.average_sentiment.mainly.negative,
        ),
    )
    for figure, title, rate in kinds:
        its, others = rate(this), rate(other)
        sides = [
            Side(value=one.rate, numerator=one.numerator, denominator=one.denominator)
            for one in (its, others)
        ]
        interval = None
        if its.denominator and others.denominator:
            interval = newcombe(its.numerator, its.denominator, others.numerator, others.denominator)
        yield _difference(figure, title, "ratio", *sides, interval=interval)


def _counts(this: Analytics, other: Analytics) -> Iterator[Difference]:
    titles = {
        "total_calls": "Calls",
        "completed": "Completed calls",
        "failed": "Failed calls",
        "in_progress": "Calls in progress",
        "unknown": "Calls of unknown outcome",
    }
    for name, title in titles.items():
        its, others = getattr(this.statistics, name), getattr(other.statistics, name)
        if its or others or name != "unknown":
            yield _difference(f"statistics.{name}", title, "calls", Side(value=its), Side(value=others))


def _durations(this: Duration, other: Duration) -> Iterator[Difference]:
    titles = {"mean": "Mean duration", "median": "Median duration", "p95": "95th percentile of durations"}
    for name, title in titles.items():
        sides = [Side(value=getattr(of, name), denominator=of.calls) for of in (this, other)]
        interval, reason = _welch_of(this, other) if name == "mean" else (None, None)
        yield _difference(f"duration.{name}", title, "seconds", *sides, interval=interval, reason=reason)


def _welch_of(this: Duration, other: Duration) -> tuple[Interval | None, str | None]:
    """The interval of the mean durations, or why there is none."""
    if this.mean is None or other.mean is None:
        return None, None
    if this.standard_deviation is None or other.standard_deviation is None:
        return None, "an interval needs two calls with a duration on each side"
    if not this.standard_deviation and not other.standard_deviation:
        return None, "an interval needs durations that vary"
    return welch(
        this.mean, this.standard_deviation, this.calls, other.mean, other.standard_deviation, other.calls
    ), None


def _engagement(this: Analytics, other: Analytics) -> Difference:
    its, others = (
        Side(value=of.engagement.score.mean, denominator=of.engagement.score.calls) for of in (this, other)
    )
    return _difference("engagement.score.mean", "Mean engagement score", "0 to 1", its, others)


def _costs(this: Iterable[CurrencyCost], other: Iterable[CurrencyCost]) -> Iterator[Difference]:
    """Each currency by itself, one that a side lacks too; what the export doesn't name comes last."""
    titles = {
        "total": ("Total cost", "calls"),
        "mean": ("Mean cost", "calls"),
        "per_completed_call": ("Cost per completed call", "completed_calls"),
        "per_minute": ("Cost per minute", "timed_calls"),
    }
    blocks = [{block.currency: block for block in side} for side in (this, other)]
    for currency in sorted({*blocks[0], *blocks[1]}, key=lambda one: (one is None, one or "")):
        for name, (title, calls) in titles.items():
            sides = [
                Side(value=getattr(side[currency], name), denominator=getattr(side[currency], calls))
                if currency in side
                else Side(denominator=0)
                for side in blocks
            ]
            yield _difference(
                f"cost.currencies.{name}",
                f"{title}, {currency or 'currency not named'}",
                "money",
                *sides,
                currency=currency,
            )


def _difference(
    figure: str,
    title: str,
    unit: str,
    this: Side,
    other: Side,
    *,
    currency: str | None = None,
    interval: Interval | None = None,
    reason: str | None = None,
) -> Difference:
    """One difference and its sentence."""
    without = [name for name, side in (("this", this), ("the other", other)) if side.value is None]
    if without:
        where = "either selection" if len(without) == 2 else f"{without[0]} selection"
        reason = f"no call in {where} has a value for it"
    difference = _minus(this, other)
    can_be_chance = None if interval is None else interval.holds_zero
    return Difference(
        figure=figure,
        title=title,
        unit=unit,
        currency=currency,
        this=this,
        other=other,
        difference=difference,
        interval=interval,
        can_be_chance=can_be_chance,
        reason=reason,
        sentence=_sentence(title, unit, currency, difference, interval, reason),
    )


def _minus(this: Side, other: Side) -> Amount | None:
    """The exact difference of what the two values say, in their type."""
    if this.value is None or other.value is None:
        return None
    if this.numerator is not None and this.denominator and other.numerator is not None and other.denominator:
        exact = Fraction(this.numerator, this.denominator) - Fraction(other.numerator, other.denominator)
        return float(exact)
    exactly = Decimal(str(this.value)) - Decimal(str(other.value))
    return exactly if isinstance(this.value, Decimal) else type(this.value)(exactly)


def _sentence(
    title: str,
    unit: str,
    currency: str | None,
    difference: Amount | None,
    interval: Interval | None,
    reason: str | None,
) -> str:
    if difference is None:
        return f"{title}: no difference is known, because {reason}."
    bounds: list[Amount] = [] if interval is None else [interval.lower, interval.upper]
    amount, *shown = _numbers(unit, difference, *bounds)
    amount = amount.removeprefix(_MINUS)
    named = f"{amount}{_SUFFIXES.get(unit) or (f' {currency}' if currency else '')}"
    if not difference:
        found = "the same in both"
    elif unit == "calls":
        found = f"{amount} {'more' if difference > 0 else 'fewer'}"
    else:
        found = f"{'higher' if difference > 0 else 'lower'} by {named}"
    if interval is None:
        return f"{title}: {found}{f'; {reason}' if reason else ''}."
    found += f" (95 % interval {' to '.join(shown)})"
    if not difference:
        return f"{title}: {found}."
    verdict = "can be chance" if interval.holds_zero else "is hardly chance"
    return f"{title}: {found}; the difference {verdict}."


def _numbers(unit: str, *values: Amount) -> list[str]:
    """Numbers as a sentence shows them: with as many decimals as keep what isn't 0 from looking like it."""
    if unit == "calls":
        shown = [f"{value:,}" for value in values]
    elif unit == "money":
        shown = [money_text(Decimal(value)) for value in values]
    else:
        scaled = [100 * value if unit == "ratio" else value for value in values]
        places = 2 if unit == "0 to 1" else 1
        while places < _MOST_PLACES and any(one and not round(one, places) for one in scaled):
            places += 1
        shown = [f"{one:,.{places}f}" for one in scaled]
    return [text.replace("-", _MINUS) for text in shown]
