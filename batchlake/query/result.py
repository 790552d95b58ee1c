"""`Result`: the rows of a question, in any form that a program works with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from batchlake.engine.arguments import checked_methods
from batchlake.engine.protocols import QueryRows
from batchlake.engine.quoting import whole_number
from batchlake.errors import InvalidRequest
from batchlake.models.frames import Frames
from batchlake.text.looks import listed

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN_ROWS: Final = 10
_SHOWN_WIDTH: Final = 120
_COUNTABLE: Final = ("select", "from", "with", "(", "values")
"""What a query begins with that SQL can count."""


class Queryable(Protocol):
    """What runs queries."""

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> QueryRows:
        """The rows of a query, which runs when they are read."""


@checked_methods
class Result(Frames):
    """The rows of one query. Each way to read them runs it again, over the lake as it was when it was asked.

    `len` counts the rows once, without reading their values.

    Args:
        engine: runs the query; holds the relations that it names.
        query: one query.
        params: values of its named parameters.

    Raises:
        InvalidRequest: `params` is not a mapping from names to values.
    """

    def __init__(self, engine: Queryable, query: str, params: Mapping[str, Any] | None = None) -> None:
        self._engine = engine
        self._query = query
        self._params = values_by_name(params)
        self._count: int | None = None

    @property
    def query(self) -> str:
        """The query."""
        return self._query

    @property
    def params(self) -> dict[str, Any]:
        """The values of its named parameters."""
        return dict(self._params)

    def __len__(self) -> int:
        """How many rows there are; counted when it is first asked."""
        if self._count is None:
            # Each verb makes results, and counts none of them.
            from batchlake.query import statements

            # Without a semicolon, and without a comment in front.
            query = "".join(one.text for one in statements.split(self._query))
            if query.lower().startswith(_COUNTABLE):
                (counted,) = self._engine.query(f"select count(*) as rows from (\n{query}\n)", self._params)
                self._count = int(counted[0])
            else:
                # `describe`, `show` and their like are no relation to count in SQL.
                self._count = sum(1 for _ in self.rows())
        return self._count

    def __bool__(self) -> bool:
        """Whether there is a row; nothing is counted for it."""
        return self.first() is not None

    def head(self, n: int = 10) -> list[dict[str, Any]]:
        """The first rows, as dictionaries."""
        n = whole_number("head(n) is how many rows", n)
        rows = self.rows()
        try:
            columns = rows.columns
            return [dict(zip(columns, row, strict=True)) for row in islice(rows, n)]
        finally:
            rows.close()

    def first(self) -> dict[str, Any] | None:
        """The first row, None where there is none."""
        return next(iter(self.head(1)), None)

    def item(self) -> Any:
        """The one value of an answer that has one row of one column.

        Raises:
            InvalidRequest: it has more, or none.
        """
        rows = self.head(2)
        if len(rows) != 1 or len(rows[0]) != 1:
            count = ("no row", "one row", "more than one row")[len(rows)]
            shape = f"{count} of {len(self.columns)} columns"
            raise InvalidRequest(f"item() is for one row of one column, and this is {shape}. Use to_dicts().")
        return next(iter(rows[0].values()))

    @property
    def types(self) -> dict[str, str]:
        """DuckDB's type of each column, by its name; the query doesn't run for them."""
        rows = self.rows()
        try:
            rows.bind()
            return dict(zip(rows.columns, rows.types, strict=True))
        finally:
            rows.close()

    @property
    def columns(self) -> list[str]:
        """The columns' names, in order; the query doesn't run for them."""
        return list(self.types)

    def rows(self) -> QueryRows:
        """The rows as tuples, read once, from front to back."""
        return self._engine.query(self._query, self._params)

    def stream(self, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """The rows as Arrow record batches, made while they are read."""
        return self.rows().reader(
            whole_number("batch_rows is how many rows a batch has", batch_rows, 1, 2**31)
        )

    def arrow(self) -> pa.Table:
        """All rows as an Arrow table."""
        return self.stream().read_all()

    def write(self, path: str | os.PathLike[str]) -> int:
        """Write all rows to a file, in the format of its suffix: csv, json, ndjson, parquet, xlsx, md, txt.

        Returns:
            How many rows were written.

        Warns:
            UserWarning: rows or parts of texts are left out, as an xlsx sheet holds a million rows, and its
            cells 32,767 characters.

        Raises:
            InvalidRequest: the suffix stands for no format of rows, or the file can't be written.
        """
        from batchlake.output.rows import write_result

        return write_result(self, Path(path))

    def to_dicts(self) -> list[dict[str, Any]]:
        """All rows as dictionaries; decimals are `Decimal`, times are aware and in UTC."""
        # `list(self)` would ask `len` first, which counts the rows by a query of its own.
        return list(iter(self))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        rows = self.rows()
        columns = rows.columns
        for row in rows:
            yield dict(zip(columns, row, strict=True))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows for any reader of Arrow streams: polars, pyarrow, DuckDB, ..."""
        return self.stream().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        """The first ten rows as a table."""
        from batchlake.text.cells import Column, Style
        from batchlake.text.escaping import printable
        from batchlake.text.looks import Clock
        from batchlake.text.ranked import Layout, RankedTable

        columns, rows, more = self._first()
        layout = Layout(_SHOWN_WIDTH, Style(Clock(), whole=True), chosen=False)
        table = RankedTable([Column(printable(name), "exact") for name in columns], layout)
        lines = list(table.lines(rows))
        left = f"No room for {listed(table.left_out)}." if table.left_out else ""
        return "\n".join([*lines, *more, *([left] if left else [])])

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
        # DuckDB takes NumPy's floats, which a data frame gives, and refuses its integers.
        return {
            name: int(value) if isinstance(value, Integral) and not isinstance(value, int) else value
            for name, value in params.items()
        }
    raise InvalidRequest(
        f"parameters are values by name, not {params!r:.80}. Write $name in the query, and give "
        "{'name': value}.",
        params=repr(params),
    )
