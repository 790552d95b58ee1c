"""The shapes of conditions that operators share: each writes its SQL and its words.

SQL is in DuckDB's dialect, over bare columns of `calls`. Input: a query to bind values in, a value and its
columns. Output: conditions to be ANDed. A condition on a NULL is NULL or false, never true, and `NoneOf`
makes true of both. No value ever enters the text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine.quoting import own_field
from batchlake.engine.text_keys import text_key
from batchlake.filters.operators import words
from batchlake.filters.operators.describe import NOT_AMONG, clauses, grouped, joined
from batchlake.filters.operators.operator import Query, Shape
from batchlake.schema import SEGMENTS
from batchlake.text.escaping import quoted

if TYPE_CHECKING:
    from pydantic import BaseModel

Columns = tuple[str, ...]

MOST_PARAMETERS: Final = 50
"""Values of a list that are bound one by one: DuckDB prunes Parquet files by them while it plans. A longer
list is bound as one value, prunes while it runs, and takes a 25th of the time (10,000 values: 13 ms)."""

_COST_STEP: Final = Decimal("0.000001")
_BEYOND_COST: Final = Decimal(10) ** 12
"""The first amount that a DECIMAL(18,6) can't hold: a bound above it decides as this one does."""

_LARGEST: Final = sys.float_info.max

_SPEAKERS: Final = {
    None: "someone",
    "ai": "the agent",
    "human": "the person",
    "unknown": "an unknown speaker",
}


class Grouped(str):
    """A condition that is in parentheses already.

    Parsers make some 20 nested calls for each pair: doubled ones would halve the depth that they can read.
    """

    __slots__ = ()


class Among(Shape):
    """The column equals one of the values."""

    def sql(self, query: Query, value: Sequence[str], columns: Columns) -> list[str]:
        return [_in(query, columns[0], value)]

    def words(self, value: Sequence[str]) -> str:
        return words.values(value)


class Equal(Shape):
    """The column equals the value."""

    def sql(self, query: Query, value: Any, columns: Columns) -> list[str]:
        return [f"{columns[0]} = {query.bind(value)}"]

    def words(self, value: str) -> str:
        return words.named(value)


@dataclass(frozen=True)
class Flag(Equal):
    """The column is the wanted truth value, which a NULL is neither of; each has its word."""

    true: str
    false: str

    def words(self, value: Any) -> str:
        return self.true if value else self.false


@dataclass(frozen=True)
class Holding(Flag):
    """The column passes a test (`{}` stands for it), or doesn't, which a NULL does not."""

    test: str

    def sql(self, query: Query, value: bool, columns: Columns) -> list[str]:
        passed = self.test.format(*columns)
        return [passed if value else f"({passed}) is not true"]


@dataclass(frozen=True)
class Compared(Shape):
    """The column is at least (`>=`) or at most (`<=`) the value."""

    sign: str

    def sql(self, query: Query, value: Any, columns: Columns) -> list[str]:
        return [f"{columns[0]} {self.sign} {query.bind(value)}"]

    def words(self, value: float) -> str:
        return f"{'at least' if self.sign == '>=' else 'at most'} {words.number(value)}"


@dataclass(frozen=True)
class Between(Shape):
    """The column is within bounds of a unit, both included."""

    unit: str = ""

    def sql(self, query: Query, value: Any, columns: Columns) -> list[str]:
        return _within(query, columns[0], value.min, value.max)

    def words(self, value: Any) -> str:
        return words.between(value, self.unit)


class CostBetween(Between):
    """The DECIMAL(18,6) column is within the bounds, both included.

    A bound of more than six decimals is rounded inwards, which changes nothing for amounts of six decimals:
    DuckDB compares in the column's own type.
    """

    def sql(self, query: Query, value: Any, columns: Columns) -> list[str]:
        low, high = _as_held(value.min, ROUND_CEILING), _as_held(value.max, ROUND_FLOOR)
        return _within(query, columns[0], low, high)


