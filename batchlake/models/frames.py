"""Arrow tables as data frames of polars and pandas: money exact, counts and truth values nullable.

Money stays decimal, which polars and pandas (by Arrow's type) add up exactly; for statistics and plots it can
be floats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


def polars_frame(table: pa.Table, *, floats: bool = False) -> pl.DataFrame:
    """The table as a polars data frame; with `floats` money as floats."""
    import polars as pl

    return pl.DataFrame(with_floats(table) if floats else table)


def pandas_frame(table: pa.Table, *, floats: bool = False) -> pd.DataFrame:
    """The table as a pandas data frame; with `floats` money as floats.

    Raises:
        ImportError: pandas isn't installed.
    """
    import pandas as pd
    import pyarrow as pa

    nullable = {
        pa.bool_(): pd.BooleanDtype(),
        pa.int8(): pd.Int8Dtype(),
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.uint64(): pd.UInt64Dtype(),
    }

    def kind(arrow: pa.DataType) -> Any:
        return pd.ArrowDtype(arrow) if pa.types.is_decimal(arrow) else nullable.get(arrow)

    frame: pd.DataFrame = (with_floats(table) if floats else table).to_pandas(types_mapper=kind)
    return frame


def with_floats(table: pa.Table) -> pa.Table:
    """The table with its decimals as floats."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.float64()))
    return table
