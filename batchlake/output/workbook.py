"""Rows as a workbook of one sheet, with a frozen head and a filter.

Input: the columns' names, rows, and for people what kind of value each column holds. Output: cells: without
kinds the values as they are; with them a percentage, an amount with its currency, a time in the zone given.
Amounts in several currencies get a column for each, so that each can be added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

from batchlake.engine.cursor import Row
from batchlake.output.sheets import NAIVE_TIME_FORMAT, SHEET_ROWS, Book, Sheet
from batchlake.text.cells import MONEY, amounts
from batchlake.text.looks import CENTS, PRICE
from batchlake.text.terminal import display_width
from batchlake.text.values import text

FIGURE: Final = "figure"
"""A number whose unit the column `unit` of its row names, and its currency the column `currency`."""

_FIRST_ROWS: Final = 500
"""How many rows decide the widths of the columns."""

_NARROWEST, _WIDEST = 10, 40
_TIME_WIDTH: Final = 20
_FILTER_MARK: Final = 3
"""Room for the mark of the filter beside a heading."""

_NUMBERS: Final = {
    "rate": "0.0%",
    "seconds": "#,##0.0",
    "score": "0.00",
    "count": "#,##0",
    "size": "#,##0",
}
_UNITS: Final = {"ratio": "0.00%", "seconds": "#,##0.0", "calls": "#,##0", "0 to 1": "0.00"}


@dataclass(frozen=True, slots=True)
class Kinds:
    """How people see the cells.

    Attributes:
        of: the kind of each column by its name, as in `text.cells.Column`; a column that isn't named here
            is shown as its values are.
        title: of the sheet.
        timezone: in which times are shown.
    """

    of: dict[str, str] = field(default_factory=dict)
    title: str = "rows"
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the sheet: the place of its values in a row; of split amounts, their currency."""

    heading: str
    place: int
    kind: str
    is_split: bool = False
    currency: str | None = None


def write_xlsx(
    columns: Sequence[str], rows: Iterable[Row], file: IO[bytes], kinds: Kinds | None = None
) -> list[str]:
    """Write a workbook of one sheet; returns notes of what it can't hold.

    Args:
        columns: their names.
        rows: the values.
        file: where to.
        kinds: how people see them; None writes them as they are.
    """
    waiting = iter(rows)
    first = list(islice(waiting, _FIRST_ROWS)) if kinds else []
    shown = [_Column(name, place, "") for place, name in enumerate(columns)]
    if kinds:
        if _has_lists(columns, first, kinds):
            # Every currency has to be known before the head is written; such rows are in memory anyway.
            first += waiting
        shown = list(_columns(columns, first, kinds))
    writer = _Writer(columns, kinds)
    full = False
    written = 0
    with Book(file) as book:
        sheet = book.sheet(kinds.title if kinds else "rows")
        sheet.worksheet.freeze_panes(1, 0)
        if kinds:
            # On paper: all columns on one page's width, the head on each page.
            sheet.worksheet.set_landscape()
            sheet.worksheet.fit_to_pages(1, 0)
            sheet.worksheet.repeat_rows(0)
        for number, column in enumerate(shown):
            sheet.worksheet.set_column(number, number, _width(column, first))
            right = {"align": "right"} if column.kind in (*_NUMBERS, *MONEY, FIGURE, "time") else {}
            sheet.write(0, number, column.heading, bold=True, **right)
        for number, row in enumerate(chain(first, waiting), 1):
            if number == SHEET_ROWS:
                full = True
                break
            written = number
            for at, column in enumerate(shown):
                writer.write(sheet, number, at, column, row)
        if shown:
            sheet.worksheet.autofilter(0, 0, written, len(shown) - 1)
    left_out = f"A sheet holds {SHEET_ROWS - 1:,} rows; the others are left out."
    return [*([left_out] if full else []), *book.notes()]


def _has_lists(columns: Sequence[str], rows: Sequence[Row], kinds: Kinds) -> bool:
    """Whether amounts come as lists, which may be in several currencies."""
    money = [place for place, name in enumerate(columns) if kinds.of.get(name) in MONEY]
    return any(isinstance(row[place], list | tuple) for row in rows for place in money)