class Within(Shape):
    """The column is at or after `start` and before `end`."""

    def sql(self, query: Query, value: Any, columns: Columns) -> list[str]:
        return _within(query, columns[0], value.start, value.end, below="<")

    def words(self, value: Any) -> str:
        parts = []
        if value.start is not None:
            start = words.moment(value.start)
            parts.append(f"{'at' if 'T' in start else 'on'} or after {start}")
        if value.end is not None:
            parts.append(f"before {words.moment(value.end)}")
        return " and ".join(parts) + ("" if parts[-1].endswith("Z") else " (UTC)")


class EitherNumber(Shape):
    """One of the columns equals one of the numbers, or begins with one that ends in `*`.

    Prefixes of one length are compared as a list: 1,000 calls of `starts_with` took 2.6 s over 100,000
    calls, and this takes 20 ms.
    """

    def sql(self, query: Query, value: Sequence[str], columns: Columns) -> list[str]:
        exact = [number for number in value if not number.endswith("*")]
        prefixes = sorted((number[:-1] for number in value if number.endswith("*")), key=len)
        tests = [_in(query, "{0}", exact)] if exact else []
        for length, alike in groupby(prefixes, key=len):
            several = list(alike)
            if len(several) == 1:
                tests.append(f"starts_with({{0}}, {query.bind(several[0])})")
            else:
                tests.append(_in(query, f"left({{0}}, {query.bind(length)})", several))
        return [_any([test.format(column) for column in columns for test in tests])]

    def words(self, value: Sequence[str]) -> str:
        return words.listed(
            [
                f"a number beginning with {words.named(number[:-1])}" if number.endswith("*")
                else words.named(number)
                for number in value
            ]
        )  # fmt: skip


class Containing(Shape):
    """The folded column contains the folded text; where that is empty, the plain column the plain text."""

    def sql(self, query: Query, value: str, columns: Columns) -> list[str]:
        folded, plain = columns
        return [f"contains({folded if text_key(value) else plain}, {query.bind(words.sought(value))})"]

    def words(self, value: str) -> str:
        return quoted(value)


class Said(Shape):
    """Some utterance of the call passes.

    Conditions around it on columns that `segments` has too are applied to the utterances: the text of one
    batch is searched in that batch's row groups.
    """

    def sql(self, query: Query, value: BaseModel, columns: Columns) -> list[str]:
        key = ", ".join(columns)
        matches = " and ".join([*query.scope, *query.isolated(value)])
        return [f"({key}) in (select {key} from {SEGMENTS.name} where {matches})"]

    def words(self, value: Any) -> str:
        return f"{_SPEAKERS[value.speaker]} said {quoted(words.sought(value.contains))}"


class Mainly(Among):
    """One of the scores is above the two others; one that is shared, or lacks another, is above none."""

    def sql(self, query: Query, value: Sequence[str], columns: Columns) -> list[str]:
        tests = []
        for score in value:
            (own,) = [column for column in columns if column.endswith(f"_{score}")]
            tests.append([f"{own} > {other}" for other in columns if other != own])
        if len(tests) == 1:
            return tests[0]
        return [_any([f"({' and '.join(test)})" for test in tests])]


