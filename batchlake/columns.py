"""Python lists in, Arrow columns out.

`pyarrow.array` would do it, but imports pandas wherever that is installed, which takes longer than a small
ingest; arro3, which deltalake brings along, takes the lists in half the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from arro3.core import Array, DataType

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def texts(values: Sequence[str | None]) -> pa.Array:
    """A column of VARCHAR.

    Raises:
        TypeError: a value is no text.
    """
    return _column(values, DataType.utf8())


def integers(values: Sequence[int | None]) -> pa.Array:
    """A column of BIGINT."""
    return _column(values, DataType.int64())


def counted(values: NDArray[np.int64]) -> pa.Array:
    """The same of a numpy array."""
    import pyarrow as pa

    return pa.array(Array.from_numpy(values))


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


def table(columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> pa.Table:
    """A table of columns by their names."""
    import pyarrow as pa

    return pa.Table.from_arrays(list(columns.values()), names=list(columns))


def _column(values: Sequence[Any], kind: DataType) -> pa.Array:
    import pyarrow as pa

    return pa.array(Array(values, kind))
