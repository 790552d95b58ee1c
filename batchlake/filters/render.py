"""A filter with its values in the text, for pasting into another tool, in DuckDB's dialect or another's.

Input: a compiled filter or a filter. Output: SQL without parameters; each value is a literal of its exact
type. Dialects other than DuckDB's go through sqlglot, which is imported only then.

All of them are parsed in the tests. Executed over generated filters and calls, with the rows of the plain
predicate, were DuckDB 1.5 and 2.0 (in the tests) and, by hand, PostgreSQL 15, ClickHouse 26.9 and Spark 4.3;
of own fields with odd names and values PostgreSQL 18, ClickHouse 26.9 and Spark 4.3. Trino, BigQuery and
Snowflake were not. Engines differ in what isn't ours to say: which years a timestamp has (ClickHouse: 1900 to
2299), and that PostgreSQL's texts hold no NUL.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from batchlake._lazy import extra
from batchlake.engine.quoting import bare_key, json_path, literal
from batchlake.errors import InvalidRequest
from batchlake.filters.compile import CompiledFilter, compile_filter
from batchlake.filters.faults import shown
from batchlake.filters.model import Filter
from batchlake.schema import CALLS
from batchlake.text.suggest import nearest_name

if TYPE_CHECKING:
    from sqlglot import exp

DIALECTS: Final = ("duckdb", "spark", "trino", "clickhouse", "bigquery", "snowflake", "postgres")
"""The dialects that `render` knows."""

_OWN_FIELDS: Final = {
    "spark": "try_element_at(from_json({extra}, 'map<string, string>'), {key})",
    "trino": "coalesce(json_extract_scalar({extra}, {path}), "
    "nullif(json_format(json_extract({extra}, {path})), 'null'))",
    "clickhouse": "if(JSONType({extra}, {key}) = 'String', JSONExtractString({extra}, {key}), "
    "nullif(nullif(JSONExtractRaw({extra}, {key}), ''), 'null'))",
    "bigquery": "coalesce(json_value({extra}, {path}), json_query({extra}, {path}))",
    "snowflake": "cast(get(try_parse_json({extra}), {key}) as varchar)",
    "postgres": "(cast({extra} as json) ->> {key})",
}
"""An own field as text, as DuckDB's `extra ->> key` gives it: nested values as JSON, null as NULL."""

_NUMBERS: Final = {
    "clickhouse": "toFloat64OrNull(trimBoth({field}))",
    "snowflake": "try_to_double({field})",
    "postgres": r"case when {field} ~ '^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$'"
    " then cast({field} as double precision) end",
}
"""Such a text as a number, NULL where it is none, where the dialect has no `try_cast` of texts."""

_EXACT_DIGITS: Final = 15
"""Decimal digits that any double keeps: a literal of no more is read as the very number that was meant."""


def inline(compiled: CompiledFilter) -> str:
    """The condition in DuckDB's dialect with its values as literals.

    >>> inline(compile_filter(Filter(agent_id="O'Hara", duration={"max": 0.5})))
    "duration_seconds <= 0.5 and agent_id = 'O''Hara'"
    """
    return re.sub(r"\$(\w+)", lambda name: _literal(compiled.params[name.group(1)]), compiled.sql)


def render(filter: Filter, dialect: str = "duckdb") -> str:
    """A whole query for the calls that match, in one of `DIALECTS`.

    Raises:
        InvalidRequest: the dialect is another, or the extra `dialects` isn't installed.
    """
    if dialect not in DIALECTS:
        nearest = nearest_name(dialect, DIALECTS)
        hint = f"; did you mean `{nearest}`?" if nearest else "."
        raise InvalidRequest(f"unknown dialect {shown(dialect)}. Give one of {', '.join(DIALECTS)}{hint}")
    compiled = compile_filter(filter)
    if compiled.sql == "true":
        return f"select * from {CALLS.name}"
    if dialect == "duckdb":
        return f"select * from {CALLS.name} where {inline(compiled)}"
    # sqlglot nests a score of calls for each pair of parentheses: 32 deep fits a stack that begins here only.
    with ThreadPoolExecutor(max_workers=1) as fresh_stack:
        return fresh_stack.submit(_translated, compiled, dialect).result()


