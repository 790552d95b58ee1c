"""Intervals are those of the literature, and mean what they say."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlake.reports.figures.intervals import newcombe, welch, wilson

# R. G. Newcombe, Statistics in Medicine 17 (1998), table II, method 10.
PUBLISHED = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0000)),
    ((10, 10, 0, 10), (0.6075, 1.0000)),
]

# Percentage points of Student's t, two-sided 5 %, from the printed tables.
STUDENT = [(1, 12.706), (2, 4.303), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980), (10**6, 1.960)]


@pytest.mark.parametrize(("counts", "published"), PUBLISHED)
def test_differences_of_rates_are_the_published_ones(
    counts: tuple[int, int, int, int], published: tuple[float, float]
) -> None:
    """Newcombe's own eight examples, to the four decimals that he gives."""
    interval = newcombe(*counts)
    assert (round(interval.lower, 4), round(interval.upper, 4)) == published


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    denominator = draw(st.integers(1, 10**7))
    return draw(st.integers(0, denominator)), denominator


@given(counts(), counts())
def test_an_interval_of_rates_holds_their_difference(one: tuple[int, int], two: tuple[int, int]) -> None:
    """It lies within -1 and 1, holds what was found, and turns round with the selections."""
    interval, turned = newcombe(*one, *two), newcombe(*two, *one)
    found = one[0] / one[1] - two[0] / two[1]
    assert -1.000_001 <= interval.lower <= found <= interval.upper <= 1.000_001
    assert (turned.lower, turned.upper) == pytest.approx((-interval.upper, -interval.lower), abs=1e-12)


@given(counts())
def test_an_interval_of_a_rate_solves_its_equation(one: tuple[int, int]) -> None:
    """Wilson's ends are the rates p whose distance from the one found is 1.96 of p's own standard errors."""
    numerator, denominator = one
    interval = wilson(numerator, denominator)
    for end in (interval.lower, interval.upper):
        if 0 < end < 1:
            error = math.sqrt(end * (1 - end) / denominator)
            assert abs(numerator / denominator - end) == pytest.approx(1.959964 * error, rel=1e-3)
        else:
            assert end == numerator / denominator


def test_a_difference_of_means_is_the_published_one() -> None:
    """Student's sleep data, as `t.test(extra ~ group, data = sleep)` answers in R's own documentation."""
    interval = welch(0.75, 1.789010, 10, 2.33, 2.002249, 10)
    assert interval.lower == pytest.approx(-3.3654832, abs=1e-5)
    assert interval.upper == pytest.approx(0.2054832, abs=1e-5)


@pytest.mark.parametrize(("freedom", "quantile"), STUDENT)
def test_means_reach_as_far_as_the_tables_say(freedom: int, quantile: float) -> None:
    """Where one side doesn't vary, the degrees of freedom are the other's calls less one."""
    interval = welch(0, math.sqrt(freedom + 1), freedom + 1, 0, 0, 5)
    assert interval.upper == pytest.approx(quantile, abs=5e-4)
    assert interval.lower == -interval.upper


def test_intervals_hold_the_truth_95_times_of_100() -> None:
    """Of 2,000 pairs of samples drawn from known rates and means."""
    draw = random.Random(8)
    rates = means = 0
    for _ in range(2_000):
        one = sum(draw.random() < 0.8 for _ in range(50))
        two = sum(draw.random() < 0.7 for _ in range(40))
        interval = newcombe(one, 50, two, 40)
        rates += interval.lower <= 0.1 <= interval.upper
        moments = []
        for calls, deviation in ((6, 1.0), (15, 4.0)):
            values = [draw.gauss(0, deviation) for _ in range(calls)]
            mean = sum(values) / calls
            spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (calls - 1))
            moments += [mean, spread, calls]
        interval = welch(*moments)
        means += interval.lower <= 0 <= interval.upper
    assert 1_860 <= rates <= 1_940
    assert 1_860 <= means <= 1_940
