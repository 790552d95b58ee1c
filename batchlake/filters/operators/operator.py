"""An operator: what one key of a filter means, in SQL and in English.

The operators are the fields of the models in `model`: each row of that table is a key with its type (the
forms that it takes), and an `Operator` with column, shape, sentence and meaning. The compiler, the
sentence, the JSON Schema and the README's reference all read that one table through `rows`.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from batchlake.schema import CALLS, SEGMENTS

if TYPE_CHECKING:
    from pydantic import BaseModel, GetJsonSchemaHandler
    from pydantic_core import CoreSchema


_SHARED_COLUMNS = (frozenset(CALLS.column_names()) & frozenset(SEGMENTS.column_names())) - {"extra"}


class Shape(ABC):
    """How a kind of condition is written, in SQL and in English."""

    @abstractmethod
    def sql(self, query: Query, value: Any, columns: tuple[str, ...]) -> list[str]:
        """The conditions, to be ANDed, of a value on the columns; each is true, false or NULL."""

    @abstractmethod
    def words(self, value: Any) -> str | list[str]:
        """The value in the operator's sentence, or whole clauses if that is empty."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of the table.

    Attributes:
        shape: how it is written in SQL and in words.
        meaning: which calls match, for the reference: "its status is one of them".
        sentence: the clause that describes those calls, `{}` where the value stands.
        columns: the columns of `calls` that it tests; none where its parts have their own.
    """

    shape: Shape
    meaning: str
    sentence: str = ""
    columns: tuple[str, ...] = ()

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(core) | {"description": f"Calls where {self.meaning}"}


@dataclass(frozen=True, slots=True)
class Row:
    """An operator with its key, as JSON spells it, and the model's attribute that holds its value."""

    key: str
    attribute: str
    operator: Operator


@functools.cache
def rows(model: type[BaseModel]) -> tuple[Row, ...]:
    """The operators of a model in their order."""
    return tuple(
        Row(field.alias or name, name, operator)
        for name, field in model.model_fields.items()
        for operator in field.metadata
        if isinstance(operator, Operator)
    )


def given(part: BaseModel) -> list[tuple[Row, Any]]:
    """The operators that a part of a filter uses, each with its value."""
    held = [(row, getattr(part, row.attribute)) for row in rows(type(part))]
    return [(row, value) for row, value in held if value is not None]


class Query:
    """Builds conditions with parameters named `$<prefix>1`, `$<prefix>2`, ...

    Attributes:
        params: the values bound so far, by name.
        scope: the conditions ANDed with the next one that are on columns that `segments` has too.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.params: dict[str, Any] = {}
        self.scope: tuple[str, ...] = ()

    def bind(self, value: object) -> str:
        """Bind a value to a new parameter; returns the parameter as SQL names it."""
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
        found = [f"{column} = {self.bind(value)}"]
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


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys of a model as JSON spells them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field's type names."""
    if isinstance(annotation, type) and hasattr(annotation, "model_fields"):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)
