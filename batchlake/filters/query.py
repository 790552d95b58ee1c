"""Conditions in the making: SQL text, and the values that it binds by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchlake.filters import conditions
from batchlake.filters.operators import given
from batchlake.schema import CALLS, SEGMENTS

if TYPE_CHECKING:
    from pydantic import BaseModel

_SHARED_COLUMNS = frozenset(CALLS.column_names()) & frozenset(SEGMENTS.column_names())


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
            self._narrow(operator.columns, several)
            found += several
        return found

    def equal(self, column: str, value: str) -> list[str]:
        """The conditions that a column equals a value, to be ANDed with those so far."""
        found = conditions.equal(self, value, (column,))
        self._narrow((column,), found)
        return found

    def isolated(self, part: BaseModel) -> list[str]:
        """The conditions of a part of the filter that isn't ANDed with what comes after it."""
        scope = self.scope
        found = self.conditions(part)
        self.scope = scope
        return found

    def _narrow(self, columns: tuple[str, ...], conditions: list[str]) -> None:
        if len(columns) == 1 and _SHARED_COLUMNS.issuperset(columns):
            self.scope += tuple(conditions)
