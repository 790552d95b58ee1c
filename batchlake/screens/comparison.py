"""A comparison of two selections, or of two periods, as a screen.

Input: two `Analytics` and the comparison of their figures. Output: lines: which two, then a row a figure
with its change and whether that can be chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from batchlake.filters.values.period import Period
from batchlake.models.analytics import Analytics
from batchlake.models.comparison import Difference, SelectionComparison
from batchlake.screens.page import Page, padded
from batchlake.text import looks

_TITLES: Final = {
    "rates.completed_of_total": "success",
    "rates.success_of_known": "success flag",
    "average_sentiment.mainly.positive": "positive",
    "average_sentiment.mainly.negative": "negative",
    "duration.mean": "avg call",
    "duration.median": "median",
    "duration.p95": "p95",
    "engagement.score.mean": "engagement",
}
_COSTS: Final = {"total": "cost", "per_completed_call": "per completed", "per_minute": "per minute"}
_ORDER: Final = (
    "success", "avg call", "cost", "per completed", "per minute", "median", "p95", "calls",
    "success flag", "positive", "negative", "engagement",
)  # fmt: skip
_RIGHT: Final = (False, True, True, False, False)


def comparison(
    this: Analytics,
    before: Analytics,
    compared: SelectionComparison,
    page: Page,
    periods: tuple[Period, Period] | None = None,
) -> Iterator[str]:
    """The lines of the screen."""
    yield from _sides(this, before, page, periods)
    yield ""
    rows = _rows(compared)
    head = ("figure", "this", "before" if periods else "other", "change", "")
    texts = [head, *rows]
    widths = [max(len(row[place]) for row in texts) for place in range(5)]
    if page.width < sum(widths) + 8:
        # Without its interval; in narrow terminals the verdict goes as well.
        texts = [(*row[:4], row[4].partition(",")[0]) for row in texts]
        widths[4] = max(len(row[4]) for row in texts)
        widths[4] = widths[4] if page.width >= sum(widths) + 8 else 0
    for number, row in enumerate(texts):
        cells = [
            padded(page.bold(words) if not number else words, width, right=to_right)
            for words, width, to_right in zip(row, widths, _RIGHT, strict=True)
            if width
        ]
        yield "  ".join(cells).rstrip()
        if not number:
            yield page.dim("  ".join("─" * width for width in widths if width))


def _sides(
    this: Analytics, before: Analytics, page: Page, periods: tuple[Period, Period] | None
) -> Iterator[str]:
    names = ("this", "before") if periods else ("this", "other")
    words = [bounds(one, page.clock) for one in periods] if periods else [this.selection, before.selection]
    room = max(map(len, words))
    for name, which, found in zip(names, words, (this, before), strict=True):
        calls = looks.count(found.statistics.total_calls)
        if not periods:
            yield f"{page.bold(padded(name, 6))}  {which} {calls} calls."
        else:
            yield f"{page.bold(padded(name, 6))}  {padded(which, room)}  {padded(calls, 8, right=True)} calls"


def bounds(period: Period, clock: looks.Clock) -> str:
    """`21 Nov 00:00 to 27 Nov 15:02, now`."""
    start = clock.minute(period.start) if period.start else "the first call"
    if period.end is None or period.is_running:
        return f"{start} to {clock.minute(period.now)}, now"
    return f"{start} to {clock.minute(period.end)}"


def _rows(compared: SelectionComparison) -> list[tuple[str, str, str, str, str]]:
    """The figures in their order; of costs, a line for each currency below the first."""
    found = [(row[0], row) for one in compared.differences if (row := _row(one))]
    found.sort(key=lambda item: _ORDER.index(item[0]))
    rows = []
    before = ""
    for title, row in found:
        rows.append(("" if title == before else title, *row[1:]))
        before = title
    return rows


def _row(one: Difference) -> tuple[str, str, str, str, str] | None:
    """A figure's row; None for a figure that the screen leaves to JSON."""
    title = title_of(one)
    if title is None or (one.this.value is None and one.other.value is None):
        return None
    change = "–" if one.difference is None else _change(one)
    return title, _shown(one.this.value, one), _shown(one.other.value, one), change, _chance(one)


def title_of(one: Difference) -> str | None:
    """What a figure is called on the screen."""
    if one.figure in _TITLES:
        return _TITLES[one.figure]
    if one.unit == "money":
        return next((title for key, title in _COSTS.items() if one.figure.endswith(key)), None)
    if one.figure in ("statistics.total_calls", "total_calls"):
        return "calls"
    return None


def _shown(value: int | float | Decimal | None, one: Difference) -> str:
    if value is None:
        return looks.NOTHING
    if one.unit == "ratio":
        return looks.rate(float(value))
    if one.unit == "seconds":
        return looks.duration(float(value))
    if one.unit == "money":
        return looks.money(Decimal(value), one.currency, _least(one))
    return looks.count(value) if isinstance(value, int) else f"{value:,.2f}"


def _change(one: Difference) -> str:
    value = one.difference
    assert value is not None  # noqa: S101 - asked before
    if one.unit == "ratio":
        return looks.points(float(value))
    sign = "+" if value > 0 else ""
    if one.unit == "seconds":
        return f"{sign}{looks.duration(float(value))}"
    if one.unit == "money":
        sides = [Decimal(side.value) for side in (one.this, one.other) if side.value is not None]
        shown = looks.amount(Decimal(value), looks.decimals_for(sides, _least(one)), signed=True)
        return f"{shown} {one.currency}" if one.currency else shown
    return f"{sign}{_shown(value, one)}".replace("-", looks.MINUS)


def _least(one: Difference) -> int:
    return looks.CENTS if one.figure.endswith("total") else looks.PRICE


def _chance(one: Difference) -> str:
    if one.interval is None:
        return one.reason or ""
    word = "hardly chance" if not one.interval.holds_zero else "can be chance"
    factor = 100 if one.unit == "ratio" else 1
    decimals = 1 if one.unit in ("ratio", "seconds") else 2
    ends = [
        f"{factor * end:+,.{decimals}f}".replace("-", looks.MINUS)
        for end in (one.interval.lower, one.interval.upper)
    ]
    return f"{word}, {ends[0]} to {ends[1]}"
