"""`Result`: the rows of a question, handed out as whatever the asker works with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol

from batchlake.engine.cursor import Rows
from batchlake.errors import InvalidRequest

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

_SHOWN_ROWS: Final = 20
_SHOWN_WIDTH: Final = 120


class Queryable(Protocol):
    """What a question is put to."""

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Rows:
        """The rows of a query, which runs when they are read."""


class Result:
    """The rows of one query. Each way to read them runs it again, over the lake as it was when it was asked.

    There is no `len`: that would run the query too. `len(result.to_dicts())` counts, and so does SQL.

    Args:
        asked: an engine, or a session's maker; holds the relations that the query names.
        query: one query.
        params: values of its named parameters.

    Raises:
        InvalidRequest: `params` is not a mapping from names to values.
    """

    def __init__(self, asked: Queryable, query: str, params: Mapping[str, Any] | None = None) -> None:
        self._asked = asked
        self._query = query
        self._params = values_by_name(params)

    @property
    def columns(self) -> list[str]:
        """The columns' names, in order; the query doesn't run for them."""
        rows = self.rows()
        try:
            rows.bind()
            return rows.columns
        finally:
            rows.close()

    def rows(self) -> Rows:
        """The rows as tuples, read once, from front to back."""
        return self._asked.query(self._query, self._params)

    def stream(self, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """The rows as Arrow record batches, made while they are read."""
        return self.rows().reader(batch_rows)

    def arrow(self) -> pa.Table:
        """All rows as an Arrow table."""
        return self.stream().read_all()

    def pl(self) -> pl.DataFrame:
        """All rows as a polars data frame."""
        import polars as pl

        return pl.DataFrame(self.arrow())

    def df(self) -> pd.DataFrame:
        """All rows as a pandas data frame.

        Raises:
            ImportError: pandas isn't installed.
        """
        frame: pd.DataFrame = self.arrow().to_pandas()
        return frame

    def to_dicts(self) -> list[dict[str, Any]]:
        """All rows as dictionaries; decimals are `Decimal`, times are aware and in UTC."""
        return list(self)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        rows = self.rows()
        columns = rows.columns
        for row in rows:
            yield dict(zip(columns, row, strict=True))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows for any reader of Arrow streams: polars, pyarrow, DuckDB, ..."""
        return self.stream().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        """The first rows as a table."""
        from batchlake.text.table import Grid

        columns, rows, more = self._first()
        grid = Grid(columns, width=_SHOWN_WIDTH)
        lines = list(grid.lines(rows))
        return "\n".join([*lines, *more, *grid.notes()])

    def _repr_html_(self) -> str:
        from batchlake.text.table import html_table

        columns, rows, more = self._first()
        return "\n".join([html_table(columns, rows), *(f"<p>{note}</p>" for note in more)])

    def _first(self) -> tuple[list[str], list[tuple[Any, ...]], list[str]]:
        """Columns, some rows, and a note where there are others."""
        rows = self.rows()
        try:
            columns = rows.columns
            first = list(islice(rows, _SHOWN_ROWS + 1))
        finally:
            rows.close()
        if len(first) <= _SHOWN_ROWS:
            return columns, first, [f"{len(first)} row{'' if len(first) == 1 else 's'}"]
        note = f"the first {_SHOWN_ROWS} rows; .pl(), .df(), .to_dicts() and iteration give all"
        return columns, first[:_SHOWN_ROWS], [note]


def values_by_name(params: object) -> dict[str, Any]:
    """The values of named parameters; none for None.

    Raises:
        InvalidRequest: they are not a mapping from names to values.

    >>> values_by_name({"least": 30})
    {'least': 30}
    """
    if params is None:
        return {}
    if isinstance(params, Mapping) and all(isinstance(name, str) for name in params):
        return dict(params)
    raise InvalidRequest(
        f"parameters are values by name, not {params!r:.80}. Write $name in the query, and give "
        "{'name': value}.",
        params=repr(params),
    )
