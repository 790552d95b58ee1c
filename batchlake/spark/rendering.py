"""DuckDB's SQL as Spark's: one text for both engines, and values bound to it.

Input: a query in the subset of DuckDB's SQL that `subset` checks, and the values of its named parameters.
Output: a `Statement`: text that Spark 3.5 and every later one parse, and what `spark.sql(..., args=)` takes.
No value enters the text but lists, which Spark 3.5 takes in no other way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import PurePath
from typing import Any, ClassVar, Final

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.spark import Spark

from batchlake.engine import sql_files
from batchlake.engine.quoting import bare_key
from batchlake.errors import InvalidRequest
from batchlake.spark.java_patterns import java_pattern
from batchlake.spark.rules import apply_rules, meaning
from batchlake.spark.subset import check_subset

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

_PARAMETER: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|\$(\w+)")
_STAND_IN: Final = "batchlake_parameter"


@dataclass(frozen=True, slots=True)
class Statement:
    """A query as Spark takes it.

    Attributes:
        text: the SQL.
        args: values of its named parameters.
        tables: names that it reads and doesn't define itself.
        pinned: of each of those, which version it is of.
    """

    text: str
    args: dict[str, Any] = field(hash=False)
    tables: frozenset[str]
    pinned: tuple[str, ...] = ()

    def shown(self) -> str:
        """The statement for a person: the text, under comments that say its tables and its values."""
        notes = [f"-- {one}" for one in self.pinned]
        notes += [f"-- :{name} = {value!r}" for name, value in self.args.items()]
        return "\n".join([*notes, f"{self.text};"])


class _LakeSql(DuckDB):  # type: ignore[misc]
    """DuckDB's dialect, in which a key of JSON stays the text that it is."""

    def to_json_path(self, path: exp.Expression | None) -> exp.Expression | None:
        return path


class _SparkSql(Spark):  # type: ignore[misc]
    """Spark's dialect as 3.5 has it."""

    class Generator(Spark.Generator):  # type: ignore[misc]
        # A CTE stays where it is: at the top, names of several queries would clash.
        EXPRESSIONS_WITHOUT_NESTED_CTES: ClassVar[set[type[exp.Expression]]] = set()


def render(sql: str, params: Mapping[str, Any] | None = None) -> Statement:
    """The query for Spark, with the values of its parameters.

    Args:
        sql: one query in DuckDB's dialect, its parameters named (`$name`).
        params: their values; those that it doesn't name are left out.

    Raises:
        InvalidRequest: it holds what means another thing on Spark, or nothing; says what, and what instead.
    """
    given = dict(params or {})
    shapes = tuple(sorted((name, _shape(value)) for name, value in given.items()))
    text, tables, roles = _rendered(sql, shapes)
    args = {
        name: _argument(given[name], role)
        for name, role in roles.items()
        if not isinstance(given[name], list)
    }
    return Statement(text, args, tables)


def _shape(value: Any) -> Any:
    """What of a value the text depends on."""
    if isinstance(value, datetime):
        return "time"
    return tuple(value) if isinstance(value, list | tuple) else "value"


def _argument(value: Any, role: str) -> Any:
    """A value as Spark takes it where it stands."""
    match value:
        case datetime():
            # PySpark makes of an aware time of year 1 one that is two days off.
            return (value - _EPOCH) // _MICROSECOND
        case str() if role == "pattern":
            return java_pattern(value)
        case str() if role == "key":
            return bare_key(value)
        case _:
            return value


@lru_cache(maxsize=512)
def _rendered(sql: str, shapes: tuple[tuple[str, Any], ...]) -> tuple[str, frozenset[str], dict[str, str]]:
    """The text, the tables that it reads, and for each parameter what it is there."""
    # sqlglot nests a score of calls for each pair of parentheses: 32 deep fits a stack that begins here only.
    with ThreadPoolExecutor(max_workers=1) as fresh_stack:
        return fresh_stack.submit(_translated, sql, dict(shapes)).result()


