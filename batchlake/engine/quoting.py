"""SQL as text: names, literals, time zones, and the queries that read a table from its Parquet files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from numbers import Real
from typing import Any, Final

from batchlake.errors import InvalidRequest
from batchlake.schema import Table

_SIZE: Final = re.compile(r"\s*[0-9]+(\.[0-9]+)?\s*[A-Za-z%]*\s*")

_OF_THE_MACHINE: Final = "localtime"
"""The machine's own zone, as Python reads it; DuckDB has none, and another machine would answer otherwise."""

_COPIES: Final = ("posix/", "posixrules", "right/")
"""How files of zones begin that a system may hold besides, and that Python lists under no name."""


def quoted(name: str) -> str:
    """A name as an SQL identifier: `a"b` becomes `"a""b"`."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as an SQL literal: `it's` becomes `'it''s'`."""
    return "'" + value.replace("'", "''") + "'"


def json_path(keys: Iterable[str]) -> str:
    """Where in a JSON text a value stands, as DuckDB's functions take it: a backslash escapes what follows.

    >>> json_path(["crm", 'a"b'])
    '$."crm"."a\\\\"b"'
    """
    return "$" + "".join('."' + re.sub(r'(["\\])', r"\\\1", key) + '"' for key in keys)


def own_field(key: str) -> str:
    """What stands behind `extra->>` for a field: its key, or its path, for which DuckDB would take some keys.

    >>> own_field("campaign"), own_field("$x")
    ('campaign', '$."$x"')
    """
    return json_path([key]) if key.startswith(("$", "/")) or "\\" in key or '"' in key else key


def bare_key(path: str) -> str:
    """The key that was given to `own_field`.

    >>> bare_key(own_field("campaign")), bare_key(own_field('$"\\\\'))
    ('campaign', '$"\\\\')
    """
    is_path = path.startswith('$."') and path.endswith('"')
    return re.sub(r"\\(.)", r"\1", path[3:-1], flags=re.DOTALL) if is_path else path


def typed_columns(table: Table) -> str:
    """A table's columns as `create table` names them."""
    return ", ".join(f"{quoted(column.name)} {column.type}" for column in table.columns)


def view_of(table: Table, files: Sequence[str]) -> str:
    """The statement that makes a view of one table over its Parquet files."""
    return f"create or replace view {table.name} as {rows_of(table, files)}"


def rows_of(table: Table, files: Sequence[str]) -> str:
    """A query for all rows of one table in its Parquet files, columns in the schema's order.

    A column that a file lacks, because an earlier batchlake wrote it, is NULL in its rows.
    """
    if not files:
        columns = ", ".join(f"null::{column.type} as {quoted(column.name)}" for column in table.columns)
        return f"select {columns} where false"
    paths = ", ".join(literal(path) for path in files)
    return f"select * from read_parquet([{paths}], schema = {_parquet_schema(table)})"


def memory_size(given: str) -> str:
    """A size of memory as DuckDB's setting takes one; its unit is left to DuckDB.

    Raises:
        InvalidRequest: it isn't a number and a unit. DuckDB takes a negative size for no limit.
    """
    if not _SIZE.fullmatch(str(given)):
        raise InvalidRequest(
            f"{given!r} is not a usable memory limit. Give a size as 500MB or 2GB.", memory_limit=given
        )
    return given


def whole_number(meaning: str, given: Any, least: int = 0, most: int = 2**63 - 1) -> int:
    """A count that a caller gave, also as NumPy's number or a whole float such as 1e6.

    Args:
        meaning: the beginning of the sentence where it is none: what it is.

    Raises:
        InvalidRequest: it isn't whole, or out of range.

    >>> whole_number("limit is how many rows", 1e6)
    1000000
    """
    is_number = isinstance(given, Real) and not isinstance(given, bool)
    if is_number and least <= given <= most and given == int(given):
        return int(given)
    raise InvalidRequest(f"{meaning}, not {given!r}.")


def each_text(meaning: str, given: Any) -> tuple[str, ...]:
    """The texts of what a caller gave as one, several, or none (None).

    Raises:
        InvalidRequest: one is no text.
    """
    is_several = isinstance(given, Iterable) and not isinstance(given, str | bytes)
    texts = tuple(given) if is_several else () if given is None else (given,)
    if all(isinstance(text, str) for text in texts):
        return texts
    raise InvalidRequest(f"{meaning} text, or several in a list, not {given!r}.")


def zone_named(name: object) -> str:
    """The name of an IANA time zone that both DuckDB and Python know, as they spell it; given in any case.

    Raises:
        InvalidRequest: there is none of that name; suggests the nearest.

    >>> zone_named("europe/berlin")
    'Europe/Berlin'
    """
    if isinstance(name, str):
        if _is_zone(name):
            return name
        if (spelled := _spellings().get(name.lower())) is not None:
            return spelled
    wanted = str(name).strip().replace(" ", "_").lower()
    cities = [zone for zone in sorted(zone_names()) if wanted == zone.lower().rpartition("/")[2]]
    preferred = [zone for zone in cities if zone.startswith(("Europe/", "America/", "Asia/", "Africa/"))]
    meant = next(iter([*preferred, *cities]), None)
    if meant is None:
        import difflib

        places = {zone.lower().rpartition("/")[2]: zone for zone in sorted(zone_names(), reverse=True)}
        close = difflib.get_close_matches(wanted.rpartition("/")[2], places, n=1)
        meant = places[close[0]] if close else None
    hint = f"Did you mean {meant}?" if meant else "Give one such as Europe/Berlin or UTC."
    raise InvalidRequest(f"There is no time zone {str(name)!r}. {hint}", timezone=str(name))


@cache
def zone_names() -> frozenset[str]:
    """The names of all zones."""
    from zoneinfo import available_timezones

    return frozenset(available_timezones() - {_OF_THE_MACHINE})


@cache
def _spellings() -> dict[str, str]:
    """The names of all zones by themselves in small letters."""
    return {name.lower(): name for name in zone_names()}


@cache
def _is_zone(name: str) -> bool:
    """Whether there is such a zone; listing them all takes longer than most questions."""
    if name == "UTC":
        return True
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name == _OF_THE_MACHINE or name.startswith(_COPIES):
        return False
    try:
        return bool(ZoneInfo(name).key)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return False


@cache
def _parquet_schema(table: Table) -> str:
    """The table's columns as the `schema` argument of `read_parquet`, matched by name.

    DuckDB then looks at no file to find out the columns; `union_by_name` looks at all of them. Processor time
    over 1,500 files of 2,000 calls, measured in turns, against neither: scans 1.0 to 1.05 times as long
    (`union_by_name` 1.2 to 1.8), one batch or one day 1.2 times (2.2 to 2.4), some 0.04 ms a file. To open a
    small lake takes 5 ms more, as DuckDB binds the text below.
    """
    columns = ", ".join(
        f'{column.name}={{name: {column.name}, type: "{column.type}", default_value: NULL}}'
        for column in table.columns
    )
    # Cast from one text: as a literal of maps and structs it takes DuckDB three times as long to bind.
    kind = "map(varchar, struct(name varchar, type varchar, default_value varchar))"
    return f"{literal(f'{{{columns}}}')}::{kind}"
