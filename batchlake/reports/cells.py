"""What a table of a report is: its columns, which `columns.csv` lists, its cells, and how a cell reads.

Cells hold values. Their unit is the column's or their own; how a table looks is a format's business.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from batchlake.reports.wording import NO_DATA, NOT_KNOWN, Number, ReportClock, amount_text, over_text
from batchlake.text.looks import CENTS, PRICE
from batchlake.text.values import text

AMOUNTS: Final = frozenset({"amount", "difference", "edge"})
_TEXTS: Final = frozenset(
    {
        "text",
        "id",
        "word",
        "flag",
        "label",
        "prose",
        "metric",
        "verdict",
        "phone",
        "key",
        "time",
        "hour",
        "day",
    }
)
_MAY_BE_EMPTY: Final = (_TEXTS | {"over", "missing", "difference", "edge"}) - {"key", "time"}
_VERDICTS: Final = {True: "agrees", False: "differs", None: "not compared"}


class Amount(NamedTuple):
    """A number with its own unit; of money, `decimals` are the least that are shown, or `looks.EXACT`."""

    value: Number | None
    unit: str
    currency: str | None = None
    decimals: int = CENTS


class Over(NamedTuple):
    """What the number before it is a ratio of; without a numerator, how many it is over."""

    numerator: Number | None
    denominator: Number


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        title: its heading.
        unit: of its numbers (`calls`, `ratio`, `seconds` ...); or what else its cells are: `amount`,
            `difference` and `edge` (of a bin) an `Amount`, the last two None where there is none, `over` an
            `Over`, `missing` a count where there is one, `text`, `word`, `prose`, `phone`, `verdict`,
            `metric` (a name among the definitions), `key` (of a group), `id`, `flag`, `time`, `hour` or
            `day`.
        path: where in an item its value is; of an `over`, `numerator/denominator`.
        page: how the page shows it: as a `column`, `below` the cell before it, or `no`; or the kind of
            notable calls whose measure it is.
    """

    title: str
    unit: str = "text"
    path: str = ""
    page: str = "column"

    @property
    def numeric(self) -> bool:
        """Whether its cells stand at the right."""
        return self.unit not in _TEXTS

    def cell(self, item: Any) -> Any:
        """What an item has in it."""
        if self.unit == "over":
            numerator, denominator = (_at(item, path) for path in self.path.split("/"))
            return None if denominator is None else Over(numerator, denominator)
        value = _at(item, self.path)
        if self.unit in AMOUNTS:
            missing = value is None and "." in self.path and self.unit == "difference"
            return (
                None
                if missing
                else Amount(
                    value,
                    getattr(item, "unit", "money"),
                    getattr(item, "currency", None),
                    CENTS if self.path == "total_cost" else decimals_of(item),
                )
            )
        if self.unit == "verdict":
            return _VERDICTS[value]
        return value.replace("_", " ") if self.unit == "word" and value else value


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        kind: tables of a kind have the same columns, and can stand below each other.
        title: what it is about.
        columns: the first one names the row.
        rows: a cell for each column; None is not known or no data.
        notes: sentences about it.
        shared: what a table of the same kind has in columns before the others, if they are put together.
    """

    kind: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    notes: Sequence[str] = ()
    shared: Mapping[str, str] = field(default_factory=dict)

    def column(self, title: str) -> list[Any]:
        """The values of a column."""
        place = [column.title for column in self.columns].index(title)
        return [row[place].value if isinstance(row[place], Amount) else row[place] for row in self.rows]

    def filled(self) -> Table:
        """Without the columns that may be empty and are."""
        kept = [
            place
            for place, column in enumerate(self.columns)
            if column.unit not in _MAY_BE_EMPTY or any(row[place] not in (None, "") for row in self.rows)
        ]
        rows = [[row[place] for place in kept] for row in self.rows]
        return replace(self, columns=[self.columns[place] for place in kept], rows=rows)


@cache
def columns_of(kind: str) -> tuple[Column, ...]:
    """The columns of a kind of table."""
    with Path(__file__).with_name("columns.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Column(**row) for row in csv.DictReader(file) if row.pop("kind") == kind)


def table_of(kind: str, title: str, items: Iterable[Any], notes: Sequence[str] = (), **shared: str) -> Table:
    """A table with a row for each item, and with what it shares with others of its kind."""
    columns = columns_of(kind)
    rows = [[column.cell(item) for column in columns] for item in items]
    return Table(kind, title, columns, rows, notes, shared)


def cell_text(cell: Any, column: Column, clock: ReportClock) -> str:
    """A cell as people read it."""
    if isinstance(cell, Over):
        return over_text(*cell)
    if isinstance(cell, Amount):
        return amount_text(*cell, signed=column.unit == "difference")
    if isinstance(cell, datetime):
        return clock.day(cell) if column.unit == "day" else clock.minute(cell)
    if cell is None:
        return "" if column.unit in _MAY_BE_EMPTY else NO_DATA if column.numeric else NOT_KNOWN
    return (
        amount_text(cell, "calls" if column.unit == "missing" else column.unit)
        if column.numeric
        else text(cell)
    )


def decimals_of(item: Any) -> int:
    """With how many decimals an item's money is shown: its own, sums to the cent, prices closer."""
    own: int | None = getattr(item, "decimals", None)
    if own is not None:
        return own
    # Figures are named by their paths; what has none is the cost of a call.
    return CENTS if getattr(item, "figure", "").endswith(".total") else PRICE


def _at(item: Any, path: str) -> Any:
    """The value at a path of names; None where something on the way is."""
    for name in path.split("."):
        item = None if item is None else getattr(item, name)
    return item
