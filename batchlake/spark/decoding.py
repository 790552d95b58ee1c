"""Arrow's rows as Python's values, equal to those that DuckDB returns.

Times are aware and in the question's zone (Arrow's come in UTC), whole decimals are `int`, maps and structs
are dictionaries.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import pyarrow as pa

Decode = Callable[[Any], Any]

DUCKDB_TYPES: Final = {
    "string": "VARCHAR",
    "bigint": "BIGINT",
    "int": "INTEGER",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "timestamp_ntz": "TIMESTAMP",
    "date": "DATE",
    "decimal(38,0)": "HUGEINT",
}
"""DuckDB's names of Spark's types, where they differ by more than case."""


def columns(table: pa.Table, zone: str) -> list[list[Any]]:
    """The values of each column."""
    where = UTC if zone == "UTC" else ZoneInfo(zone)
    found = []
    for column in table.columns:
        values = column.to_pylist(maps_as_pydicts="strict")
        decode = _decoder(column.type, where)
        found.append(values if decode is None else [None if one is None else decode(one) for one in values])
    return found


def rows(table: pa.Table, zone: str) -> list[tuple[Any, ...]]:
    """The rows as tuples."""
    return list(zip(*columns(table, zone), strict=True)) if table.num_columns else []


def plain(table: pa.Table) -> pa.Table:
    """The table as DuckDB would return it: times in UTC, every column nullable."""
    import pyarrow as pa

    fields = [
        field.with_type(pa.timestamp("us", "UTC")).with_nullable(True)
        if pa.types.is_timestamp(field.type) and field.type.tz
        else field.with_nullable(True)
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _decoder(kind: pa.DataType, where: tzinfo) -> Decode | None:
    """What makes a value of a type of Arrow's the one that DuckDB gives; None where it is that already."""
    import pyarrow.types as types

    if types.is_timestamp(kind):
        return (lambda time: time.astimezone(where)) if kind.tz else None
    if types.is_decimal(kind) and kind.scale == 0:
        return int
    if types.is_list(kind):
        inner = _decoder(kind.value_type, where)
        return None if inner is None else lambda several: [_decoded(inner, one) for one in several]
    if types.is_map(kind):
        value = _decoder(kind.item_type, where)
        return (
            None if value is None else lambda pairs: {key: _decoded(value, one) for key, one in pairs.items()}
        )
    if types.is_struct(kind):
        fields = {field.name: _decoder(field.type, where) for field in kind}
        return lambda struct: {name: _decoded(fields[name], one) for name, one in struct.items()}
    return None


def _decoded(decode: Decode | None, value: Any) -> Any:
    return value if value is None or decode is None else decode(value)


def duckdb_type(kind: str) -> str:
    """DuckDB's name of a type of Spark's."""
    return DUCKDB_TYPES.get(kind, kind.upper())
