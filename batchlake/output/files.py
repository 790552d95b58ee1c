"""Rows as files that other programs open: Parquet, and workbooks of spreadsheets."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING

from batchlake.engine.cursor import Row, Rows
from batchlake.errors import InvalidRequest
from batchlake.output.sheets import SHEET_ROWS, Book

if TYPE_CHECKING:
    import pyarrow as pa


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


def write_xlsx(columns: Sequence[str], rows: Iterable[Row], file: IO[bytes]) -> list[str]:
    """Write a workbook of one sheet, its cells as in `Sheet.write`; returns notes of what it can't hold."""
    full = False
    with Book(file) as book:
        sheet = book.sheet("rows")
        sheet.worksheet.freeze_panes(1, 0)
        for column, name in enumerate(columns):
            sheet.worksheet.set_column(column, column, max(10, min(40, len(name) + 2)))
            sheet.write(0, column, name, bold=True)
        for number, row in enumerate(rows, 1):
            if number == SHEET_ROWS:
                full = True
                break
            for column, value in enumerate(row):
                sheet.write(number, column, value)
    left_out = f"A sheet holds {SHEET_ROWS - 1:,} rows; the others are left out."
    return [*([left_out] if full else []), *book.notes()]