def _columns(names: Sequence[str], rows: Sequence[Row], kinds: Kinds) -> Iterator[_Column]:
    for place, name in enumerate(names):
        kind = kinds.of.get(name, "")
        heading = name.replace("_", " ")
        if kind == "time":
            yield _Column(f"{heading} ({kinds.timezone})", place, kind)
            continue
        if kind == "seconds" and "seconds" not in name:
            heading += " (s)"
        found = [amounts(row[place]) for row in rows if row[place] is not None] if kind in MONEY else []
        currencies = dict.fromkeys(currency for pairs in found for _, currency in pairs)
        if not any(len(pairs) > 1 for pairs in found):
            yield _Column(heading, place, kind)
            continue
        for currency in sorted(currencies, key=lambda one: (one is None, one or "")):
            yield _Column(f"{heading} {currency or '(no currency named)'}", place, kind, True, currency)


def _width(column: _Column, first: Sequence[Row]) -> int:
    """Of a column, by its heading and the first of its values."""
    widest = display_width(column.heading) + (_FILTER_MARK if first else 2)
    if column.kind == "time":
        widest = max(widest, _TIME_WIDTH)
    elif not column.kind or column.kind not in (*_NUMBERS, *MONEY):
        held = (row[column.place] for row in first)
        widest = max([widest, *(display_width(text(value)[:_WIDEST]) + 1 for value in held if value)])
    return max(_NARROWEST, min(_WIDEST, widest))


class _Writer:
    """Writes cells by the kind of their column."""

    def __init__(self, columns: Sequence[str], kinds: Kinds | None) -> None:
        names = list(columns)
        self._currency = names.index("currency") if "currency" in names else None
        self._unit = names.index("unit") if "unit" in names else None
        self._zone = ZoneInfo(kinds.timezone) if kinds else None

    def write(self, sheet: Sheet, number: int, at: int, column: _Column, row: Row) -> None:
        """One cell."""
        value = row[column.place]
        if value is None:
            return
        if column.kind in MONEY:
            self._write_amount(sheet, number, at, column, row)
        elif column.kind == FIGURE:
            unit = row[self._unit] if self._unit is not None else ""
            shown = _money_format(PRICE, self._named(row)) if unit == "money" else _UNITS.get(unit)
            # Only money is exact; a mean has more digits than a cell keeps of a decimal.
            plain = value if unit == "money" else float(value)
            sheet.write(number, at, plain, **({"num_format": shown} if shown else {}))
        elif column.kind == "time" and isinstance(value, datetime) and value.tzinfo:
            there = value.astimezone(self._zone).replace(tzinfo=None)
            sheet.write(number, at, there, num_format=NAIVE_TIME_FORMAT)
        elif column.kind in _NUMBERS:
            sheet.write(number, at, value, num_format=_NUMBERS[column.kind])
        else:
            sheet.write(number, at, value)

    def _write_amount(self, sheet: Sheet, number: int, at: int, column: _Column, row: Row) -> None:
        pairs = amounts(row[column.place])
        if column.is_split:
            pairs = [pair for pair in pairs if pair[1] == column.currency]
        for amount, currency in pairs:
            code = currency or (None if column.is_split else self._named(row))
            least = CENTS if column.kind == "money" else PRICE
            sheet.write(number, at, amount, num_format=_money_format(least, code, amount))

    def _named(self, row: Row) -> Any:
        """The currency that the row names for its amounts."""
        return row[self._currency] if self._currency is not None else None


def _money_format(least: int, currency: Any, amount: Decimal | None = None) -> str:
    """The decimals that an amount has, and its currency."""
    decimals = least
    while amount and decimals < 6 and not round(amount, decimals):
        # It would read 0 without being so.
        decimals += 1
    unit = f' "{currency}"' if currency and str(currency).isalnum() else ""
    return f"#,##0.{'0' * decimals}{unit}"
