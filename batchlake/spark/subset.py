"""The subset of DuckDB's SQL that means the same on Spark, and what to write instead of what is beyond it.

Input: a query as a tree. Output: its faults. Checked over the tree, without Spark: by the tests over every
file of `sql/analytics` and `sql/views`, and before a query is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from sqlglot import exp

from batchlake.errors import InvalidRequest
from batchlake.schema import TABLES

Check = Callable[[exp.Expression], bool]

_T: Final = exp.DataType.Type
_WHOLE: Final = frozenset({_T.BIGINT, _T.INT, _T.INT128, _T.SMALLINT, _T.TINYINT, _T.UBIGINT})

_DOUBLES: Final = frozenset(
    column.name for table in TABLES.values() for column in table.columns if column.type == "DOUBLE"
)
_FUNCTIONS: Final = frozenset("epoch_us make_timestamptz map_entries round_even to_json".split())
"""Functions that sqlglot has no name for, and a rule has."""


def faults(query: exp.Expression) -> list[str]:
    """What in a query is beyond the subset, as sentences; nothing where all of it is within."""
    found = [what for node in query.walk() for test, what in _CHECKS if test(node)]
    unknown = [
        f"`{node.name.lower()}`: no rule says what that is on Spark"
        for node in query.find_all(exp.Anonymous)
        if node.name.lower() not in _FUNCTIONS
        and not any(test(node) for test, _ in _CHECKS)
        and not isinstance(node.parent, exp.Table)
    ]
    return list(dict.fromkeys([*found, *unknown, *_nested_generators(query)]))


def check_subset(query: exp.Expression) -> None:
    """Check that a query means the same on Spark.

    Raises:
        InvalidRequest: it doesn't; names every fault.
    """
    if found := faults(query):
        lines = "\n".join(f"  {fault}" for fault in found)
        raise InvalidRequest(f"this SQL can't be sent to Spark as it is:\n{lines}", faults=found)


def _is_rounded(value: exp.Expression) -> bool:
    """Whether a value that is cast to a whole number is one already, as far as its text tells.

    A column of doubles, or a number such as 1e6, makes it none, unless something rounds around that.
    """
    parts = value.walk(prune=_rounds)
    return not any(
        (isinstance(one, exp.Column) and one.name in _DOUBLES)
        or (isinstance(one, exp.Literal) and not one.is_string and not one.this.isdigit())
        for one in parts
        if not _rounds(one)
    )


def _rounds(node: exp.Expression) -> bool:
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in ("round_even", "epoch_us")
    return isinstance(node, exp.Floor | exp.Ceil | exp.Count | exp.Cast | exp.TryCast)


def _casts_unrounded(node: exp.Expression) -> bool:
    return isinstance(node, exp.Cast | exp.TryCast) and node.to.this in _WHOLE and not _is_rounded(node.this)


def _is(*kinds: type[exp.Expression]) -> Check:
    return lambda node: isinstance(node, kinds)


def _named(*names: str) -> Check:
    return lambda node: isinstance(node, exp.Anonymous) and node.name.lower() in names


def _nested_generators(query: exp.Expression) -> Iterator[str]:
    for node in query.find_all(exp.Explode, exp.Unnest):
        parent = node.parent.parent if isinstance(node.parent, exp.Alias) else node.parent
        if isinstance(parent, exp.Func):
            yield "`unnest` within another function: Spark takes it alone. Unnest in a query below"
    for select in query.find_all(exp.Select):
        if sum(isinstance(one.unalias(), exp.Explode | exp.Unnest) for one in select.expressions) > 1:
            yield "two `unnest`s in one select: Spark takes one. Unnest in a query below"


_CHECKS: Final[tuple[tuple[Check, str], ...]] = (
    (
        _casts_unrounded,
        "a double cast to a whole number: Spark cuts off where DuckDB rounds. Cast round_even(x, 0)",
    ),
    (
        _is(exp.Avg),
        "`avg`: Spark adds doubles, in no order. Write sum(x) / nullif(count(x), 0) of whole units",
    ),
    (
        _is(exp.PercentileCont, exp.PercentileDisc, exp.Quantile, exp.ApproxQuantile, exp.Median),
        "a quantile: Spark interpolates in another order. Place rows by a window, as duration.sql does",
    ),
    (
        _is(exp.Stddev, exp.StddevSamp, exp.StddevPop, exp.Variance, exp.VariancePop),
        "a deviation: Spark adds doubles, in no order. Sum squares of whole units, as duration.sql does",
    ),
    (
        lambda node: (
            isinstance(node, exp.Sum) and isinstance(node.this, exp.Column) and node.this.name in _DOUBLES
        ),
        "a sum of doubles, whose last digit depends on their order. Sum round_even(x * 1e6, 0)::bigint",
    ),
    (
        lambda node: isinstance(node, exp.Table) and isinstance(node.this, exp.Anonymous),
        "a table function: Spark has other ones",
    ),
    (
        _named("histogram", "list_histogram"),
        "`histogram`: Spark has none. Group, then map_from_entries(list(...))",
    ),
    (
        lambda node: isinstance(node, exp.AtTimeZone) and node.args["zone"].name != "UTC",
        "`at time zone` of another zone than 'UTC': sqlglot writes another function. Use date_trunc and "
        "extract, which are in the session's zone",
    ),
    (
        _is(exp.Interval, exp.DateAdd, exp.DateSub),
        "arithmetic of intervals: count microseconds, make_timestamptz(epoch_us(t) + n)",
    ),
    (
        _named("time_bucket", "to_minutes", "to_microseconds", "to_hours", "to_days", "to_seconds"),
        "arithmetic of intervals: count microseconds, make_timestamptz(epoch_us(t) + n)",
    ),
    (
        lambda node: isinstance(node, exp.Star) and any(node.args.get(one) for one in ("replace", "except_")),
        "`* replace` or `* exclude`: Spark has neither. Name the columns",
    ),
    (
        lambda node: isinstance(node, exp.Group) and bool(node.args.get("all")),
        "`group by all`: not every Spark has it. Name the columns",
    ),
    (
        lambda node: (
            isinstance(node, exp.Union) and bool(node.args.get("by_name")) and not _adds_group_key(node)
        ),
        "`union all by name` of two relations: Spark's SQL has none. Name the columns in one order",
    ),
    (_is(exp.Trunc), "`trunc`: sqlglot writes a cast, which fails above 2^63. x % 1 = 0 tells whole numbers"),
    (
        lambda node: (
            isinstance(node, exp.Literal) and node.is_string and node.this in ("infinity", "-infinity")
        ),
        "a time at infinity: Spark has none. Order by t nulls last",
    ),
)


def _adds_group_key(union: exp.Union) -> bool:
    """Whether it is the one union by name that a rule renders: a column more, and no row."""
    right = union.expression
    names = [one.alias_or_name for one in right.expressions] if isinstance(right, exp.Select) else []
    return names == ["group_key"] and isinstance(right.args.get("where"), exp.Where)
