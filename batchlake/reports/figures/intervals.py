"""Intervals at 95 %, from counts and means: in which the true rate or difference lies 95 times of 100."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from batchlake.models.comparison import Interval

CONFIDENCE: Final = 0.95

_NORMAL_QUANTILE: Final = 1.959963984540054


def wilson(numerator: int, denominator: int) -> Interval:
    """The score interval of one rate: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212.

    >>> interval = wilson(56, 70)
    >>> f"{interval.lower:.4f} to {interval.upper:.4f}"
    '0.6918 to 0.8770'
    """
    squared = _NORMAL_QUANTILE**2
    middle = 2 * numerator + squared
    spread = _NORMAL_QUANTILE * math.sqrt(squared + 4 * numerator * (denominator - numerator) / denominator)
    whole = 2 * (denominator + squared)
    # Rounding leaves these two one last digit off the end.
    lower = (middle - spread) / whole if numerator else 0.0
    upper = (middle + spread) / whole if numerator < denominator else 1.0
    return Interval(lower=lower, upper=upper)


def newcombe(numerator: int, denominator: int, other_numerator: int, other_denominator: int) -> Interval:
    """The interval of the difference of two independent rates, at any numbers of calls above 0.

    The hybrid score interval without continuity correction, method 10 of R. G. Newcombe, "Interval estimation
    for the difference between independent proportions", Statistics in Medicine 17 (1998) 873-890.

    >>> interval = newcombe(56, 70, 48, 80)
    >>> f"{interval.lower:.4f} to {interval.upper:.4f}"
    '0.0524 to 0.3339'
    """
    rate, other = numerator / denominator, other_numerator / other_denominator
    its, others = wilson(numerator, denominator), wilson(other_numerator, other_denominator)
    return Interval(
        lower=rate - other - math.hypot(rate - its.lower, others.upper - other),
        upper=rate - other + math.hypot(its.upper - rate, other - others.lower),
    )


def welch(
    mean: float,
    standard_deviation: float,
    calls: int,
    other_mean: float,
    other_standard_deviation: float,
    other_calls: int,
) -> Interval:
    """The interval of the difference of two means whose spreads may differ, of two calls or more each.

    B. L. Welch, Biometrika 34 (1947) 28-35. Deviations are those of a sample (n - 1), and not both 0.
    """
    its, others = standard_deviation**2 / calls, other_standard_deviation**2 / other_calls
    freedom = (its + others) ** 2 / (its**2 / (calls - 1) + others**2 / (other_calls - 1))
    reach = _student_quantile(freedom) * math.sqrt(its + others)
    return Interval(lower=mean - other_mean - reach, upper=mean - other_mean + reach)


def _student_quantile(freedom: float) -> float:
    """What Student's t is within 95 times of 100, either side of 0; `freedom` is 1 or more.

    Newton's method from the normal distribution's value, which is below: it rises to the answer.
    """
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2))
    scale /= math.sqrt(freedom * math.pi)

    def density(value: float) -> float:
        return scale * math.exp(-(freedom + 1) / 2 * math.log1p(value * value / freedom))

    quantile = _NORMAL_QUANTILE
    for _ in range(50):
        missing = CONFIDENCE / 2 - _integral(density, quantile)
        step = missing / density(quantile)
        quantile += step
        if abs(step) < 1e-10:
            break
    return quantile


def _integral(curve: Callable[[float], float], end: float, pieces: int = 400) -> float:
    """From 0 to `end`, by Simpson's rule."""
    width = end / pieces
    inner = sum((4 if place % 2 else 2) * curve(place * width) for place in range(1, pieces))
    return width / 3 * (curve(0) + inner + curve(end))
