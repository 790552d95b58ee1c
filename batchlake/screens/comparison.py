"""A comparison of two selections, or of two periods, as a screen.

Input: two `Analytics` and the comparison of their figures. Output: lines: which two, then a row a figure
with its change and whether that can be chance. In a narrow terminal the intervals go first, then what can be
chance, then the other selection's figures, and a note says so; below that figures stand one below the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from batchlake.filters.values.period import Period
from batchlake.models.analytics import Analytics
from batchlake.models.comparison import Difference, SelectionComparison
from batchlake.output.pager import fill
from batchlake.screens.page import Page, padded
from batchlake.text import looks
from batchlake.text.terminal import printed_width

Row = tuple[str, str, str, str, str]

_TITLES: Final = {
    "statistics.total_calls": "calls",
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
COLUMNS: Final = ("figure", "this", "before", "change", "chance")
"""What a figure's row holds, as `--columns` names it; `other` is another name of `before`."""

_RIGHT: Final = {"this", "before"}
_INDENT: Final = 8
_ENOUGH: Final = 24
"""A text that wraps has so many columns at least."""

_NARROWER: Final = (
    (COLUMNS, False, ()),
    (COLUMNS, True, ("intervals",)),
    (COLUMNS[:-1], True, ("chance",)),
    (("figure", "this", "change"), True, ("before", "chance")),
)
"""From wide to narrow: the columns, whether without intervals, and what a note says that there is no room
for."""


@dataclass(frozen=True, slots=True)
class ComparisonScreen:
    """The screen, laid out.

    Attributes:
        sides: lines that say which two selections.
        rows: a figure each, in the order of `COLUMNS`.
        page: what it is laid out for.
        periods: whether the selections are two periods.
        columns: those that are shown.
        short: the verdicts stand without their intervals.
        missing: what there is no room for.
        vertical: figures stand one below the other.
    """

    sides: list[str]
    rows: list[Row]
    page: Page
    periods: bool
    columns: tuple[str, ...]
    short: bool
    missing: tuple[str, ...]
    vertical: bool

    def lines(self, limit: int | None = None) -> Iterator[str]:
        """The lines; with a limit of so many figures."""
        yield from self.sides
        yield ""
        rows = self.rows[:limit]
        if self.vertical:
            yield from self._records(rows)
            return
        texts = [tuple(map(self._heading, self.columns)), *(self._cells(row) for row in rows)]
        widths = _widths(texts)
        for number, row in enumerate(texts):
            cells = [
                padded(words if number else self.page.bold(words), width, right=name in _RIGHT)
                for name, words, width in zip(self.columns, row, widths, strict=True)
            ]
            yield "  ".join(cells).rstrip()
            if not number:
                yield self.page.dim("  ".join("─" * width for width in widths))

    def notes(self, limit: int | None = None) -> list[str]:
        """What isn't shown, in sentences."""
        notes = []
        if self.missing:
            missing = [self._heading(name) or name for name in self.missing]
            notes.append(f"No room for {looks.listed(missing)}: --wide, --columns or -x.")
        if limit is not None and limit < len(self.rows):
            notes.append(f"Only {limit} of {len(self.rows)} figures are shown; --limit N shows more.")
        return notes

    def _heading(self, name: str) -> str:
        """A column's heading; the verdicts have none."""
        if name == "chance":
            return ""
        return "other" if name == "before" and not self.periods else name

    def _cells(self, row: Row) -> tuple[str, ...]:
        """What of a figure's row is shown, in the order of the columns."""
        of = dict(zip(COLUMNS, row, strict=True))
        if self.short:
            of["chance"] = of["chance"].partition(",")[0]
        return tuple(of[name] for name in self.columns)

    def _records(self, rows: Sequence[Row]) -> Iterator[str]:
        """The figures one below the other, each with its values by name."""
        title = ""
        for number, row in enumerate(rows):
            of = dict(zip(COLUMNS, row, strict=True))
            title = of["figure"] or title
            if number:
                yield ""
            yield self.page.dim(f"─ {title}")
            for name in (one for one in self.columns if one != "figure" and of[one]):
                head = self._heading(name) or name
                room = max(self.page.width - _INDENT, _ENOUGH)
                for at, line in enumerate(fill(of[name], room)):
                    yield f"{self.page.bold(padded('' if at else head, _INDENT - 2))}  {line}"


