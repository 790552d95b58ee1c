"""Tables on a workbook's sheets: a head that stays in sight, a filter, widths, and each number's format.

Input: tables of one kind, or columns and rows as they are read. Output: a sheet, and where its cells are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from batchlake.output.sheets import DATE_FORMAT, NAIVE_TIME_FORMAT, Book, Sheet
from batchlake.reports.cells import AMOUNTS, Amount, Column, Table
from batchlake.reports.wording import NO_CURRENCY

_HEAD: Final = {"bold": True, "bottom": 1, "bg_color": "#E8EEF4", "text_wrap": True, "valign": "top"}
_PAGE_WIDTH: Final = 250
"""In characters: smaller than this, nobody could read it."""

_LINE_HEIGHT: Final = 15
_FILTER_BUTTON: Final = 3
"""How many characters of a heading it covers."""

_CURRENCY: Final = re.compile("[A-Za-z]{3}")
_WIDTHS: Final = {
    "text": 18,
    "key": 24,
    "metric": 27,
    "prose": 60,
    "time": 20,
    "hour": 18,
    "day": 18,
    "flag": 9,
}
_LONGEST: Final = 60
_AMOUNT_FORMAT: Final = "#,##0.00????"
"""With blanks where decimals end, so that the points stand below each other."""

_COUNT_FORMAT: Final = "#,##0"
_FORMATS: Final = {
    **dict.fromkeys(("calls", "utterances", "missing", "values"), _COUNT_FORMAT),
    "ratio": "0.0%",
    "0 to 1": "0.00",
    "time": NAIVE_TIME_FORMAT,
    "hour": r"yyyy\-mm\-dd\ hh:mm",
    "day": DATE_FORMAT,
}
# Their columns of amounts name their currency.
_NAMED: Final = {"timeline", "groups", "made_from"}
LABEL: Final = "Label in the chart"
"""A hidden column of texts."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table is: its sheet, its headings, the row of its head and its last row, from 0."""

    sheet: Sheet
    titles: Sequence[str]
    head: int
    last: int

    def cells(self, title: str, first: int, last: int) -> list[Any]:
        """The cells of a column from one row below the head (0) to another, as XlsxWriter names them."""
        column, top = self.titles.index(title), self.head + 1
        return [self.sheet.worksheet.get_name(), top + first, column, top + last, column]


def number_format(unit: str, currency: str | None = None) -> str:
    r"""How numbers of a unit show.

    Only what can be a currency's code comes into a format, which has a syntax of its own.

    >>> number_format("ratio"), number_format("turns a call"), number_format("money", '";[Red]')
    ('0.0%', '#,##0.0', '#,##0.00????')
    >>> number_format("money", "EUR")
    '[$EUR]\\ #,##0.00????'
    """
    if unit != "money":
        return _FORMATS.get(unit, "#,##0.0")
    return (
        rf"[${currency}]\ {_AMOUNT_FORMAT}" if currency and _CURRENCY.fullmatch(currency) else _AMOUNT_FORMAT
    )


def stacked(tables: Sequence[Table]) -> tuple[list[Column], list[list[Any]]]:
    """Tables of a kind below each other, with columns for what they share and for units."""
    columns: list[Column] = [Column(name) for name in tables[0].shared]
    amounts = [column for column in tables[0].columns if column.unit == "amount"]
    with_unit = amounts[0] if amounts and tables[0].kind not in _NAMED else None
    for column in tables[0].columns:
        if column is with_unit:
            columns.append(Column("Unit"))
        if column.unit == "over":
            columns += [Column(f"{column.title}: {part}", "missing") for part in ("numerator", "denominator")]
        else:
            columns.append(column)
    rows = []
    for table in tables:
        for row in table.rows:
            cells: list[Any] = list(table.shared.values())
            for column, cell in zip(tables[0].columns, row, strict=True):
                if column is with_unit:
                    cells.append((cell.currency or NO_CURRENCY) if cell.unit == "money" else cell.unit)
                if column.unit != "over":
                    cells.append(cell)
                else:
                    cells += [
                        None if part is None else Amount(part, _count_unit(part))
                        for part in cell or (None, None)
                    ]
            rows.append(cells)
    return columns, rows


