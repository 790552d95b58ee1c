"""The compiler: a filter to one SQL condition on `calls`, its parameters and a sentence.

In comes a `Filter`, out comes a `CompiledFilter`; nothing is read and nothing is run. Values are bound and
never part of the text: two filters of the same keys and as many values compile to the same SQL, whatever
they hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from batchlake.errors import InvalidFilter
from batchlake.filters.limits import limit_faults
from batchlake.filters.model import Filter
from batchlake.filters.operators import given
from batchlake.filters.sentence import describe
from batchlake.schema import CALLS, SEGMENTS

_SHARED_COLUMNS = frozenset(CALLS.column_names()) & frozenset(SEGMENTS.column_names())


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A filter as SQL.

    Attributes:
        sql: a condition on the bare columns of `calls`: true of a call that matches, false or NULL of any
            other. Its complement is `(sql) is not true`. Conditions on what was said read `segments`.
        params: the values of its named parameters `$f1`, `$f2`, ... without the dollar sign; all are used.
        description: the filter as an English sentence.
    """

    sql: str
    params: dict[str, Any]
    description: str


class Query:
    """Conditions in the making, with parameters named `$<prefix>1` and on.

    Attributes:
        params: the values bound so far, by name.
        scope: of the conditions that hold where the next one counts, those on columns that
            `segments` has too.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.params: dict[str, Any] = {}
        self.scope: tuple[str, ...] = ()

    def bind(self, value: object) -> str:
        """Make a value a parameter, and give its name as SQL has it."""
        name = f"{self._prefix}{len(self.params) + 1}"
        self.params[name] = value
        return f"${name}"

    def conditions(self, part: BaseModel) -> list[str]:
        """The conditions of a part of the filter, to be ANDed with those so far."""
        found: list[str] = []
        for row, value in given(part):
            operator = row.operator
            several = operator.shape.sql(self, value, operator.columns)
            if len(operator.columns) == 1 and _SHARED_COLUMNS.issuperset(operator.columns):
                self.scope += tuple(several)
            found += several
        return found

    def apart(self, part: BaseModel) -> list[str]:
        """The conditions of a part of the filter that isn't ANDed with what comes after it."""
        scope = self.scope
        found = self.conditions(part)
        self.scope = scope
        return found


def compile_filter(filter: Filter) -> CompiledFilter:  # noqa: A002
    """The SQL, parameters and description of a filter; `true` where it is empty.

    Raises:
        InvalidFilter: it nests too deep or holds too many conditions, which `model_validate` doesn't check.

    >>> compile_filter(Filter(status="failed", duration={"min": 30})).sql
    'status = $f1 and duration_seconds >= $f2'
    """
    if faults := limit_faults(filter):
        raise InvalidFilter(faults)
    query = Query("f")
    return CompiledFilter(" and ".join(query.conditions(filter)) or "true", query.params, describe(filter))