def _translated(sql: str, shapes: dict[str, Any]) -> tuple[str, frozenset[str], dict[str, str]]:
    query = parse(sql)
    check_subset(query)
    roles = _roles(query)
    if missing := sorted(roles.keys() - shapes.keys()):
        raise InvalidRequest(f"the query names a parameter ${missing[0]}, and no value is given for it.")
    query = apply_rules(_with_views(query))
    _place_values(query, shapes)
    tables = frozenset(_undefined(query))
    if tables & {cte.alias for cte in query.ctes}:
        # The tables are put in front as CTEs, where a name is given once.
        query = exp.select("*").from_(exp.Subquery(this=query))
    text = query.sql(dialect=_SparkSql, pretty=True, comments=False, max_text_width=100)
    return str(text), tables, roles


def _undefined(query: exp.Expression) -> set[str]:
    """The names of relations that the query doesn't define itself."""
    return {table.name for table in query.find_all(exp.Table) if table.name and meaning(table) is None}


def _with_views(query: exp.Expression) -> exp.Expression:
    """The query with the views that it reads in front: none is made on the cluster."""
    found = [(name, _view(name)) for name in sorted(_undefined(query) & _views().keys())]
    if not found:
        return query
    if {name for name, _ in found} & {cte.alias for cte in query.ctes}:
        query = exp.select("*").from_(exp.Subquery(this=query))
    clause = query.args.get("with_")
    ctes = [exp.CTE(this=view, alias=exp.TableAlias(this=exp.to_identifier(name))) for name, view in found]
    query.set("with_", exp.With(expressions=[*ctes, *(clause.expressions if clause else [])]))
    return query


@cache
def _views() -> dict[str, str]:
    """The text of each view, by its name."""
    named = {PurePath(name).name: sql_files.load(name).text for name in sql_files.names("views")}
    return {f"selected_{name}": f"select * from {name}" for name in ("calls", "segments")} | named


def _view(name: str) -> exp.Expression:
    view = parse(_views()[name])
    check_subset(view)
    return view


def parse(sql: str) -> exp.Expression:
    """A query in DuckDB's dialect as a tree.

    Raises:
        InvalidRequest: sqlglot can't read it.
    """
    # From a `$` sqlglot looks for a dollar-quoted text and fails where quotes follow, and `select :a` is
    # a name to it; a function's call is read as one everywhere.
    text = _PARAMETER.sub(lambda found: f"{_STAND_IN}('{found[1]}')" if found[1] else found[0], sql)
    try:
        parsed: exp.Expression = sqlglot.parse_one(text, dialect=_LakeSql)
    except sqlglot.ParseError as error:
        reason = str(error).partition("\n")[0]
        raise InvalidRequest(f"this SQL can't be written for Spark: {reason}", sql=sql) from error
    for node in list(parsed.find_all(exp.Anonymous)):
        if node.name == _STAND_IN:
            node.replace(exp.Placeholder(this=node.expressions[0].name))
    return parsed


def _roles(query: exp.Expression) -> dict[str, str]:
    """What each parameter is where it stands: a pattern, a key of JSON, or a value."""
    roles: dict[str, str] = {}
    for node in query.find_all(exp.Placeholder):
        role = "value"
        if isinstance(node.parent, exp.RegexpLike | exp.RegexpReplace) and node.arg_key == "expression":
            role = "pattern"
        elif isinstance(node.parent, exp.JSONExtractScalar):
            role = "key"
        roles[node.name] = role
    return roles


def _place_values(query: exp.Expression, shapes: dict[str, Any]) -> None:
    """Times are whole microseconds; lists are literals."""
    for node in list(query.find_all(exp.In)):
        # A list bound as one value: `x in (select unnest($values))`.
        subquery = node.args.get("query")
        (unnested, *_) = subquery.this.expressions if subquery else (None,)
        if isinstance(unnested, exp.Explode) and isinstance(unnested.this, exp.Placeholder):
            values = map(_literal, shapes[unnested.this.name])
            node.replace(exp.In(this=node.this, expressions=list(values)))
    for node in list(query.find_all(exp.Placeholder)):
        shape = shapes[node.name]
        if shape == "time":
            node.replace(exp.Anonymous(this="timestamp_micros", expressions=[node.copy()]))
        elif isinstance(shape, tuple):
            node.replace(exp.Array(expressions=list(map(_literal, shape))))


def _literal(value: Any) -> exp.Expression:
    return exp.Literal.string(value) if isinstance(value, str) else exp.convert(value)