def _literal(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            parts = " || chr(0) || ".join(literal(part) for part in value.split("\0"))
            return f"({parts})" if "\0" in value else parts
        case float():
            text = repr(value).removesuffix(".0")
            exact = "e" in text or len(text.replace(".", "").lstrip("0")) <= _EXACT_DIGITS
            return text if exact else f"{text}e0"
        case Decimal():
            return f"{value:f}"
        case datetime():
            return f"timestamptz {literal(value.isoformat(sep=' '))}"
        case list():
            return f"[{', '.join(map(_literal, value))}]"
        case _:
            return str(value)


def _translated(compiled: CompiledFilter, dialect: str) -> str:
    with extra("dialects", "other engines' dialects"):
        import sqlglot
        from sqlglot import exp

    # From a `$` sqlglot looks for a dollar-quoted text and fails where quotes follow; `:f1` is read as meant.
    condition = re.sub(r"\$(\w+)", r":\1", compiled.sql)
    query = sqlglot.parse_one(f"select * from {CALLS.name} where {condition}", dialect="duckdb")
    for node in list(query.find_all(exp.JSONExtractScalar)):
        _rewrite_own_field(node, compiled.params[node.expression.name], dialect)
    for node in list(query.find_all(exp.In)):
        _rewrite_membership(node, compiled.params, dialect)
    for node in list(query.find_all(exp.Not)):
        # `is not true` is dropped or unknown in half of the dialects.
        if isinstance(node.this, exp.Is) and isinstance(node.this.expression, exp.Boolean):
            tested = node.this.this.unnest()
            node.replace(exp.Case(ifs=[exp.If(this=tested, true=exp.false())], default=exp.true()))
    for node in list(query.find_all(exp.Contains)):
        found = exp.StrPosition(this=node.this, substr=node.expression)
        node.replace(exp.GT(this=found, expression=exp.Literal.number(0)))
    if dialect == "clickhouse":
        # Its `left` counts bytes.
        for node in list(query.find_all(exp.Left)):
            node.replace(exp.Anonymous(this="leftUTF8", expressions=[node.this, node.expression]))
    for node in list(query.find_all(exp.Placeholder)):
        node.replace(_typed(compiled.params[node.name], dialect))
    return str(query.sql(dialect=dialect))


def _rewrite_own_field(node: exp.JSONExtractScalar, name: str, dialect: str) -> None:
    """`extra ->> name`, and its number, in words of the dialect: their paths are not DuckDB's.

    Raises:
        InvalidRequest: BigQuery's paths have no way to write this name.
    """
    from sqlglot import exp

    key = bare_key(name)
    if dialect == "bigquery" and re.search(r'["\\\x00-\x1f]', key):
        raise InvalidRequest(
            f"BigQuery has no path to the own field {shown(key)}. Leave it out, or give another dialect."
        )
    path = json_path([key]) if dialect == "bigquery" else f"$[{json_path([key])[2:]}]"
    field = _OWN_FIELDS[dialect].format(
        extra=node.this.sql(dialect=dialect),
        key=exp.Literal.string(key).sql(dialect=dialect),
        path=exp.Literal.string(path).sql(dialect=dialect),
    )
    number = node.find_ancestor(exp.TryCast) if dialect in _NUMBERS else None
    if number:
        number.replace(exp.var(_NUMBERS[dialect].format(field=field)))
    else:
        node.replace(exp.var(field))


def _rewrite_membership(node: exp.In, params: dict[str, Any], dialect: str) -> None:
    """A list bound as one value becomes a list of literals; a row is compared to rows where that must be
    said."""
    from sqlglot import exp

    subquery = node.args.get("query")
    if not subquery:
        return
    select = subquery.this
    (unnested, *_) = select.expressions
    if isinstance(unnested, exp.Explode):
        values = params[unnested.this.name]
        node.replace(exp.In(this=node.this, expressions=[exp.Literal.string(value) for value in values]))
    elif dialect in ("trino", "bigquery"):
        select.set("expressions", [exp.Tuple(expressions=select.expressions)])


def _typed(value: Any, dialect: str) -> exp.Expression:
    from sqlglot import exp

    match value:
        case bool():
            return exp.Boolean(this=value)
        case str():
            return exp.Literal.string(value)
        case Decimal():
            # A bare literal would be a float in some dialects, and no longer the exact amount.
            decimal = "numeric" if dialect == "bigquery" else "decimal(19, 6)"
            return exp.cast(exp.Literal.string(f"{value:f}"), decimal)
        case datetime() if dialect == "clickhouse":
            text = value.replace(tzinfo=None).isoformat(sep=" ")
            parts = [exp.Literal.string(text), exp.Literal.number(6), exp.Literal.string("UTC")]
            return exp.Anonymous(this="toDateTime64", expressions=parts)
        case datetime():
            moment = "timestamptz(6)" if dialect == "trino" else "timestamptz"
            return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), moment)
        case _:
            return exp.Literal.number(repr(value))
