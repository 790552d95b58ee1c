"""Arrow columns of Python lists and numpy arrays, and back.

`pyarrow.array` would do it, but imports pandas wherever that is installed, which can take as long as a
small ingest; arro3, which deltalake depends on, reads lists in half the time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from arro3.core import Array, DataType

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

N = TypeVar("N", bound="np.generic")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_USUAL_LENGTHS: Final = (20, 24, 27)
"""Of `2024-01-01T12:00:00Z`, and of the same with milli- or microseconds: nothing is left out of it."""


@contextmanager
def system_memory() -> Iterator[None]:
    """A block in which Arrow uses the system's allocator, unless the environment names one for it.

    Its default one takes huge pages and gives them back at once: a third of an ingest's time in the kernel.
    """
    import pyarrow as pa

    before = pa.default_memory_pool()
    if "ARROW_DEFAULT_MEMORY_POOL" not in os.environ:
        pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


def texts(values: Sequence[str | None]) -> pa.Array:
    """A column of VARCHAR.

    Raises:
        TypeError: a value is not text.
    """
    return _column(values, DataType.utf8())


def blob(data: bytes) -> pa.Array:
    """A column of one BLOB: these bytes, which aren't copied."""
    import numpy as np
    import pyarrow as pa

    bounds = np.array([0, len(data)], np.int64)
    return pa.Array.from_buffers(pa.large_binary(), 1, [None, pa.py_buffer(bounds), pa.py_buffer(data)])


def integers(values: Sequence[int | None]) -> pa.Array:
    """A column of BIGINT."""
    return _column(values, DataType.int64())


def from_numpy(values: NDArray[Any]) -> pa.Array:
    """A numpy array as a column of its type; truth values become BOOLEAN."""
    import pyarrow as pa

    return pa.array(Array.from_numpy(values))


def together(values: pa.ChunkedArray) -> pa.Array:
    """A column in one piece; to combine none would import pandas."""
    import pyarrow as pa

    return values.combine_chunks() if values.num_chunks else pa.nulls(0, values.type)


def to_numpy(values: pa.Array | pa.ChunkedArray, kind: type[N]) -> NDArray[N]:
    """A column of numbers of 8 bytes as a numpy array of that kind; what is NULL is any number."""
    import numpy as np
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        values = together(values)
    data = values.buffers()[1]
    if data is None or not len(values):
        return np.zeros(0, kind)
    return np.frombuffer(data, kind, len(values), values.offset * np.dtype(kind).itemsize)


def places(flags: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
    """Where a column of BOOLEAN is true, from 0."""
    import numpy as np
    import pyarrow.compute as pc

    return to_numpy(pc.indices_nonzero(flags).cast("int64"), np.int64)


def numbers(values: Sequence[float | None]) -> pa.Array:
    """A column of DOUBLE."""
    return _column(values, DataType.float64())


def flags(values: Sequence[bool | None]) -> pa.Array:
    """A column of BOOLEAN."""
    return _column(values, DataType.bool())


def times(values: Sequence[datetime]) -> pa.Array:
    """A column of TIMESTAMPTZ; the times are aware."""
    import pyarrow as pa

    return integers([(value - _EPOCH) // _MICROSECOND for value in values]).cast(pa.timestamp("us", "UTC"))


def time(microseconds: int) -> datetime:
    """A TIMESTAMPTZ of Arrow's as a time: its own way to make one imports pandas."""
    return _EPOCH + timedelta(microseconds=microseconds)


def moments(texts: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Times as TIMESTAMPTZ where all are as in `2024-01-01T12:00:00Z`, perhaps with a fraction; else None.

    Arrow reads that form four times as fast as DuckDB, which reads others, too.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    lengths = pc.min_max(pc.binary_length(texts))
    bounds = pc.min_max(texts)
    if not bounds["min"].is_valid:
        return pa.chunked_array([nothing("timestamp", len(texts))])
    if lengths["min"].as_py() != lengths["max"].as_py() or lengths["min"].as_py() not in _USUAL_LENGTHS:
        return None
    if not (bounds["min"].as_py() >= "0002" and bounds["max"].as_py() < "9999"):
        return None
    if not pc.all(pc.ends_with(texts, "Z")).as_py():
        return None
    try:
        return texts.cast(pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:
        return None


def nothing(kind: Literal["string", "timestamp"], length: int) -> pa.Array:
    """A column without values."""
    import pyarrow as pa

    return pa.nulls(length, pa.timestamp("us", "UTC") if kind == "timestamp" else pa.string())


def repeated(values: pa.ChunkedArray, places: NDArray[np.int64]) -> pa.Array:
    """The values at these places; texts as a dictionary."""
    import pyarrow as pa

    column = together(values)
    if pa.types.is_string(column.type):
        return pa.DictionaryArray.from_arrays(from_numpy(places).cast("int32"), column)
    return column.take(from_numpy(places))


def group_numbers(rows: pa.Table) -> NDArray[np.int64]:
    """A number for each row, the same for rows that are the same; what is NULL is one value."""
    import numpy as np

    numbers = np.zeros(len(rows), np.int64)
    for column in rows.columns:
        codes = together(column).dictionary_encode(null_encoding="encode").indices.cast("int64")
        # Both are below the number of rows, and so is what comes out.
        both = numbers * (len(rows) + 1) + to_numpy(codes, np.int64)
        numbers = np.unique(both, return_inverse=True)[1].reshape(-1)
    return numbers


def with_texts(rows: pa.Table, name: str, changed: Mapping[int, str | None]) -> pa.Table:
    """The rows with other texts in one of their columns, given by place."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if not changed:
        return rows
    # As Python's texts, all would take a quarter of a second a million, in which no other thread could run.
    held = together(rows[name].cast(pa.string()))
    at = sorted(changed)
    is_changed = np.zeros(len(rows), bool)
    is_changed[at] = True
    new = pc.replace_with_mask(held, from_numpy(is_changed), texts([changed[place] for place in at]))
    return rows.set_column(rows.schema.get_field_index(name), name, new)


def plain(rows: pa.Table) -> pa.Table:
    """The same rows, no column as a dictionary."""
    import pyarrow as pa

    fields = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in rows.schema
    ]
    return rows.cast(pa.schema(fields))


def table(columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> pa.Table:
    """A table of columns by their names."""
    import pyarrow as pa

    return pa.Table.from_arrays(list(columns.values()), names=list(columns))


def _column(values: Sequence[Any], kind: DataType) -> pa.Array:
    import pyarrow as pa

    return pa.array(Array(values, kind))