class Extra(Shape):
    """Each field of the exports' own is one of the values, a number within the bounds, or there."""

    def sql(self, query: Query, value: Mapping[str, Any], columns: Columns) -> list[str]:
        found = []
        for name, wanted in value.items():
            field = f"({columns[0]}->>{query.bind(own_field(name))})"
            if isinstance(wanted, tuple):
                found.append(_in(query, field, wanted))
                continue
            if wanted.exists is not None:
                found.append(f"{field} is {'not ' if wanted.exists else ''}null")
            if wanted.min is not None or wanted.max is not None:
                # The texts `nan` and `inf` are numbers to DuckDB, past all others: both ends are bound.
                low = -_LARGEST if wanted.min is None else wanted.min
                high = _LARGEST if wanted.max is None else wanted.max
                found += _within(query, f"try_cast({field} as double)", low, high)
        return found

    def words(self, value: Mapping[str, Any]) -> list[str]:
        found = []
        for name, wanted in value.items():
            if isinstance(wanted, tuple):
                found.append(f"whose {words.named(name)} is {words.values(wanted)}")
                continue
            if wanted.exists is not None:
                found.append(f"that have {'a' if wanted.exists else 'no'} {words.named(name)}")
            if wanted.min is not None or wanted.max is not None:
                found.append(f"whose {words.named(name)} is {words.between(wanted)}")
        return found


class EachOf(Shape):
    """All conditions of the part."""

    def sql(self, query: Query, value: BaseModel, columns: Columns) -> list[str]:
        return query.conditions(value)

    def words(self, value: BaseModel) -> list[str]:
        return clauses(value)


class AllOf(Shape):
    """All conditions of all filters."""

    def sql(self, query: Query, value: Sequence[BaseModel], columns: Columns) -> list[str]:
        return [condition for one in value for condition in query.conditions(one)]

    def words(self, value: Sequence[BaseModel]) -> list[str]:
        return [clause for one in value for clause in clauses(one)]


class AnyOf(Shape):
    """All conditions of one of the filters."""

    def sql(self, query: Query, value: Sequence[BaseModel], columns: Columns) -> list[str]:
        alternatives = [query.isolated(one) for one in value]
        return alternatives[0] if len(alternatives) == 1 else [_any(map(_together, alternatives))]

    def words(self, value: Sequence[BaseModel]) -> list[str]:
        if len(value) == 1:
            return clauses(value[0])
        alternatives = [grouped(clauses(one)) for one in value]
        if all(clause.startswith("that ") for clause in alternatives):
            return ["that either " + " or ".join(clause.removeprefix("that ") for clause in alternatives)]
        return ["either " + " or ".join(alternatives)]


class NoneOf(Shape):
    """The conditions of the filter are not all true: false, or unknown for want of a value."""

    def sql(self, query: Query, value: BaseModel, columns: Columns) -> list[str]:
        conditions = query.isolated(value)
        is_grouped = len(conditions) == 1 and isinstance(conditions[0], Grouped)
        return [f"{conditions[0] if is_grouped else '(' + ' and '.join(conditions) + ')'} is not true"]

    def words(self, value: BaseModel) -> list[str]:
        return [f"{NOT_AMONG}({joined(clauses(value))})"]


def _any(tests: Iterable[str]) -> Grouped:
    return Grouped(f"({' or '.join(tests)})")


def _together(conditions: list[str]) -> str:
    """`and` binds tighter than `or`: parentheses help the reader, and are left out where they would nest."""
    nested = any(isinstance(one, Grouped) or one.endswith(" is not true") for one in conditions)
    text = " and ".join(conditions)
    return text if nested or len(conditions) == 1 else f"({text})"


def _in(query: Query, expression: str, values: Sequence[str]) -> str:
    if len(values) == 1:
        return f"{expression} = {query.bind(values[0])}"
    if len(values) <= MOST_PARAMETERS:
        return f"{expression} in ({', '.join(map(query.bind, values))})"
    return f"{expression} in (select unnest({query.bind(list(values))}))"


def _within(query: Query, expression: str, low: Any, high: Any, below: str = "<=") -> list[str]:
    found = [] if low is None else [f"{expression} >= {query.bind(low)}"]
    return found if high is None else [*found, f"{expression} {below} {query.bind(high)}"]


def _as_held(amount: Decimal | None, rounding: str) -> Decimal | None:
    if amount is None:
        return None
    return min(amount, _BEYOND_COST).quantize(_COST_STEP, rounding, Context(prec=28))
