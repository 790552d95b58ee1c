"""Spreadsheets, written from top to bottom in little memory (extra `excel`), without formulas and links.

Input: Python's values. Output: cells: numbers where a spreadsheet keeps all their digits (15), else text;
times as numbers formatted as times; None is an empty cell, NaN the text `NaN`. The same values and the same
time of creation make the same bytes.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any, Final

from batchlake.text.values import text

SHEET_ROWS: Final = 1_048_576
"""Rows of a sheet, its head among them."""

DATE_FORMAT: Final = r"yyyy\-mm\-dd"
NAIVE_TIME_FORMAT: Final = r"yyyy\-mm\-dd\ hh:mm:ss"
TIME_FORMAT: Final = r"yyyy\-mm\-dd\Thh:mm:ss\Z"

_CELL_CHARACTERS: Final = 32_767
_EXACT_DIGITS: Final = 15
_FIRST_YEAR: Final = 1900


class Book:
    """A workbook, written to the file at the end of its `with` block.

    Args:
        file: where to.
        created: the time that the file says it was made.

    Attributes:
        workbook: XlsxWriter's own, for charts and properties.
    """

    def __init__(self, file: IO[bytes], created: datetime = datetime(2000, 1, 1, tzinfo=UTC)) -> None:
        import xlsxwriter

        # XlsxWriter reports a closed pipe as an error of its own.
        self._whole = tempfile.TemporaryFile()  # noqa: SIM115
        self._file = file
        self.workbook: Any = xlsxwriter.Workbook(
            self._whole, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self.workbook.set_properties({"created": created})
        self._styles: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._cut = 0

    def __enter__(self) -> Book:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._whole:
            self.workbook.close()
            if kind is None:
                self._whole.seek(0)
                shutil.copyfileobj(self._whole, self._file)

    def style(self, properties: Mapping[str, Any]) -> Any:
        """A cell's style, made once, by XlsxWriter's names of its properties."""
        key = tuple(properties.items())
        if key not in self._styles:
            self._styles[key] = self.workbook.add_format(dict(properties))
        return self._styles[key]

    def sheet(self, name: str) -> Sheet:
        """A new sheet behind the others."""
        return Sheet(self, self.workbook.add_worksheet(name))

    def fitting(self, value: str) -> str:
        """The text as far as a cell holds it."""
        # A sheet counts in UTF-16, where most emoji are two characters.
        if 2 * len(value) <= _CELL_CHARACTERS:
            return value
        if len(value) + sum(character > "\uffff" for character in value) <= _CELL_CHARACTERS:
            return value
        self._cut += 1
        return value.encode("utf-16-le")[: 2 * _CELL_CHARACTERS].decode("utf-16-le", "ignore")

    def notes(self) -> list[str]:
        """What the cells lack, in a sentence; none where nothing was cut."""
        if not self._cut:
            return []
        values = "1 text is" if self._cut == 1 else f"{self._cut:,} texts are"
        return [f"A cell holds {_CELL_CHARACTERS:,} characters; {values} cut."]


class Sheet:
    """One sheet; rows are written in their order, from 0.

    Attributes:
        worksheet: XlsxWriter's own, for widths, filters and charts.
    """

    def __init__(self, book: Book, worksheet: Any) -> None:
        self.worksheet = worksheet
        self._book = book

    def write(self, row: int, column: int, value: Any, **style: Any) -> None:
        """One value, with a style by XlsxWriter's names of its properties.

        Times without a `num_format` of their own show in UTC with a Z; those without a zone as they are.
        """
        if value is None:
            return
        if isinstance(value, bool):
            self.worksheet.write_boolean(row, column, value, self._style(style))
        elif isinstance(value, int | float | Decimal) and _is_exact(value):
            self.worksheet.write_number(row, column, value, self._style(style))
        elif isinstance(value, date) and value.year >= _FIRST_YEAR:
            self._write_time(row, column, value, style)
        else:
            style = {name: given for name, given in style.items() if name != "num_format"}
            self.worksheet.write_string(row, column, self._book.fitting(text(value)), self._style(style))

    def _write_time(self, row: int, column: int, value: date, style: Mapping[str, Any]) -> None:
        shown = DATE_FORMAT
        if isinstance(value, datetime):
            shown = TIME_FORMAT if value.tzinfo else NAIVE_TIME_FORMAT
            value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        self.worksheet.write_datetime(row, column, value, self._style({"num_format": shown, **style}))

    def _style(self, properties: Mapping[str, Any]) -> Any:
        return self._book.style(properties) if properties else None


def _is_exact(number: int | float | Decimal) -> bool:
    """Whether a spreadsheet keeps the number; a float is none the worse there."""
    if isinstance(number, float):
        return math.isfinite(number)
    digits = Decimal(number).normalize().as_tuple().digits
    return len(digits) <= _EXACT_DIGITS
