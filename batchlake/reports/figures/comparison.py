"""Two selections side by side: what differs, and whether the difference can be chance.

Input: the analytics of two selections. Output: differences, always this selection less the other. Intervals
are at 95 % and take the calls of a selection for a sample of all calls that could have been made alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from batchlake.models.analytics import Analytics
from batchlake.models.blocks import Duration, Group
from batchlake.models.comparison import (
    Difference,
    FigureValue,
    GroupDifferences,
    Interval,
    SelectionComparison,
    Side,
)
from batchlake.reports.figures.figure import Figure, figures
from batchlake.reports.figures.intervals import newcombe, welch
from batchlake.reports.wording import NO_CURRENCY, amount_text

Figured = Analytics | Group

COMPARED_FAMILIES: Final = ("calls", "success", "duration", "cost", "sentiment", "engagement")
"""The families whose figures are compared: of what is only compared, the others are not computed."""

_UNKNOWN: Final = "statistics.unknown"
_MEAN_DURATION: Final = "duration.mean"
_COMPARED: Final = (
    "rates.completed_of_total.rate",
    "rates.completed_of_finished.rate",
    "rates.success_of_known.rate",
    "average_sentiment.mainly.positive.rate",
    "average_sentiment.mainly.negative.rate",
    "statistics.total_calls",
    "statistics.completed",
    "statistics.failed",
    "statistics.in_progress",
    _UNKNOWN,
    _MEAN_DURATION,
    "duration.median",
    "duration.p95",
    "engagement.score.mean",
)
_COMPARED_COSTS: Final = tuple(
    f"cost.currencies.*.{name}" for name in ("total", "mean", "per_completed_call", "per_minute")
)


def compare_selections(this: Analytics, other: Analytics) -> SelectionComparison:
    """Every figure that both have and that can be compared, of all their calls; of each group too, where both
    are grouped alike.

    Figures are rates, counts, durations, engagement, and costs in each currency. A group that one of the two
    lacks has no calls there.
    """
    pairs: dict[tuple[Any, ...], list[Group | None]] = {}
    if this.by == other.by:
        for place, of in enumerate((this, other)):
            for group in of.groups:
                pairs.setdefault(tuple(group.keys.values()), [None, None])[place] = group
    return SelectionComparison(
        this=this.selection,
        other=other.selection,
        differences=list(_differences(this, other)),
        groups=[
            GroupDifferences(keys=dict(zip(this.by, key, strict=True)), differences=list(_differences(*pair)))
            for key, pair in pairs.items()
        ],
    )


def _differences(this: Figured | None, other: Figured | None) -> Iterator[Difference]:
    """The differences of two blocks of figures, at most one of them missing."""
    sides = [{(one.name, one.currency): one for one in figures(of)} if of else {} for of in (this, other)]
    durations = [of.duration if of else Duration() for of in (this, other)]
    for name in _COMPARED:
        known = [side.get((name, None)) for side in sides]
        figure = known[0] or known[1]
        if figure is None or (name == _UNKNOWN and not any(one and one.value for one in known)):
            # Of a family that wasn't asked for; or of no call.
            continue
        interval, reason = _welch_of(*durations) if name == _MEAN_DURATION else (None, None)
        its, others = (_side(one, figure.unit) for one in known)
        yield _difference(figure, its, others, interval, reason)
    costs = [of.cost if of else None for of in (this, other)]
    currencies = {block.currency for cost in costs if cost for block in cost.currencies}
    for currency in sorted(currencies, key=lambda one: (one is None, one or "")):
        for name in _COMPARED_COSTS:
            one, *_ = (side[name, currency] for side in sides if (name, currency) in side)
            titled = one.model_copy(update={"title": f"{one.title}, {currency or NO_CURRENCY}"})
            its, others = (_side(side.get((name, currency)), one.unit) for side in sides)
            yield _difference(titled, its, others)


def _side(of: Figure | None, unit: str) -> Side:
    """A selection's figure; where it has none, no calls are counted and nothing else is known."""
    if of is None:
        return Side(value=0) if unit == "calls" else Side(denominator=0)
    return Side(value=of.value, numerator=of.numerator, denominator=of.denominator)


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


def _difference(
    figure: Figure, this: Side, other: Side, interval: Interval | None = None, reason: str | None = None
) -> Difference:
    """One difference and its sentence."""
    without = [name for name, side in (("this", this), ("the other", other)) if side.value is None]
    if without:
        where = "either selection" if len(without) == 2 else f"{without[0]} selection"
        reason = f"no call in {where} has a value for it"
    elif figure.unit == "ratio":
        interval = newcombe(*_whole(this), *_whole(other))
    difference = _minus(this, other)
    return Difference(
        figure=figure.name.replace(".*", "").removesuffix(".rate"),
        title=figure.title,
        unit=figure.unit,
        currency=figure.currency,
        this=this,
        other=other,
        difference=difference,
        interval=interval,
        can_be_chance=None if interval is None else interval.holds_zero,
        reason=reason,
        sentence=_sentence(figure, difference, interval, reason),
    )


def _whole(side: Side) -> tuple[int, int]:
    """A rate's numerator and denominator."""
    return int(side.numerator or 0), int(side.denominator or 0)


def _minus(this: Side, other: Side) -> FigureValue | None:
    """The exact difference of what the two values say, in their type."""
    if this.value is None or other.value is None:
        return None
    if this.numerator is not None and other.numerator is not None:
        return float(Fraction(*_whole(this)) - Fraction(*_whole(other)))
    exactly = Decimal(str(this.value)) - Decimal(str(other.value))
    return exactly if isinstance(this.value, Decimal) else type(this.value)(exactly)


def _sentence(
    figure: Figure, difference: FigureValue | None, interval: Interval | None, reason: str | None
) -> str:
    if difference is None:
        return f"{figure.title}: no difference is known, because {reason}."
    unit = "points" if figure.unit == "ratio" else figure.unit
    amount = amount_text(difference if difference > 0 else -difference, unit, figure.currency)
    if not difference:
        found = "the same in both"
    elif unit == "calls":
        found = f"{amount} {'more' if difference > 0 else 'fewer'}"
    else:
        found = f"{'higher' if difference > 0 else 'lower'} by {amount}"
    if interval is None:
        return f"{figure.title}: {found}{f'; {reason}' if reason else ''}."
    lower = amount_text(interval.lower, unit).removesuffix(" points")
    found += f" (95 % interval {lower} to {amount_text(interval.upper, unit)})"
    if not difference:
        return f"{figure.title}: {found}."
    verdict = "can be chance" if interval.holds_zero else "is unlikely to be chance"
    return f"{figure.title}: {found}; the difference {verdict}."
