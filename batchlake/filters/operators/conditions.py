"""The SQL of each shape of condition, in DuckDB's dialect, over bare columns of `calls`.

Input: a query to bind values in, a value and its columns. Output: conditions to be ANDed. A condition on a
NULL is NULL or false, never true, and `none_of` makes true of both. No value ever enters the text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Protocol

from batchlake.engine.text_keys import text_key
from batchlake.filters.operators.describe import sought
from batchlake.filters.operators.operator import Query
from batchlake.schema import SEGMENTS

if TYPE_CHECKING:
    from pydantic import BaseModel

Columns = tuple[str, ...]

MOST_PARAMETERS: Final = 50
"""Values of a list that are bound one by one: DuckDB prunes Parquet files by them while it plans. A longer
list is bound as one value, prunes while it runs, and takes a 25th of the time (10,000 values: 13 ms)."""

_COST_STEP: Final = Decimal("0.000001")
_BEYOND_COST: Final = Decimal(10) ** 12
"""The first amount that a DECIMAL(18,6) can't hold: a bound above it decides as this one does."""


class Range(Protocol):
    """Two inclusive bounds; an absent one is None."""

    @property
    def min(self) -> Any:
        """The least that matches."""

    @property
    def max(self) -> Any:
        """The most that matches."""


class Grouped(str):
    """A condition that is in parentheses already.

    Parsers nest a score of calls for each pair, so that doubled ones would halve the depth they can read.
    """

    __slots__ = ()


def among(query: Query, values: Sequence[str], columns: Columns) -> list[str]:
    """The column equals one of the values."""
    (column,) = columns
    return [_in(query, column, values)]


def equal(query: Query, value: object, columns: Columns) -> list[str]:
    """The column equals the value."""
    (column,) = columns
    return [f"{column} = {query.bind(value)}"]


def at_least(query: Query, least: object, columns: Columns) -> list[str]:
    """The column is at least the value."""
    (column,) = columns
    return [f"{column} >= {query.bind(least)}"]


def at_most(query: Query, most: object, columns: Columns) -> list[str]:
    """The column is at most the value."""
    (column,) = columns
    return [f"{column} <= {query.bind(most)}"]


def between(query: Query, bounds: Range, columns: Columns) -> list[str]:
    """The column is within the bounds, both included."""
    low = [] if bounds.min is None else at_least(query, bounds.min, columns)
    return low + ([] if bounds.max is None else at_most(query, bounds.max, columns))


def costs_between(query: Query, bounds: Range, columns: Columns) -> list[str]:
    """The DECIMAL(18,6) column is within the bounds, both included.

    What a bound has beyond six decimals is rounded inwards: no amount of six decimals can tell, and DuckDB
    compares in the column's own type.
    """
    low = [] if bounds.min is None else at_least(query, _as_held(bounds.min, ROUND_CEILING), columns)
    return low + ([] if bounds.max is None else at_most(query, _as_held(bounds.max, ROUND_FLOOR), columns))


def within(query: Query, period: Any, columns: Columns) -> list[str]:
    """The column is at or after `period.start` and before `period.end`."""
    (column,) = columns
    low = [] if period.start is None else at_least(query, period.start, columns)
    return low + ([] if period.end is None else [f"{column} < {query.bind(period.end)}"])


def holding(test: str) -> Callable[[Query, bool, Columns], list[str]]:
    """The column passes a test, or doesn't, which a NULL does not."""

    def sql(query: Query, wanted: bool, columns: Columns) -> list[str]:
        passed = test.format(*columns)
        return [passed if wanted else f"({passed}) is not true"]

    return sql


def either_number(query: Query, numbers: Sequence[str], columns: Columns) -> list[str]:
    """One of the columns equals one of the numbers, or begins with one that ends in `*`.

    Prefixes of one length are compared as a list: 1,000 calls of `starts_with` took 2.6 s over 100,000
    calls, and this takes 20 ms.
    """
    exact = [number for number in numbers if not number.endswith("*")]
    prefixes = sorted((number[:-1] for number in numbers if number.endswith("*")), key=len)
    tests = [_in(query, "{0}", exact)] if exact else []
    for length, alike in groupby(prefixes, key=len):
        several = list(alike)
        if len(several) == 1:
            tests.append(f"starts_with({{0}}, {query.bind(several[0])})")
        else:
            tests.append(_in(query, f"left({{0}}, {query.bind(length)})", several))
    return [Grouped("(" + " or ".join(test.format(column) for column in columns for test in tests) + ")")]


