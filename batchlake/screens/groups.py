"""`analytics --by` as a table: a row a group, largest first, then all; steps of time in order, with a bar.

Input: the `Analytics` with groups. Output: columns by rank and rows, as `text.ranked` takes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from batchlake.filters.values.period import Period
from batchlake.models.analytics import Analytics
from batchlake.models.blocks import Group
from batchlake.models.group_rows import FIGURES, figure_values
from batchlake.text.cells import Column
from batchlake.text.looks import Clock, word

TIME_STEPS: Final = ("hour", "day", "week", "month", "quarter")
_CYCLES: Final = ("weekday", "hour_of_day", "attempt")
_MOST_STEPS: Final = 1_000

Row = tuple[Any, ...]

FAMILY_OF: Final = {
    "success": "success",
    "avg_call": "duration",
    "median": "duration",
    "p95": "duration",
    "cost": "cost",
    "per_completed": "cost",
    "per_minute": "cost",
    "positive": "sentiment",
    "negative": "sentiment",
    "engagement": "engagement",
    "turns": "engagement",
}
"""Which family a figure is of; the others are of `calls`."""

_ORDINARY: Final = frozenset({"positive", "negative", "engagement", "turns"})
"""Figures that come with --wide, or where their family was asked for."""


def group_columns(found: Analytics, *, families: Sequence[str] = (), wide: bool = False) -> list[Column]:
    """The columns: the keys, calls with a bar where the steps are of time, figures that were asked for."""
    keys = [Column(name.removesuffix("_id"), "text") for name in found.by]
    drawn = [Column("bar", "bar")] if has_bar(found) else []
    figures = [
        column
        for column in FIGURES
        if column.name not in _ORDINARY or wide or FAMILY_OF[column.name] in families
    ]
    figures = [one for one in figures if FAMILY_OF.get(one.name, "calls") in found.families]
    counts = [one for one in figures if one.name == "calls"]
    return [*keys, *counts, *(drawn if counts else []), *(one for one in figures if one not in counts)]


def has_bar(found: Analytics) -> bool:
    """Whether there is a step of time, or a cycle, to be seen as bars."""
    return len(found.by) == 1 and found.by[0] in (*TIME_STEPS, *_CYCLES)


def group_rows(
    found: Analytics, columns: Sequence[Column], clock: Clock, period: Period | None = None
) -> list[Row]:
    """A row a group, in the order of the columns, and last one of all."""
    if not found.by:
        values = figure_values(found)
        return [tuple(values.get(column.name) for column in columns)]
    groups: Sequence[Group] = found.groups
    if has_bar(found):
        groups = sorted(groups, key=lambda group: order(next(iter(group.keys.values()))))
    rows = [
        _row(group, [key_words(name, group.keys[name], clock) for name in found.by], columns)
        for group in groups
    ]
    if has_bar(found) and found.by[0] in TIME_STEPS:
        rows = _with_empty(found.by[0], groups, rows, columns, clock, period)
    blanks = [""] * (len(found.by) - 1)
    whole = figure_values(found)
    figures = columns[len(found.by) :]
    of_all = [None if column.kind == "bar" else whole.get(column.name) for column in figures]
    return [*rows, ("all", *blanks, *of_all)]


def _row(group: Group, keys: Sequence[str], columns: Sequence[Column]) -> Row:
    values = figure_values(group)
    return (
        *keys,
        *(
            values["calls"] if column.kind == "bar" else values.get(column.name)
            for column in columns[len(keys) :]
        ),
    )


def key_words(name: str, value: Any, clock: Clock) -> str:
    """A key as people read it; `so far` behind a step that is running."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in TIME_STEPS:
        return _step_words(name, value, clock)
    if name == "hour_of_day":
        return f"{int(value):02}:00"
    if name in ("status", "outcome", "direction"):
        return word(str(value))
    return str(value)


def _step_words(name: str, value: Any, clock: Clock) -> str:
    if isinstance(value, datetime):
        words, day = clock.minute(value, pad=True), clock.local(value).date()
    else:
        day = _day_of(value)
        words = f"{day.day:>2} {day:%b}" if name in ("day", "week") else f"{day:%b %Y}"
        if name == "quarter":
            words = f"{day.year} Q{(day.month + 2) // 3}"
        if name in ("day", "week") and day.year != clock.local(clock.now).year:
            words = f"{words} {day.year}"
    return f"{words} so far" if _is_running(name, value, day, clock) else words


def _is_running(name: str, value: Any, day: date, clock: Clock) -> bool:
    if isinstance(value, datetime):
        return value <= clock.now < value + timedelta(hours=1)
    today = clock.local(clock.now).date()
    return day <= today < next_step(name, day)


def _day_of(value: Any) -> date:
    if isinstance(value, date):
        return value
    text = str(value)
    if "Q" in text:
        year, _, quarter = text.partition("-Q")
        return date(int(year), 3 * int(quarter) - 2, 1)
    return date.fromisoformat(text if len(text) > len("2026-11") else f"{text}-01")


def next_step(name: str, day: date) -> date:
    """When the step after this one begins."""
    if name in ("day", "week"):
        return day + timedelta(days=7 if name == "week" else 1)
    months = day.year * 12 + day.month - 1 + (3 if name == "quarter" else 1)
    return date(months // 12, months % 12 + 1, 1)


def _with_empty(
    name: str,
    groups: Sequence[Group],
    rows: list[Row],
    columns: Sequence[Column],
    clock: Clock,
    period: Period | None,
) -> list[Row]:
    """The rows with the steps in which there was no call, where the period has a beginning; up to its end,
    or now."""
    if name == "hour" or period is None or period.start is None:
        return rows
    known = {
        _day_of(group.keys[name]): row
        for group, row in zip(groups, rows, strict=True)
        if group.keys[name] is not None
    }
    unknown = [row for group, row in zip(groups, rows, strict=True) if group.keys[name] is None]
    end = min(period.end or clock.now, clock.now)
    step = _begin(name, clock.local(period.start).date())
    found = []
    while step <= clock.local(end).date():
        if period.end is not None and step >= clock.local(period.end).date():
            break
        empty = (0 if column.name in ("calls", "bar") else None for column in columns[1:])
        found.append(known.get(step) or (key_words(name, step, clock), *empty))
        step = next_step(name, step)
        if len(found) > _MOST_STEPS:
            return rows
    return [*found, *unknown]


def _begin(name: str, day: date) -> date:
    if name == "week":
        return day - timedelta(days=day.weekday())
    if name == "day":
        return day
    months = 3 if name == "quarter" else 1
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def order(value: Any) -> tuple[bool, Any]:
    """Where the group of a time, or of a step of a cycle, stands; that of calls without one is last."""
    if value is None:
        return (True, 0)
    if value in _WEEKDAYS:
        return (False, _WEEKDAYS.index(value))
    return (False, value)
