"""`analytics --by --compare` as a table: a row a group, each figure followed by its change, and last of all.

Input: two `Analytics` grouped alike. Output: columns by rank and rows, as `text.ranked` takes them. Groups of
either selection have their row, and currencies of either their line: what one of them lacks is `–`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from batchlake.models.analytics import Analytics
from batchlake.models.blocks import Group
from batchlake.models.group_rows import figure_values
from batchlake.screens.groups import Row, group_columns, has_bar, key_words, order
from batchlake.text.cells import CHANGE, Column
from batchlake.text.looks import Clock

_CHANGES: Final = {
    "count": "count_change",
    "rate": "points",
    "seconds": "seconds_change",
    "money": "money_change",
    "price": "price_change",
    "score": "score_change",
}
"""The kinds of figures, and of what kind their changes are."""

_COUNTS: Final = ("calls", "completed", "failed")
_BEFORE_CALLS: Final = ("cost", "avg_call", "success")
"""Figures that are asked for, the last of them first: how many more calls there are is told behind them."""

Key = tuple[Any, ...]
Money = list[tuple[Decimal | None, str | None]]


def change_columns(
    found: Analytics, *, families: Sequence[str] = (), wide: bool = False, first: Sequence[str] = ()
) -> list[Column]:
    """The keys, then each figure and its change, which are shown both or neither.

    Args:
        found: what was found.
        families: those that were asked for.
        wide: figures that come with `--wide` alone, too.
        first: the names of figures to begin with.
    """
    columns = [one for one in group_columns(found, families=families, wide=wide) if one.kind != "bar"]
    keys, figures = columns[: len(found.by)], columns[len(found.by) :]
    figures.sort(key=lambda one: first.index(one.name) if one.name in first else len(first))
    names = [one.name for one in figures]
    behind = next((f"{name}{CHANGE}" for name in _BEFORE_CALLS if name in names), "")
    pairs = []
    for one in figures:
        is_count = one.name == "calls" and bool(behind) and one.name not in first
        pairs += [
            one,
            Column(
                f"{one.name}{CHANGE}",
                _CHANGES[one.kind],
                beside=not is_count,
                behind=behind if is_count else "",
            ),
        ]
    return [*keys, *pairs]


def change_rows(this: Analytics, other: Analytics, columns: Sequence[Column], clock: Clock) -> list[Row]:
    """A row a group, in the order of this selection, then those of the other alone, and last one of all;
    steps of time, and of a cycle, in their order."""
    mine = {tuple(group.keys.values()): group for group in this.groups}
    others = {tuple(group.keys.values()): group for group in other.groups}
    keys = list(dict.fromkeys([*mine, *others]))
    if has_bar(this):
        keys.sort(key=lambda key: order(key[0]))
    names = [column.name for column in columns[len(this.by) :]]
    rows = [
        (
            *(key_words(name, value, clock) for name, value in zip(this.by, key, strict=True)),
            *_cells(mine.get(key), others.get(key), names),
        )
        for key in keys
    ]
    return [*rows, ("all", *[""] * (len(this.by) - 1), *_cells(this, other, names))]


def _cells(this: Analytics | Group | None, other: Analytics | Group | None, names: Sequence[str]) -> Row:
    mine, others = (figure_values(of) if of else dict.fromkeys(_COUNTS, 0) for of in (this, other))
    cells = []
    for name in names:
        own = name.removesuffix(CHANGE)
        figure, change = _compared(mine.get(own), others.get(own))
        cells.append(change if name.endswith(CHANGE) else figure)
    return tuple(cells)


def _compared(mine: Any, others: Any) -> tuple[Any, Any]:
    """A figure and its change."""
    if isinstance(mine, list) or isinstance(others, list):
        return _money(mine or [], others or [])
    return mine, None if mine is None or others is None else mine - others


def _money(mine: Money, others: Money) -> tuple[Money, Money]:
    """Amounts and their changes, a line for each currency of either."""
    this, other = ({currency: amount for amount, currency in side} for side in (mine, others))
    currencies = list(dict.fromkeys([*this, *other]))
    changes: Money = []
    for currency in currencies:
        amount, before = this.get(currency), other.get(currency)
        changes.append((None if amount is None or before is None else amount - before, currency))
    return [(this.get(currency), currency) for currency in currencies], changes
