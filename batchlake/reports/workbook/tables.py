"""Tables on a workbook's sheets: a head that stays in sight, a filter, widths, and each number's format."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from batchlake.output.sheets import Book, Sheet

_HEAD: Final = {"bold": True, "bottom": 1, "bg_color": "#E8EEF4", "text_wrap": True, "valign": "top"}
_PAGE_WIDTH: Final = 250
"""In characters: smaller than this, nobody could read it."""

_LINE_HEIGHT: Final = 15
_FILTER_BUTTON: Final = 3
"""How many characters of a heading it covers."""

_CURRENCY: Final = re.compile("[A-Za-z]{3}")
_UNIT_FORMATS: Final = {
    "calls": "#,##0",
    "ratio": "0.0%",
    "0 to 1": "0.00",
    "seconds": "#,##0.0",
}
ANY_NUMBER: Final = "General"
"""Of a column whose cells each have a format of their own."""

_AMOUNT_FORMAT: Final = "#,##0.00????"
"""With blanks where decimals end, so that the points stand below each other."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, its width in characters, how its numbers show, whether its texts wrap."""

    title: str
    width: int
    number_format: str = ""
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A value whose number format isn't its column's."""

    value: Any
    number_format: str


@dataclass(frozen=True, slots=True)
class Storage:
    """Where a table stands: its sheet, the row of its head and its last row, from 0."""

    sheet: Sheet
    head: int
    last: int


def unit_format(unit: str) -> str:
    """How numbers of a unit show.

    >>> unit_format("ratio"), unit_format("turns a call")
    ('0.0%', '#,##0.0')
    """
    return _UNIT_FORMATS.get(unit, "#,##0.0")


def money_format(currency: str | None) -> str:
    r"""How money shows; only what can be a currency's code comes into a format, which has its own syntax.

    >>> money_format("EUR"), money_format('";[Red]')
    ('[$EUR]\\ #,##0.00????', '#,##0.00????')
    """
    if currency and _CURRENCY.fullmatch(currency):
        return rf"[${currency}]\ {_AMOUNT_FORMAT}"
    return _AMOUNT_FORMAT


def yes_or_no(flag: bool | None) -> str | None:
    """A flag as text: spreadsheets show their own as TRUE, as WAHR or as 1."""
    return None if flag is None else "yes" if flag else "no"


def table_sheet(
    book: Book, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]], above: Sequence[str] = ()
) -> Storage:
    """A sheet with lines of text above one table; the first of several lines is the sheet's title."""
    sheet = book.sheet(name)
    worksheet = sheet.worksheet
    for row, line in enumerate(above):
        sheet.write(row, 0, line, **({"bold": True, "font_size": 14} if row == 0 and len(above) > 1 else {}))
    for place, column in enumerate(columns):
        worksheet.set_column(place, place, column.width)
    placed = write_table(sheet, len(above) + bool(above), columns, rows)
    worksheet.autofilter(placed.head, 0, placed.last, len(columns) - 1)
    worksheet.freeze_panes(placed.head + 1, 0)
    worksheet.repeat_rows(placed.head)
    worksheet.set_landscape()
    worksheet.set_paper(9)
    pages = math.ceil(sum(column.width for column in columns) / _PAGE_WIDTH)
    worksheet.fit_to_pages(pages, 0)
    if pages > 1:
        worksheet.repeat_columns(0)
    worksheet.set_footer("&L&A&R&P / &N")
    return placed


def write_table(sheet: Sheet, head: int, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Storage:
    """A table whose head is in the row given."""
    lines = max(math.ceil((len(column.title) + _FILTER_BUTTON) / column.width) for column in columns)
    sheet.worksheet.set_row(head, lines * _LINE_HEIGHT)
    styles = [_style(column, place) for place, column in enumerate(columns)]
    for place, column in enumerate(columns):
        aligned = {name: style for name, style in styles[place].items() if name in ("align", "indent")}
        sheet.write(head, place, column.title, **_HEAD, **aligned)
    last = head
    for last, row in enumerate(rows, head + 1):
        for place, value in enumerate(row):
            if isinstance(value, Cell):
                sheet.write(last, place, value.value, num_format=value.number_format, align="right")
            else:
                sheet.write(last, place, value, **styles[place])
    return Storage(sheet, head, last)


def _style(column: Column, place: int) -> dict[str, Any]:
    """Numbers stand at the right, texts at the left, with a gap to the numbers before them."""
    if column.number_format:
        return {"num_format": column.number_format, "align": "right"}
    style: dict[str, Any] = {"align": "left", "indent": int(place > 0)}
    return {**style, "text_wrap": True, "valign": "top"} if column.wraps else style
