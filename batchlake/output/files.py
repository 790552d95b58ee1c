"""Rows as files that other programs open: Parquet, and workbooks of spreadsheets."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Final

from batchlake.engine.cursor import Row
from batchlake.errors import InvalidRequest
from batchlake.output.readable import Readable
from batchlake.output.sheets import SHEET_ROWS, Book, Sheet
from batchlake.text.cells import MONEY, amounts
from batchlake.text.looks import CENTS, PRICE, money

if TYPE_CHECKING:
    import pyarrow as pa


def write_parquet(rows: Readable, file: IO[bytes], max_rows: int | None = None) -> tuple[int, bool]:
    """Write a Parquet file with the columns' own types; returns how many rows, and whether some were left
    out.

    Raises:
        InvalidRequest: a column has a type that Arrow writes to no Parquet file.
    """
    import pyarrow.parquet as pq

    reader = rows.reader()
    for field in reader.schema:
        _check_parquet(field)
    left = max_rows
    written = 0
    with pq.ParquetWriter(file, reader.schema, compression="zstd") as writer:
        for batch in reader:
            if left is not None and batch.num_rows > left:
                writer.write_batch(batch.slice(0, left))
                return written + left, True
            writer.write_batch(batch)
            written += batch.num_rows
            left = None if left is None else left - batch.num_rows
    return written, False


def _check_parquet(field: pa.Field) -> None:
    """Check that Arrow writes every column to a Parquet file."""
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


def write_xlsx(
    columns: Sequence[str], rows: Iterable[Row], file: IO[bytes], kinds: Mapping[str, str] | None = None
) -> list[str]:
    """Write a workbook of one sheet with a frozen head and a filter; returns notes of what it can't hold.

    Args:
        columns: their names.
        rows: the values.
        file: where to.
        kinds: of the columns' values, as in `text.cells.Column`: a percentage, money with its currency (of
            the column `currency`, or next to the amount), seconds. Cells of other columns are as in
            `Sheet.write`.
    """
    looks = [(kinds or {}).get(name, "") for name in columns]
    currency = next((place for place, name in enumerate(columns) if name == "currency"), None)
    full = False
    written = 0
    with Book(file) as book:
        sheet = book.sheet("rows")
        sheet.worksheet.freeze_panes(1, 0)
        for column, (name, kind) in enumerate(zip(columns, looks, strict=True)):
            widest = 20 if kind == "time" else len(name) + 2
            sheet.worksheet.set_column(column, column, max(10, min(40, widest)))
            sheet.write(0, column, name.replace("_", " ") if kinds else name, bold=True)
        for number, row in enumerate(rows, 1):
            if number == SHEET_ROWS:
                full = True
                break
            written = number
            named = row[currency] if currency is not None else None
            for column, (value, kind) in enumerate(zip(row, looks, strict=True)):
                _write_cell(sheet, number, column, value, kind, named)
        if columns:
            sheet.worksheet.autofilter(0, 0, written, len(columns) - 1)
    left_out = f"A sheet holds {SHEET_ROWS - 1:,} rows; the others are left out."
    return [*([left_out] if full else []), *book.notes()]


def _write_cell(sheet: Sheet, row: int, column: int, value: Any, kind: str, currency: str | None) -> None:
    if kind in MONEY:
        pairs = [] if value is None else amounts(value)
        decimals = "0" * (CENTS if kind == "money" else PRICE)
        if len(pairs) == 1:
            amount, named = pairs[0]
            code = named or currency
            unit = f' "{code}"' if code and code.isalnum() else ""
            sheet.write(row, column, amount, num_format=f"#,##0.{decimals}{unit}")
        elif pairs:
            sheet.write(row, column, "; ".join(money(amount, named) for amount, named in pairs))
    elif kind in _NUMBER_FORMATS and value is not None:
        sheet.write(row, column, value, num_format=_NUMBER_FORMATS[kind])
    else:
        sheet.write(row, column, value)


_NUMBER_FORMATS: Final = {
    "rate": "0.0%",
    "seconds": "#,##0.0",
    "score": "0.00",
    "count": "#,##0",
    "size": "#,##0",
    "time": r"yyyy\-mm\-dd\ hh:mm:ss",
}
