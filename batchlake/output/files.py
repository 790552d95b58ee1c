"""Rows as files that other programs open: Parquet, and workbooks of spreadsheets."""

from __future__ import annotations

import io
import math
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, Final

from batchlake.cells import text
from batchlake.errors import InvalidRequest
from batchlake.rows import Row, Rows

if TYPE_CHECKING:
    import pyarrow as pa

_SHEET_ROWS: Final = 1_048_575
"""Rows below the head of a sheet."""

_CELL_CHARACTERS: Final = 32_767
_EXACT_DIGITS: Final = 15
_FIRST_YEAR: Final = 1900
_TIME_FORMAT: Final = r"yyyy\-mm\-dd\Thh:mm:ss\Z"
_NAIVE_TIME_FORMAT: Final = r"yyyy\-mm\-dd\ hh:mm:ss"
_DATE_FORMAT: Final = r"yyyy\-mm\-dd"


def write_parquet(rows: Rows, file: IO[bytes], max_rows: int | None = None) -> bool:
    """Write a Parquet file with the columns' own types; returns whether rows were left out.

    Raises:
        InvalidRequest: a column has a type that Arrow writes to no Parquet file.
    """
    import pyarrow.parquet as pq

    reader = rows.reader()
    for field in reader.schema:
        _check_parquet(field)
    left = max_rows
    with pq.ParquetWriter(file, reader.schema, compression="zstd") as writer:
        for batch in reader:
            if left is not None and batch.num_rows > left:
                writer.write_batch(batch.slice(0, left))
                return True
            writer.write_batch(batch)
            left = None if left is None else left - batch.num_rows
    return False


def _check_parquet(field: pa.Field) -> None:
    """Nothing, where Arrow writes a column to a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.ParquetWriter(io.BytesIO(), pa.schema([field])).close()
    except pa.ArrowNotImplementedError as error:
        interval = pa.types.is_interval(field.type)
        kind = "an INTERVAL" if interval else f"of type {field.type}"
        instead = f"seconds of it: extract(epoch from {field.name})" if interval else "text of it: ::varchar"
        raise InvalidRequest(
            f"the column {field.name!r} is {kind}, which a Parquet file doesn't hold. Make {instead}.",
            column=field.name,
        ) from error


def write_xlsx(columns: Sequence[str], rows: Iterable[Row], file: IO[bytes]) -> list[str]:
    """Write a workbook of one sheet; returns notes of what a sheet can't hold.

    Numbers are numbers as far as a spreadsheet keeps all their digits (15), else text. Times with a zone are
    in UTC and show a Z. Nothing is taken for a formula or a link. NULL is an empty cell, NaN the text `NaN`.
    """
    import xlsxwriter

    # XlsxWriter takes a pipe that closes for a fault of its own.
    with tempfile.TemporaryFile() as whole:
        book = xlsxwriter.Workbook(
            whole, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        # The same rows make the same bytes.
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
        sheet = _Sheet(book)
        sheet.head(columns)
        try:
            for row in rows:
                if sheet.rows == _SHEET_ROWS:
                    sheet.full = True
                    break
                sheet.add(row)
        finally:
            book.close()
        whole.seek(0)
        shutil.copyfileobj(whole, file)
    return sheet.notes()


class _Sheet:
    """The one sheet of a workbook."""

    def __init__(self, book: Any) -> None:
        self._sheet = book.add_worksheet("rows")
        self._bold = book.add_format({"bold": True})
        self._formats = {
            name: book.add_format({"num_format": name})
            for name in (_TIME_FORMAT, _NAIVE_TIME_FORMAT, _DATE_FORMAT)
        }
        self.rows = 0
        self.full = False
        self._cut = 0

    def head(self, columns: Sequence[str]) -> None:
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(columns):
            self._sheet.set_column(place, place, max(10, min(40, len(name) + 2)))
            self._sheet.write_string(0, place, name, self._bold)

    def add(self, row: Row) -> None:
        self.rows += 1
        for place, value in enumerate(row):
            self._write(place, value)

    def notes(self) -> list[str]:
        """What the sheet lacks."""
        notes = []
        if self.full:
            notes.append(f"A sheet holds {_SHEET_ROWS:,} rows; the others are left out.")
        if self._cut:
            values = "1 text is" if self._cut == 1 else f"{self._cut:,} texts are"
            notes.append(f"A cell holds {_CELL_CHARACTERS:,} characters; {values} cut.")
        return notes

    def _write(self, place: int, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            self._sheet.write_boolean(self.rows, place, value)
        elif isinstance(value, int | float | Decimal) and _is_exact(value):
            self._sheet.write_number(self.rows, place, value)
        elif isinstance(value, date) and value.year >= _FIRST_YEAR:
            self._write_time(place, value)
        else:
            self._write_text(place, text(value))

    def _write_time(self, place: int, value: date) -> None:
        shown = _DATE_FORMAT
        if isinstance(value, datetime):
            shown = _TIME_FORMAT if value.tzinfo else _NAIVE_TIME_FORMAT
            value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        self._sheet.write_datetime(self.rows, place, value, self._formats[shown])

    def _write_text(self, place: int, value: str) -> None:
        # A sheet counts in UTF-16, where most emoji are two characters.
        if len(value) + sum(character > "\uffff" for character in value) > _CELL_CHARACTERS:
            self._cut += 1
            value = value.encode("utf-16-le")[: 2 * _CELL_CHARACTERS].decode("utf-16-le", "ignore")
        self._sheet.write_string(self.rows, place, value)


def _is_exact(number: int | float | Decimal) -> bool:
    """Whether a spreadsheet keeps the number; a float is none the worse there."""
    if isinstance(number, float):
        return math.isfinite(number)
    digits = Decimal(number).normalize().as_tuple().digits
    return len(digits) <= _EXACT_DIGITS
