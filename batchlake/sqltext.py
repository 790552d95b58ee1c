"""SQL as text: names, literals, and the queries that read a table from its Parquet files."""

from __future__ import annotations

from collections.abc import Sequence

from batchlake.schema import Table


def quoted(name: str) -> str:
    """A name as an SQL identifier: `a"b` becomes `"a""b"`."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as an SQL literal: `it's` becomes `'it''s'`."""
    return "'" + value.replace("'", "''") + "'"


def view_of(table: Table, files: Sequence[str]) -> str:
    """The statement that makes a view of one table over its Parquet files."""
    return f"create or replace view {table.name} as {rows_of(table, files)}"


def rows_of(table: Table, files: Sequence[str]) -> str:
    """A query for all rows of one table in its Parquet files, columns in the schema's order."""
    if not files:
        columns = ", ".join(f"null::{column.type} as {quoted(column.name)}" for column in table.columns)
        return f"select {columns} where false"
    columns = ", ".join(quoted(name) for name in table.column_names())
    paths = ", ".join(literal(path) for path in files)
    return f"select {columns} from read_parquet([{paths}])"