def comparison(
    this: Analytics,
    before: Analytics,
    compared: SelectionComparison,
    page: Page,
    periods: tuple[Period, Period] | None = None,
    *,
    wide: bool = False,
    vertical: bool = False,
    columns: Sequence[str] = (),
) -> ComparisonScreen:
    """The screen.

    Args:
        this, before: the two selections' figures.
        compared: what differs.
        page: what to lay it out for.
        periods: which periods they are.
        wide: whatever the page's width.
        vertical: figures one below the other.
        columns: those that were named, which are never left out.
    """
    rows = _rows(compared)

    def laid_out(
        shown: tuple[str, ...], *, short: bool = False, missing: tuple[str, ...] = (), below: bool = False
    ) -> ComparisonScreen:
        sides = list(_sides(this, before, page, periods))
        return ComparisonScreen(sides, rows, page, bool(periods), shown, short, missing, below)

    if vertical or columns or wide:
        return laid_out(tuple(columns) or COLUMNS, below=vertical)
    for shown, short, missing in _NARROWER:
        screen = laid_out(shown, short=short, missing=missing)
        texts = [tuple(map(screen._heading, shown)), *map(screen._cells, rows)]
        if sum(_widths(texts)) + 2 * (len(shown) - 1) <= page.width:
            return screen
    return laid_out(COLUMNS, below=True)


def _widths(texts: Sequence[Sequence[str]]) -> list[int]:
    """How wide each column is."""
    return [max(map(printed_width, column)) for column in zip(*texts, strict=True)]


def _sides(
    this: Analytics, before: Analytics, page: Page, periods: tuple[Period, Period] | None
) -> Iterator[str]:
    """A line, or several, for each side: its name, which calls it is of, and how many."""
    names = ("this", "before") if periods else ("this", "other")
    words = [bounds(one, page.clock) for one in periods] if periods else [this.selection, before.selection]
    counts = [looks.count(found.statistics.total_calls) for found in (this, before)]
    room = max(map(len, words))
    fits = bool(periods) and _INDENT + room + len("  12345678 calls") <= page.width
    for name, which, calls in zip(names, words, counts, strict=True):
        head = page.bold(padded(name, _INDENT - 2))
        if fits:
            yield f"{head}  {padded(which, room)}  {padded(calls, 8, right=True)} calls"
            continue
        words_of_side = f"{which}: {calls} calls" if periods else f"{which} {calls} calls."
        for number, line in enumerate(fill(words_of_side, max(page.width - _INDENT, _ENOUGH))):
            yield f"{' ' * _INDENT if number else f'{head}  '}{line}"


def bounds(period: Period, clock: looks.Clock) -> str:
    """`21 Nov 00:00 to 27 Nov 15:02, now`."""
    start = clock.minute(period.start) if period.start else "the first call"
    if period.end is None or period.is_running:
        return f"{start} to {clock.minute(period.now)}, now"
    return f"{start} to {clock.minute(period.end)}"


def _rows(compared: SelectionComparison) -> list[Row]:
    """The figures in their order; of costs, a line for each currency below the first."""
    found = [(row[0], row) for one in compared.differences if (row := _row(one))]
    found.sort(key=lambda item: _ORDER.index(item[0]))
    rows = []
    before = ""
    for title, row in found:
        rows.append(("" if title == before else title, *row[1:]))
        before = title
    return rows


def _row(one: Difference) -> Row | None:
    """A figure's row; None for a figure that the screen leaves to JSON."""
    title = _title_of(one)
    if title is None or (one.this.value is None and one.other.value is None):
        return None
    change = "–" if one.difference is None else _change(one)
    return title, _shown(one.this.value, one), _shown(one.other.value, one), change, _chance(one)


def _title_of(one: Difference) -> str | None:
    """What a figure is called on the screen; None for one that it leaves to JSON."""
    if one.unit == "money":
        return next((title for key, title in _COSTS.items() if one.figure.endswith(key)), None)
    return _TITLES.get(one.figure)


def _shown(value: int | float | Decimal | None, one: Difference) -> str:
    """A value in the unit of its figure."""
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
    """A difference with its sign, in the unit of its figure."""
    value = one.difference
    assert value is not None  # noqa: S101 - asked before
    if one.unit == "ratio":
        return looks.points(float(value))
    if one.unit == "seconds":
        return looks.duration(float(value), signed=True)
    if one.unit == "money":
        sides = [Decimal(side.value) for side in (one.this, one.other) if side.value is not None]
        shown = looks.amount(Decimal(value), looks.decimals_for(sides, _least(one)), signed=True)
        return f"{shown} {one.currency}" if one.currency else shown
    return f"{'+' if value > 0 else ''}{_shown(value, one)}".replace("-", looks.MINUS)


def _least(one: Difference) -> int:
    """How many decimals an amount has at least."""
    return looks.CENTS if one.figure.endswith("total") else looks.PRICE


def _chance(one: Difference) -> str:
    """Whether a difference can be chance, and its interval; empty where a side has no value."""
    if one.interval is None:
        # Where a side has no value, its `–` says so; JSON says why nothing can be told of the others.
        return "can't be told" if one.reason and one.difference is not None else ""
    word = "rarely chance" if not one.interval.holds_zero else "can be chance"
    factor = 100 if one.unit == "ratio" else 1
    decimals = 1 if one.unit in ("ratio", "seconds") else 2
    ends = [
        f"{factor * end:+,.{decimals}f}".replace("-", looks.MINUS)
        for end in (one.interval.lower, one.interval.upper)
    ]
    return f"{word}, {ends[0]} to {ends[1]}"
