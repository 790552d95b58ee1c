"""Two selections side by side: differences, and whether they can be chance."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from batchlake.models.comparison import Difference
from batchlake.reports.figures.comparison import compare_selections
from tests.reports.documents import analytics, cost, rate


def rates(**given: Any) -> dict[str, Any]:
    return {"rates": given}


def difference(figure: str, this: dict[str, Any], other: dict[str, Any], **where: Any) -> Difference:
    """The one difference of a figure (in a currency)."""
    found = compare_selections(analytics(**this), analytics(**other)).differences
    (one,) = [
        one
        for one in found
        if one.figure == figure and all(getattr(one, name) == value for name, value in where.items())
    ]
    return one


def sentence(figure: str, this: dict[str, Any], other: dict[str, Any], **where: Any) -> str:
    return difference(figure, this, other, **where).sentence


def test_rates_have_an_interval_and_a_sentence() -> None:
    """Newcombe's first example: 56 of 70 against 48 of 80 is unlikely to be chance."""
    found = difference(
        "rates.completed_of_finished",
        rates(completed_of_finished=rate(56, 70)),
        rates(completed_of_finished=rate(48, 80)),
    )
    assert found.difference == 0.2
    assert found.this.model_dump() == {"value": 0.8, "numerator": 56, "denominator": 70}
    assert found.interval is not None
    assert (round(found.interval.lower, 4), round(found.interval.upper, 4)) == (0.0524, 0.3339)
    assert found.can_be_chance is False
    assert found.sentence == (
        "Completed of finished: higher by 20.0 points (95 % interval 5.2 to 33.4 points); "
        "the difference is unlikely to be chance."
    )


@pytest.mark.parametrize(
    ("this", "other", "said"),
    [
        (
            rate(5, 56),
            rate(0, 29),
            "Success rate: higher by 8.9 points (95 % interval −3.8 to 19.3 points); "
            "the difference can be chance.",
        ),
        (
            rate(0, 29),
            rate(5, 56),
            "Success rate: lower by 8.9 points (95 % interval −19.3 to 3.8 points); "
            "the difference can be chance.",
        ),
        (rate(0, 10), rate(0, 10), "Success rate: the same in both (95 % interval −27.8 to 27.8 points)."),
        (
            rate(500_001, 1_000_000),
            rate(500_000, 1_000_000),
            "Success rate: higher by 0.0001 points (95 % interval −0.1 to 0.1 points); "
            "the difference can be chance.",
        ),
        (
            rate(3, 4),
            rate(0, 0),
            "Success rate: no difference is known, because "
            "no call in the other selection has a value for it.",
        ),
        (
            rate(0, 0),
            rate(0, 0),
            "Success rate: no difference is known, because no call in either selection has a value for it.",
        ),
    ],
)
def test_the_sentence_says_all_of_it(this: dict[str, Any], other: dict[str, Any], said: str) -> None:
    """Higher or lower by points, between which ends, and whether chance explains it."""
    found = difference(
        "rates.completed_of_total", rates(completed_of_total=this), rates(completed_of_total=other)
    )
    assert found.sentence == said
    if not (this["denominator"] and other["denominator"]):
        assert (found.difference, found.interval, found.can_be_chance) == (None, None, None)
        assert found.reason


def test_counts_differ_and_no_more() -> None:
    """A count has a difference in calls; outcomes that no side has aren't told of."""
    this = {"statistics": {"total_calls": 1_500, "completed": 1_400, "failed": 100}}
    other = {"statistics": {"total_calls": 100, "completed": 50, "failed": 100, "in_progress": 1}}
    assert sentence("statistics.total_calls", this, other) == "Calls: 1,400 more."
    assert sentence("statistics.in_progress", this, other) == "In progress: 1 fewer."
    assert sentence("statistics.failed", this, other) == "Failed: the same in both."
    found = compare_selections(analytics(**this), analytics(**other))
    assert "statistics.unknown" not in {one.figure for one in found.differences}
    assert all(one.interval is None for one in found.differences if one.unit == "calls")


def duration(**given: Any) -> dict[str, Any]:
    return {"duration": given}


def test_durations_have_an_interval_where_their_spread_is_known() -> None:
    """Student's sleep data, as R answers; medians have none."""
    this = duration(mean=0.75, standard_deviation=1.789010, calls=10, median=0.35)
    other = duration(mean=2.33, standard_deviation=2.002249, calls=10, median=1.75)
    found = difference("duration.mean", this, other)
    assert found.difference == -1.58
    assert found.sentence == (
        "Mean duration: lower by 1.6\u202fs (95 % interval −3.4\u202fs to 0.2\u202fs); "
        "the difference can be chance."
    )
    assert sentence("duration.median", this, other) == "Median duration: lower by 1.4\u202fs."


@pytest.mark.parametrize(
    ("this", "other", "said"),
    [
        (
            duration(mean=60.0, calls=1),
            duration(mean=50.0, calls=9, standard_deviation=2.0),
            "Mean duration: higher by 10\u202fs; an interval needs two calls with a duration on each side.",
        ),
        (
            duration(mean=60.0, calls=3, standard_deviation=0.0),
            duration(mean=60.0, calls=9, standard_deviation=0.0),
            "Mean duration: the same in both; an interval needs durations that vary.",
        ),
        (
            duration(),
            duration(mean=60.0, calls=9, standard_deviation=1.0),
            "Mean duration: no difference is known, because no call in this selection has a value for it.",
        ),
    ],
)
def test_too_few_durations_have_a_reason(this: dict[str, Any], other: dict[str, Any], said: str) -> None:
    """And no interval."""
    assert sentence("duration.mean", this, other) == said


def test_money_is_compared_within_a_currency() -> None:
    """Exact decimals from end to end; a currency that one side lacks is told of, the unnamed one last."""
    this = {
        "cost": {
            "currencies": [
                cost("USD", 3, total="0.30", mean="0.10", per_minute="0.05", timed_calls=3),
                cost(None, 1, total="2"),
            ]
        }
    }
    other = {"cost": {"currencies": [cost("USD", 4, total="0.400001", mean="0.10"), cost("EUR", 1)]}}
    found = difference("cost.currencies.total", this, other, currency="USD")
    assert found.difference == Decimal("-0.100001")
    assert found.sentence == "Total cost, USD: lower by 0.10 USD."
    assert json.loads(found.model_dump_json())["difference"] == "-0.100001"
    assert (
        sentence("cost.currencies.mean", this, other, currency="USD") == "Mean cost, USD: the same in both."
    )
    assert "no call in this selection" in sentence("cost.currencies.mean", this, other, currency="EUR")
    assert "no call in the other selection" in sentence(
        "cost.currencies.per_minute", this, other, currency="USD"
    )
    currencies = [
        one.currency for one in compare_selections(analytics(**this), analytics(**other)).differences
    ]
    assert list(dict.fromkeys(currencies[-12:])) == ["EUR", "USD", None]


def test_nothing_is_compared_with_nothing() -> None:
    """Two selections of no call: counts are the same, the rest isn't known, and each says so."""
    found = compare_selections(analytics("calls of b1"), analytics("calls of b2"))
    assert (found.this, found.other) == ("calls of b1", "calls of b2")
    for one in found.differences:
        assert (one.difference == 0) == (one.unit == "calls")
        assert bool(one.reason) == (one.unit != "calls")
    assert found.notes
