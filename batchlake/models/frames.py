"""Arrow tables as data frames of polars and pandas: money exact, counts and truth values nullable.

Money stays decimal, which polars and pandas (by Arrow's type) add up exactly; for statistics and plots it can
be floats.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class Frames:
    """The rows of an answer as data frames; a subclass has them as an Arrow table."""

    def arrow(self) -> pa.Table:
        """All rows as an Arrow table."""
        raise NotImplementedError

    def pl(self, *, floats: bool = False) -> pl.DataFrame:
        """All rows as a polars data frame.

        Args:
            floats: make money floats; else it is exact decimals, which polars adds up too.
        """
        import polars as pl

        return pl.DataFrame(_table(self.arrow(), floats=floats))

    def df(self, *, floats: bool = False) -> pd.DataFrame:
        """All rows as a pandas data frame; counts and truth values are of its nullable types.

        Money is exact: Arrow's decimals, which pandas adds up, compares and averages, while `describe` and
        plots want floats.

        Args:
            floats: make money floats, for statistics and plots.

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

        frame: pd.DataFrame = _table(self.arrow(), floats=floats).to_pandas(types_mapper=kind)
        return frame

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows for any reader of Arrow streams: polars, pyarrow, DuckDB, ..."""
        return self.arrow().__arrow_c_stream__(requested_schema)


def _table(table: pa.Table, *, floats: bool) -> pa.Table:
    """The table, with its decimals as floats if wanted. Intervals, which polars doesn't read, are durations;
    a month has 30 days, as everywhere else."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if floats and pa.types.is_decimal(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.float64()))
        elif pa.types.is_interval(field.type):
            spans = [
                value and timedelta(30 * value.months + value.days, microseconds=value.nanoseconds // 1000)
                for value in table.column(place).to_pylist()
            ]
            table = table.set_column(place, field.name, pa.array(spans, pa.duration("us")))
    return table