def containing(query: Query, text: str, columns: Columns) -> list[str]:
    """The folded column contains the text, folded alike; the column as it is does, where nothing is left of
    the text."""
    folded, plain = columns
    return [f"contains({folded if text_key(text) else plain}, {query.bind(sought(text))})"]


def said(query: Query, utterance: BaseModel, columns: Columns) -> list[str]:
    """Some utterance of the call passes.

    What narrows the calls around it by columns that `segments` has too narrows the utterances read: one
    batch's text is looked for in one batch's row groups.
    """
    key = ", ".join(columns)
    matches = " and ".join([*query.scope, *query.isolated(utterance)])
    return [f"({key}) in (select {key} from {SEGMENTS.name} where {matches})"]


def mainly(query: Query, scores: Sequence[str], columns: Columns) -> list[str]:
    """One of the scores is above the two others; one that is shared, or lacks another, is above none."""
    tests = []
    for score in scores:
        (own,) = [column for column in columns if column.endswith(f"_{score}")]
        others = [column for column in columns if column != own]
        tests.append(" and ".join(f"{own} > {other}" for other in others))
    if len(tests) == 1:
        return tests[0].split(" and ")
    return [Grouped("(" + " or ".join(f"({test})" for test in tests) + ")")]


def extra(query: Query, fields: Mapping[str, Any], columns: Columns) -> list[str]:
    """Each field of the exports' own is one of the values, a number within the bounds, or there."""
    (column,) = columns
    found = []
    for name, wanted in fields.items():
        # A name that begins as a path of DuckDB's would be taken for one.
        path = f'$."{name}"' if name[:1] in ("$", "/") and '"' not in name else name
        value = f"({column}->>{query.bind(path)})"
        if not isinstance(wanted, tuple):
            found += _extra_within(query, value, wanted)
        else:
            found.append(_in(query, value, wanted))
    return found


def _extra_within(query: Query, value: str, wanted: Any) -> list[str]:
    found = []
    if wanted.exists is not None:
        found.append(f"{value} is {'not ' if wanted.exists else ''}null")
    number = f"try_cast({value} as double)"
    if wanted.min is not None:
        found.append(f"{number} >= {query.bind(wanted.min)}")
    if wanted.max is not None:
        found.append(f"{number} <= {query.bind(wanted.max)}")
    return found


def each_of(query: Query, part: BaseModel, columns: Columns) -> list[str]:
    """All conditions of the part."""
    return query.conditions(part)


def all_of(query: Query, filters: Sequence[BaseModel], columns: Columns) -> list[str]:
    """All conditions of all filters."""
    return [condition for one in filters for condition in query.conditions(one)]


def any_of(query: Query, filters: Sequence[BaseModel], columns: Columns) -> list[str]:
    """All conditions of one of the filters."""
    alternatives = [query.isolated(one) for one in filters]
    if len(alternatives) == 1:
        return alternatives[0]
    return [Grouped(f"({' or '.join(map(_together, alternatives))})")]


def none_of(query: Query, unwanted: BaseModel, columns: Columns) -> list[str]:
    """The conditions of the filter are not all true: false, or unknown for want of a value."""
    conditions = query.isolated(unwanted)
    grouped = len(conditions) == 1 and isinstance(conditions[0], Grouped)
    return [f"{conditions[0] if grouped else '(' + ' and '.join(conditions) + ')'} is not true"]


def _together(conditions: list[str]) -> str:
    """`and` binds tighter than `or`: the parentheses are for the reader, where they don't add to a nest."""
    nested = any(isinstance(one, Grouped) or one.endswith(" is not true") for one in conditions)
    text = " and ".join(conditions)
    return text if nested or len(conditions) == 1 else f"({text})"


def _in(query: Query, expression: str, values: Sequence[str]) -> str:
    if len(values) == 1:
        return f"{expression} = {query.bind(values[0])}"
    if len(values) <= MOST_PARAMETERS:
        return f"{expression} in ({', '.join(map(query.bind, values))})"
    return f"{expression} in (select unnest({query.bind(list(values))}))"


def _as_held(amount: Decimal, rounding: str) -> Decimal:
    return min(amount, _BEYOND_COST).quantize(_COST_STEP, rounding, Context(prec=28))
