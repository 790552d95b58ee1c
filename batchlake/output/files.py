"""Rows as Parquet files."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

from batchlake.errors import InvalidRequest
from batchlake.output.readable import Readable

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
    """Check that Arrow writes a column of this type to a Parquet file.

    Raises:
        InvalidRequest: it doesn't; says what to make of the column instead.
    """
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