def _count_unit(number: Any) -> str:
    return "calls" if isinstance(number, int) else "minutes"


def table_sheet(
    book: Book,
    name: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    *,
    zone: ZoneInfo,
    above: Sequence[str] = (),
    fixed: int = 0,
) -> Place:
    """A sheet with lines of text above one table; the first of several lines is a title.

    Args:
        book: where the sheet goes.
        name: the sheet's.
        columns: the table's.
        rows: a list, or made while they are written.
        zone: of times.
        above: the lines.
        fixed: how many columns stay in sight as well as the head.
    """
    sheet = book.sheet(name)
    worksheet = sheet.worksheet
    for row, line in enumerate(above):
        sheet.write(row, 0, line, **({"bold": True, "font_size": 14} if row == 0 and len(above) > 1 else {}))
    head = len(above) + bool(above)
    listed = rows if isinstance(rows, list) else []
    widths = [_width(column, (row[place] for row in listed)) for place, column in enumerate(columns)]
    lines = 1
    for place, (column, width) in enumerate(zip(columns, widths, strict=True)):
        worksheet.set_column(place, place, width, None, {"hidden": True} if column.title == LABEL else {})
        lines = max(lines, math.ceil((len(column.title) + _FILTER_BUTTON) / width))
    worksheet.set_row(head, lines * _LINE_HEIGHT)
    styles = [_style(column, place, wraps=bool(listed)) for place, column in enumerate(columns)]
    for place, (column, style) in enumerate(zip(columns, styles, strict=True)):
        aligned = {name: value for name, value in style.items() if name in ("align", "indent")}
        sheet.write(head, place, column.title, **_HEAD, **aligned)
    last = head
    for last, cells in enumerate(rows, head + 1):
        for place, (value, style) in enumerate(zip(cells, styles, strict=False)):
            shown, own_style = _shown(value, style, zone)
            sheet.write(last, place, shown, **{**style, **own_style})
    worksheet.autofilter(head, 0, last, len(columns) - 1)
    worksheet.freeze_panes(head + 1, fixed)
    worksheet.repeat_rows(head)
    worksheet.set_landscape()
    worksheet.set_paper(9)
    pages = math.ceil(sum(widths) / _PAGE_WIDTH)
    worksheet.fit_to_pages(pages, 0)
    if pages > 1:
        worksheet.repeat_columns(0)
    worksheet.set_footer("&L&A&R&P / &N")
    return Place(sheet, [column.title for column in columns], head, last)


def _shown(value: Any, style: Mapping[str, Any], zone: ZoneInfo) -> tuple[Any, dict[str, Any]]:
    """A cell's value as a spreadsheet has it, and what it is shown with beyond its column's style."""
    if isinstance(value, Amount):
        number = {"num_format": number_format(value.unit, value.currency), "align": "right", "indent": 0}
        return value.value, number
    if isinstance(value, datetime):
        time = {"num_format": style.get("num_format", NAIVE_TIME_FORMAT)}
        return value.astimezone(zone).replace(tzinfo=None), time
    if isinstance(value, bool):
        # Spreadsheets show their own as TRUE, as WAHR or as 1.
        return "yes" if value else "no", {}
    return value, {}


def _width(column: Column, cells: Iterable[Any]) -> int:
    """In characters: what its texts need, within bounds."""
    least = _WIDTHS.get(column.unit, 14 if column.unit == "phone" or column.unit in AMOUNTS else 12)
    return min(_LONGEST, max([least, *(len(cell) for cell in cells if isinstance(cell, str))]))


def _style(column: Column, place: int, *, wraps: bool) -> dict[str, Any]:
    """Numbers and times stand at the right, texts at the left, with a gap to the numbers before them."""
    if column.numeric or column.unit in ("time", "hour", "day"):
        return {
            "num_format": number_format("money" if column.unit in AMOUNTS else column.unit),
            "align": "right",
        }
    style: dict[str, Any] = {"align": "left", "indent": int(place > 0)}
    return {**style, "text_wrap": True, "valign": "top"} if column.unit == "prose" and wraps else style
