"""The compiler: a filter to one SQL condition on `calls`, its parameters and a sentence.

Input: a `Filter`. Output: a `CompiledFilter`; nothing is read and nothing is run. Values are bound and
never part of the text: two filters of the same keys and as many values compile to the same SQL, whatever
they hold, except for the column that a text of punctuation alone is looked for in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batchlake.errors import InvalidFilter
from batchlake.filters.limits import limit_faults
from batchlake.filters.model import Filter
from batchlake.filters.operators.describe import describe
from batchlake.filters.operators.operator import Query
from batchlake.filters.parse import read_filter


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


def compile_filter(filter: Filter | Mapping[str, Any] | None) -> CompiledFilter:
    """The SQL, parameters and description of a filter, or of what spells one; `true` where it is empty.

    Raises:
        InvalidFilter: with all faults; also where it nests too deep or holds too many conditions, which
            `model_validate` doesn't check.

    >>> compile_filter({"status": "failed", "duration": {"min": 30}}).sql
    'status = $f1 and duration_seconds >= $f2'
    """
    filter = read_filter(filter)
    if faults := limit_faults(filter):
        raise InvalidFilter(faults)
    query = Query("f")
    return CompiledFilter(" and ".join(query.conditions(filter)) or "true", query.params, describe(filter))
