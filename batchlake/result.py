"""`Result`: the rows of a question, handed out as whatever the asker works with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from batchlake.engine import Engine

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class Result:
    """The rows of one query, run anew each time they are asked for, over the lake as it was when asked.

    Args:
        engine: holds the relations that the query names.
        query: one SELECT.
        params: values of its named parameters.
    """

    def __init__(self, engine: Engine, query: str, params: Mapping[str, Any] | None = None) -> None:
        self._engine = engine
        self._query = query
        self._params = dict(params or {})

    @property
    def columns(self) -> list[str]:
        """The columns' names, in order."""
        return self._engine.columns(self._query, self._params)

    def arrow(self) -> pa.Table:
        """All rows as an Arrow table."""
        return self._engine.arrow(self._query, self._params)

    def stream(self, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """The rows as Arrow record batches, made while they are read."""
        return self._engine.stream(self._query, self._params, batch_rows)

    def pl(self) -> pl.DataFrame:
        """All rows as a polars data frame."""
        import polars as pl

        return pl.DataFrame(self.arrow())

    def df(self) -> pd.DataFrame:
        """All rows as a pandas data frame, where pandas is installed."""
        frame: pd.DataFrame = self.arrow().to_pandas()
        return frame

    def to_dicts(self) -> list[dict[str, Any]]:
        """All rows as dictionaries; decimals are `Decimal`, times are aware and in UTC."""
        return self._engine.rows(self._query, self._params)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._engine.iterate(self._query, self._params)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.stream().__arrow_c_stream__(requested_schema)
